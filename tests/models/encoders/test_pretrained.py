"""Encoders of timm with the packaged weights: proved by what they say of photographs that scikit-image ships."""

from pathlib import Path

import numpy as np
import pytest
import skimage.data
import timm
import torch
from PIL import Image

from maskloop.errors import InvalidConfig
from models.encoders.names import PACKAGED
from models.encoders.pretrained import STRIDES, build_pretrained, fold_norms, packaged_weights
from models.encoders.weights_file import read_weights

PHOTOS = Path(skimage.data.__file__).parent
EGYPTIAN_CAT, ESPRESSO, MISSILE, MOPED = 285, 967, 657, 665


def photo(name, side=224):
    """(1, 3, side, side) in [0, 1], the middle of a photograph."""
    picture = Image.open(PHOTOS / name).convert("RGB")
    wide, high = picture.size
    edge = min(wide, high)
    middle = picture.crop(((wide - edge) // 2, (high - edge) // 2, (wide + edge) // 2, (high + edge) // 2))
    pixels = np.array(middle.resize((side, side), Image.Resampling.BILINEAR))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="module")
def classifier():
    """timm's whole network: the packaged file has its layers in the same order, under other names."""
    whole = timm.create_model(PACKAGED, pretrained=False)
    whole.load_state_dict(dict(zip(whole.state_dict(), read_weights(packaged_weights()).values(), strict=True)))
    return whole.eval()


@pytest.fixture(scope="module")
def encoder():
    return build_pretrained(PACKAGED, "package")


@pytest.mark.parametrize(
    ("name", "index", "probability"),
    [
        ("chelsea.png", EGYPTIAN_CAT, 0.39),
        ("coffee.png", ESPRESSO, 0.94),
        ("rocket.jpg", MISSILE, 0.25),
        ("motorcycle_left.png", MOPED, 0.72),
    ],
)
@torch.no_grad()
def test_the_weights_know_photographs(classifier, name, index, probability):
    said = classifier((photo(name) - 127 / 255) / (128 / 255)).softmax(dim=1)[0]
    assert said.argmax() == index
    assert said[index] == pytest.approx(probability, abs=0.05)


@torch.no_grad()
def test_taps_are_what_the_classifier_computes_on_its_way(classifier, encoder):
    picture = photo("coffee.png")
    features = classifier.bn1(classifier.conv_stem((picture - 127 / 255) / (128 / 255)))
    passed = []
    for stage in classifier.blocks:
        features = stage(features)
        passed.append(features)
    for tap, place in zip(encoder(picture), (1, 2, 4, 6), strict=True):  # the last stage before each halving
        torch.testing.assert_close(tap, passed[place], rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_taps_have_their_strides_and_channels(encoder):
    taps = encoder(torch.zeros(2, 3, 64, 96))
    assert [tap.shape[1] for tap in taps] == list(encoder.channels)
    assert [tuple(tap.shape[2:]) for tap in taps] == [(64 // stride, 96 // stride) for stride in STRIDES]


def test_no_norm_is_left_and_nothing_can_be_trained(encoder):
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in encoder.modules())
    assert not any(parameter.requires_grad for parameter in encoder.parameters())


@torch.no_grad()
def test_a_network_that_calls_its_parts_in_another_order_is_not_folded():
    class Backwards(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 3, 3, padding=1)
            self.norm = torch.nn.BatchNorm2d(3)
            self.norm.running_mean += 1

        def forward(self, images):
            return [self.conv(self.norm(images))]

    network = Backwards().eval()
    before = network(photo("coffee.png", 64))[0].clone()
    fold_norms(network)
    torch.testing.assert_close(network(photo("coffee.png", 64))[0], before)


@pytest.mark.parametrize(
    ("name", "weights", "words"),
    [
        ("no_such_model", "random", "no model 'no_such_model'"),
        ("resnet18", "package", "are timm:tf_efficientnet_lite0's"),
        ("resnet18", "/nowhere.pth", "no file"),
        ("vit_tiny_patch16_224", "random", "not at 1/4 to 1/32"),
        ("swin_tiny_patch4_window7_224", "random", "does not take squares of any size"),
    ],
)
def test_an_encoder_that_cannot_be_is_refused_by_name(name, weights, words):
    with pytest.raises(InvalidConfig, match=words):
        build_pretrained(name, weights)


@torch.no_grad()
def test_any_model_of_timms_with_a_pyramid_gives_taps(tmp_path):
    trunk = timm.create_model("resnet18", pretrained=False, features_only=True)
    torch.save(trunk.state_dict(), tmp_path / "weights.pth")
    built = build_pretrained("resnet18", str(tmp_path / "weights.pth"))
    assert built.channels == (64, 128, 256, 512)
    pictures = torch.rand(1, 3, 64, 64)
    plain = trunk.eval()((pictures - built.mean) / built.scale)[1:]
    for tap, other in zip(built(pictures), plain, strict=True):
        torch.testing.assert_close(tap, other, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_weights_of_before_norms_counted_batches_are_enough(tmp_path):
    whole = timm.create_model("resnet18", pretrained=False, features_only=True).state_dict()
    old = {key: value for key, value in whole.items() if not key.endswith("num_batches_tracked")}
    for name, state in (("whole", whole), ("old", old)):
        torch.save(state, tmp_path / name)
    pictures = torch.rand(1, 3, 64, 64)
    one, other = (build_pretrained("resnet18", str(tmp_path / name))(pictures) for name in ("whole", "old"))
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
