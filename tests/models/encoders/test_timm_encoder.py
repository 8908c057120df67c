"""timm's encoders as a network's own: five taps, trained further, norms and normalisation as they came."""

import pytest
import timm
import torch
from torch import nn

from maskloop.errors import InvalidArgument, InvalidConfig
from models.data.samples import normalise
from models.encoders.backbones import TimmEncoder, build_encoder
from models.encoders.names import PACKAGED, TIMM
from models.encoders.pretrained import build_pretrained

PICTURES = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
NAME = f"{TIMM}{PACKAGED}"


@pytest.mark.parametrize("training", [False, True])
@torch.no_grad()
def test_taps_are_those_of_the_frozen_encoder(training):
    frozen, encoder = build_pretrained(PACKAGED, "package"), build_encoder(NAME, "package").train(training)
    taps = encoder(normalise(PICTURES))
    assert [tap.shape[1] for tap in taps] == list(encoder.channels)
    for tap, other in zip(taps, frozen(PICTURES, fine=True)[1:], strict=True):
        torch.testing.assert_close(tap, other, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_the_first_taps_alone_are_the_same():
    encoder = build_encoder(NAME)
    taps = encoder(normalise(PICTURES))
    assert all(map(torch.equal, encoder(normalise(PICTURES), 2), taps[:2]))
    assert len(encoder(normalise(PICTURES), 2)) == 2


@torch.no_grad()
def test_without_a_tap_at_a_half_four_pixels_are_a_cell_of_one():
    encoder, told = build_encoder(f"{TIMM}convnext_atto"), timm.get_pretrained_cfg("convnext_atto")
    taps = encoder(normalise(PICTURES))
    assert encoder.channels == (12, 40, 80, 160, 320)
    assert [tap.shape[-1] for tap in taps] == [32, 16, 8, 4, 2]
    pixels = (PICTURES - torch.tensor(told.mean).view(3, 1, 1)) / torch.tensor(told.std).view(3, 1, 1)
    torch.testing.assert_close(taps[0][:, ::4], pixels[:, :, ::2, ::2])  # the upper left pixel of each channel
    torch.testing.assert_close(taps[0][:, 3::4], pixels[:, :, 1::2, 1::2])


@torch.no_grad()
def test_the_last_stage_can_be_told_not_to_shrink():
    coarse, fine = (build_encoder(NAME, "package", stride) for stride in (32, 16))
    before, after = coarse(normalise(PICTURES)), fine(normalise(PICTURES))
    assert [tap.shape[-1] for tap in after] == [32, 16, 8, 4, 4]
    assert all(map(torch.equal, before[:4], after[:4]))
    assert fine.channels == coarse.channels
    assert fine.state_dict().keys() == coarse.state_dict().keys()


@torch.no_grad()
def test_its_dilation_keeps_what_the_weights_have_learnt_to_see():
    """Every other cell of the fine encoder is a cell of the coarse one, which shrinks about the second of two."""
    coarse, fine = (build_encoder(NAME, "package", stride)(normalise(PICTURES))[-1] for stride in (32, 16))
    torch.testing.assert_close(fine[:, :, 1::2, 1::2], coarse, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("sides", [(49, 63), (50, 63), (33, 40)])
@torch.no_grad()
def test_sides_may_be_odd_where_four_pixels_are_a_cell(sides):
    pictures = torch.rand(1, 3, *sides, generator=torch.Generator().manual_seed(0))
    first = build_encoder(f"{TIMM}test_convnext")(normalise(pictures))[0]
    assert first.shape[2:] == tuple((side + 1) // 2 for side in sides)
    even = build_encoder(f"{TIMM}test_convnext")(normalise(pictures[:, :, :32, :40]))[0]
    torch.testing.assert_close(first[:, :, :16, :20], even)


def test_training_moves_weights_and_no_statistics():
    encoder = build_encoder(NAME, "package").train()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    optimizer = torch.optim.SGD(encoder.parameters(), lr=1.0)
    encoder(normalise(PICTURES))[-1].square().mean().backward()
    optimizer.step()
    moved = {name for name, value in encoder.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {name for name, _ in encoder.named_parameters()}
    assert not any(module.training for module in encoder.modules() if isinstance(module, nn.BatchNorm2d))


@torch.no_grad()
def test_its_state_says_how_it_wants_its_images():
    known, bare = build_encoder(NAME, "package"), build_encoder(NAME)
    bare.load_state_dict(known.state_dict())
    assert all(map(torch.equal, bare(normalise(PICTURES)), known(normalise(PICTURES))))


@pytest.mark.parametrize(
    ("name", "stride"), [(PACKAGED, 16), ("resnet18", 16), ("test_convnext", 32), ("mobilenetv3_small_050", 16)]
)
@torch.no_grad()
def test_its_two_parts_make_the_last_tap_wherever_it_is_cut(name, stride):
    encoder = build_encoder(f"{TIMM}{name}", "", stride)
    assert isinstance(encoder, TimmEncoder)
    images = normalise(PICTURES)
    taps = encoder(images)
    for stages in range(1 - encoder.has_half, 5):
        early, late = encoder.cut(stages)
        between = early(images)
        assert between.shape == taps[stages].shape
        assert torch.equal(late(between), taps[-1])
        parts = [module for part in (early, late) for module in part.modules() if list(module.parameters())]
        assert {id(value) for part in parts for value in part.parameters()} <= {*map(id, encoder.parameters())}


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        (PACKAGED, 5),
        (PACKAGED, -1),
        ("test_convnext", 0),  # whose stem has no tap
        ("hrnet_w18_small", 2),  # whose taps come from no part
        ("xception41", 2),  # which calls activations between parts
    ],
)
def test_an_encoder_that_cannot_be_cut_there_says_so(name, stages):
    with pytest.raises(InvalidArgument, match=f"cannot be cut after {stages} stages"):
        build_encoder(f"{TIMM}{name}").cut(stages)


@pytest.mark.parametrize(
    ("name", "weights", "stride", "words"),
    [
        ("no_such_model", "", 32, "no model 'no_such_model'"),
        ("resnet18", "package", 32, "are timm:tf_efficientnet_lite0's"),
        ("vgg16", "", 16, "1/32, not at 1/16"),  # says so itself
        ("densenet121", "", 16, "1/32, not at 1/16"),  # does not know the word
    ],
)
def test_an_encoder_that_cannot_be_is_refused_by_name(name, weights, stride, words):
    with pytest.raises(InvalidConfig, match=words):
        build_encoder(f"{TIMM}{name}", weights, stride)
