"""The U-Net's shapes and maps."""

from typing import Any

import numpy as np
import pytest
import torch

from maskloop.errors import InvalidConfig
from models.classification.unet.network import build_unet
from models.classification.unet.recipe import UnetRecipe, resolve_unet
from models.encoders.backbones import build_encoder
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.gradcam import GradCam
from tests.models.classification.unet.drawn import network, plain, small

PACKAGED = "timm:tf_efficientnet_lite0"


@pytest.mark.parametrize(
    ("encoder", "channels"),
    [("resnet34", (64, 64, 128, 8, 8)), ("compact", (32, 32, 64, 8, 8)), (PACKAGED, (16, 24, 40, 8, 8))],
)
def test_shapes_by_hand(encoder, channels):
    made = build_unet(small(encoder=encoder), 2).eval()
    with torch.no_grad():
        taps = made.encoder(torch.zeros(1, 3, 24, 36))
        odd = made.maps(torch.zeros(2, 3, 23, 33))
    sides = [(24, 36), (12, 18), (6, 9), (12, 18), (24, 36)]
    assert [tuple(tap.shape) for tap in taps] == [
        (1, width, *side) for width, side in zip(channels, sides, strict=True)
    ]
    assert made.encoder.channels == channels
    assert odd.shape == (2, 2, 23, 33)


def test_the_papers_network_is_two_blocks_of_resnet34_and_two_steps_up():
    made = build_unet(UnetRecipe(weights=""), 1)
    count = sum(parameter.numel() for parameter in made.parameters())
    front = 64 * 3 * 49 + 2 * 64  # first convolution
    front += 3 * 2 * (64 * 64 * 9 + 2 * 64)  # three blocks of two convolutions
    front += 64 * 128 * 9 + 7 * 128 * 128 * 9 + 8 * 2 * 128 + 64 * 128 + 2 * 128  # four, and a shortcut
    up = (192 * 64 + 64 * 64) * 9 + 4 * 64 + (128 * 32 + 32 * 32) * 9 + 4 * 32
    assert count == front + up + 32 + 1
    assert made.unet.reach == 3 + 1 + 6 * 2 + 2 + 7 * 4 + 12


@pytest.mark.parametrize("encoder", ["compact", "resnet34", PACKAGED])
@pytest.mark.parametrize("size", [(40, 56), (37, 50)])
def test_a_logit_is_the_mean_of_its_class_map_and_a_bias(encoder, size):
    made = build_unet(small(encoder=encoder, start="plain"), 3).eval()
    with torch.no_grad():
        made.bias.copy_(torch.tensor([0.5, -1.0, 2.0]))
    images = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits, maps, features = made(images), made.maps(images), made.features(images)
    torch.testing.assert_close(logits, maps.mean(dim=(2, 3)) + made.bias, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(logits, features @ made.head.weight.flatten(1).T + made.bias, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("encoder", ["compact", PACKAGED])
def test_nothing_beyond_its_reach_decides_a_pixel(encoder):
    made = network(encoder=encoder)
    reach, middle = made.unet.reach, 64
    image = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    farthest = 0
    for place in range(middle, middle + 4):
        image = image.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(made.maps(image)[0, 0, place, place], image)
        rows, columns = torch.nonzero(gradient[0].abs().sum(dim=0), as_tuple=True)
        farthest = max(farthest, *(int((each - place).abs().max()) for each in (rows, columns)))
    assert farthest <= reach
    assert farthest >= reach - 8


def test_imagenets_weights_are_taken_over():
    recipe = resolve_unet("pretrained")
    made: Any = build_unet(recipe, 1, weights="package")
    packaged: Any = build_encoder(PACKAGED, "package")
    assert torch.equal(made.encoder.front.stem.weight, packaged.trunk.conv_stem.weight)
    before = {name: value.clone() for name, value in made.train().encoder.front.named_buffers()}
    torch.autograd.backward(made(torch.randn(2, 3, 32, 32)).sum())
    assert all(torch.equal(before[name], value) for name, value in made.encoder.front.named_buffers())
    assert all(parameter.grad is not None for parameter in made.parameters())


def test_it_begins_with_evidence_at_full_resolution_and_a_rare_class():
    made = build_unet(small(), 2).eval()
    image = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    (gradient,) = torch.autograd.grad(made.maps(image)[0, 0, 16, 16], image)
    rows, columns = torch.nonzero(gradient[0].abs().sum(dim=0), as_tuple=True)
    assert max(int((each - 16).abs().max()) for each in (rows, columns)) == 3 + 2  # the first convolution and two
    assert (made.head.weight > 0).all()
    assert made.bias.tolist() == [-3, -3]


def test_the_seed_draws_the_weights():
    first, same, other = (build_unet(small(), 1, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.head.weight, same.head.weight)
    assert not torch.equal(first.head.weight, other.head.weight)


@pytest.mark.parametrize("size", [(40, 48), (41, 47)])
def test_other_methods_of_maps_take_it_for_a_classifier_at_stride_1(size):
    made, pixels = network(classes=2), plain(3, 48)[: size[0], : size[1]]
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None].double() / 255
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    pair = torch.cat([(image - mean) / std, ((image - mean) / std).flip(-1)])
    with torch.no_grad():
        views = made.maps(pair)[:, 1].relu()
    wanted = views[0] + views[1].flip(-1)
    wanted = wanted / (wanted.max() + 1e-5)
    for method in (Cam((1.0,)), GradCam((1.0,)), GradCam((1.0,), "elementwise")):
        (maps,) = method.maps(made, [pixels], [(1,)])
        torch.testing.assert_close(maps.whole[0].double(), wanted, atol=1e-4, rtol=0)
    (climbed,) = AdvCam((1.0,), steps=2).maps(made, [pixels], [(1,)])
    assert climbed.whole.shape == (1, *size)
    assert np.isclose(float(climbed.whole.max()), 1, atol=0.01)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"crop": 30}, "crop"),
        ({"batch": 1}, "batch"),
        ({"encoder": "timm:resnet18"}, "encoder"),
        ({"held_out": 0.6}, "held_out"),
        ({"schedule": "poly"}, "schedule"),
        ({"crops": 0}, "crops"),
        ({"min_iterations": 9, "max_iterations": 8}, "max_iterations"),
    ],
)
def test_impossible_options_are_refused_by_name(options, field):
    with pytest.raises(InvalidConfig) as refused:
        UnetRecipe(**options)
    assert refused.value.field == field


def test_iterations_are_epochs_of_crops_around_clicks():
    assert UnetRecipe().iterations(100) == 10 * 32  # 500 crops, 16 in a batch
    assert UnetRecipe(epochs=1).iterations(2) == 100
    assert UnetRecipe(max_iterations=150).iterations(1000) == 150
    assert small().iterations(1000) == 6
