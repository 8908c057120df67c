"""Sliding windows against whole images, and tiles at many scales by plain loops."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from maskloop.errors import InvalidConfig
from models.data.samples import image_tensor, normalise
from models.segmentation.predict import (
    SCALES,
    Reading,
    image_probabilities,
    tile_probabilities,
    window_logits,
)
from tests.models.fits import CPU


class Pointwise(nn.Module):
    """Every pixel's logits are its own."""

    def forward(self, images):
        return torch.stack([images[:, 0] - images[:, 1], images[:, 2], -images[:, 0]], dim=1)


class Shrinking(nn.Module):
    """Logits at a quarter of the size that know their whole window's mean."""

    def forward(self, images):
        small = F.avg_pool2d(images, 4, ceil_mode=True)
        return small + images.mean(dim=(2, 3), keepdim=True)


def picture(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def tensor(pixels):
    return normalise(image_tensor([pixels], CPU))


@pytest.mark.parametrize(("side", "stride"), [(64, 64), (20, 10), (13, 7), (24, 24)])
def test_windows_of_a_network_that_looks_at_pixels_are_the_whole_image(side, stride):
    images = tensor(picture(41, 50))
    torch.testing.assert_close(window_logits(Pointwise(), images, side, stride), Pointwise()(images))


def test_one_window_is_the_whole_image():
    images = tensor(picture(40, 48))
    whole = F.interpolate(Shrinking()(images), (40, 48), mode="bilinear", align_corners=False)
    assert torch.equal(window_logits(Shrinking(), images, 48, 30), whole)
    assert not torch.allclose(window_logits(Shrinking(), images, 24, 16), whole, atol=0.1)


def slow_windows(network, image, side, stride):
    """Logits summed and divided by counts; (C, H, W) of a (3, H, W) image."""
    height, width = image.shape[1:]

    def begins(length):
        number = max(0, -(-(length - side) // stride)) + 1
        return [max(0, min(place * stride, length - side)) for place in range(number)]

    total, times = torch.zeros(3, height, width), torch.zeros(height, width)
    for top in begins(height):
        for left in begins(width):
            window = image[:, top : top + side, left : left + side]
            logits = F.interpolate(network(window[None]), window.shape[1:], mode="bilinear", align_corners=False)[0]
            total[:, top : top + side, left : left + side] += logits
            times[top : top + side, left : left + side] += 1
    return total / times


def slow_tile(network, pixels, reading):
    views = []
    for scale in reading.scales:
        size = [round(length * scale) for length in pixels.shape[:2]]
        scaled = np.asarray(Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BILINEAR))
        for mirrored in (False, True) if reading.flips else (False,):
            shown = scaled[:, ::-1].copy() if mirrored else scaled
            logits = slow_windows(network, tensor(shown)[0], reading.window, reading.window_stride)
            logits = F.interpolate(logits[None], pixels.shape[:2], mode="bilinear", align_corners=False)[0]
            shares = logits.softmax(dim=0)
            views.append(shares.flip(-1) if mirrored else shares)
    return torch.stack(views).mean(dim=0)


@pytest.mark.parametrize("flips", [True, False])
def test_tiles_agree_with_plain_loops(flips):
    reading = Reading((0.75, 1.0, 1.75), flips, 24, 18, 26, 20)
    pixels = picture(24, 24)
    found = tile_probabilities(Shrinking(), pixels, reading, CPU)
    torch.testing.assert_close(found, slow_tile(Shrinking(), pixels, reading), rtol=1e-4, atol=1e-4)


def test_images_are_averages_of_their_tiles():
    reading, pixels = Reading((1.0, 1.25), True, 24, 18, 26, 20), picture(30, 47)
    total, times = torch.zeros(3, 30, 47), torch.zeros(30, 47)
    for top in (0, 6):
        for left in (0, 18, 23):
            tile = slow_tile(Shrinking(), pixels[top : top + 24, left : left + 24], reading)
            total[:, top : top + 24, left : left + 24] += tile
            times[top : top + 24, left : left + 24] += 1
    found = image_probabilities(Shrinking(), pixels, reading, CPU)
    torch.testing.assert_close(found, total / times, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.sum(dim=0), torch.ones(30, 47))


def test_no_tile_is_the_whole_image():
    pixels, reading = picture(30, 47), Reading((1.0,), False, 0, 0, 100, 100)
    found = image_probabilities(Shrinking(), pixels, reading, CPU)
    whole = F.interpolate(Shrinking()(tensor(pixels)), (30, 47), mode="bilinear", align_corners=False)
    torch.testing.assert_close(found, whole.softmax(dim=1)[0])


def test_a_mirrored_image_is_read_mirrored():
    pixels, reading = picture(24, 24), Reading((1.0, 1.5), True, 24, 24, 20, 20)
    found = tile_probabilities(Pointwise(), pixels, reading, CPU)
    mirror = tile_probabilities(Pointwise(), np.ascontiguousarray(pixels[:, ::-1]), reading, CPU)
    torch.testing.assert_close(mirror, found.flip(-1), rtol=1e-4, atol=1e-5)


def test_the_published_reading():
    reading = Reading()
    assert reading.scales == SCALES
    assert list(SCALES) == [0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3]
    assert (reading.tile, reading.tile_stride, reading.window, reading.window_stride) == (256, 192, 320, 256)
    assert reading.flips


@pytest.mark.parametrize(
    "options", [{"scales": ()}, {"scales": (0.0,)}, {"tile_stride": 300}, {"tile_stride": 0}, {"window_stride": 400}]
)
def test_gaps_are_refused(options):
    with pytest.raises(InvalidConfig):
        Reading(**options)
