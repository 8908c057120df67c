"""Regions cut out of maps and put back as masks, against slow and obvious references."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data.windows import Window
from models.pretrained.regions import LEAST, cut_out, full_size_mask, mean_inside, put_back, regions_of

REGION = st.tuples(*[st.floats(-0.4, 1.0)] * 2, *[st.floats(0.05, 1.2)] * 2)


def slow_mask(logits, region, height, width):
    """Pixel by pixel: bilinear between the cells' middles, clamped at the region's edge, nothing outside it."""
    cells = len(logits)
    solid = np.zeros((height, width), dtype=bool)
    x0, y0, x1, y1 = (value * side for value, side in zip(region, (width, height, width, height), strict=True))
    for row in range(height):
        for column in range(width):
            x, y = column + 0.5, row + 0.5
            if not (x0 <= x <= x1 and y0 <= y <= y1):
                continue
            across = np.clip((x - x0) / (x1 - x0) * cells - 0.5, 0, cells - 1)
            down = np.clip((y - y0) / (y1 - y0) * cells - 0.5, 0, cells - 1)
            i, j = min(int(down), cells - 2), min(int(across), cells - 2)
            u, v = down - i, across - j
            value = (1 - u) * ((1 - v) * logits[i, j] + v * logits[i, j + 1])
            value += u * ((1 - v) * logits[i + 1, j] + v * logits[i + 1, j + 1])
            solid[row, column] = value > 0
    return solid


@settings(max_examples=60, deadline=None)
@given(REGION, st.integers(1, 25), st.integers(1, 25), st.integers(0, 1000))
def test_a_mask_at_full_size_is_the_slow_one(corner_and_size, height, width, seed):
    x, y, wide, high = corner_and_size
    region = np.array([x, y, x + wide, y + high])
    logits = np.random.default_rng(seed).normal(size=(5, 5)).astype(np.float32)
    mask = full_size_mask(logits, region, Window.whole((height, width)), (height, width))
    assert (mask.height, mask.width) == (height, width)
    np.testing.assert_array_equal(mask.to_array(), slow_mask(logits, region, height, width))


def test_masks_put_back_small_are_those_of_full_size():
    rng = np.random.default_rng(0)
    logits = torch.from_numpy(rng.normal(size=(6, 8, 8)).astype(np.float32))
    corners = torch.from_numpy(rng.uniform(-0.2, 0.6, size=(6, 2)).astype(np.float32))
    regions = torch.cat([corners, corners + torch.from_numpy(rng.uniform(0.2, 0.6, size=(6, 2)).astype(np.float32))], 1)
    for drawn, one, region in zip(put_back(logits, regions, 32), logits.numpy(), regions.double().numpy(), strict=True):
        assert (
            drawn.numpy() != full_size_mask(one, region, Window.whole((32, 32)), (32, 32)).to_array()
        ).mean() <= 0.002


def test_regions_are_cut_out_of_their_own_image():
    maps = torch.randn(3, 2, 8, 8)
    images = torch.tensor([0, 2, 2])
    regions = torch.tensor([[0.0, 0, 1, 1], [0.25, 0.25, 0.75, 0.75], [0.5, 0.5, 1.5, 1.5]])
    cut = cut_out(maps, images, regions, 4)
    assert cut.shape == (3, 2, 4, 4)
    torch.testing.assert_close(cut[0], F.avg_pool2d(maps[:1], 2)[0])
    torch.testing.assert_close(cut[1], maps[2, :, 2:6, 2:6])
    assert (cut[2, :, 2:, 2:] == 0).all()  # outside the image


def test_means_inside_boxes_are_those_of_what_is_cut_out():
    torch.manual_seed(0)
    maps, images, corners = torch.randn(3, 4, 7, 9), torch.tensor([0, 2, 2, 2]), torch.rand(4, 2) * 1.4 - 0.4
    boxes = torch.cat([corners, corners + torch.rand(4, 2) + 0.05], dim=1)
    expected = cut_out(maps, images, boxes, 8).mean(dim=(2, 3))
    torch.testing.assert_close(mean_inside(maps, images, boxes, 8), expected, atol=1e-5, rtol=1e-4)
    assert mean_inside(maps, images[:0], boxes[:0], 8).shape == (0, 4)


def test_no_region_is_none():
    assert cut_out(torch.randn(2, 3, 8, 8), torch.zeros(0, dtype=torch.int64), torch.zeros(0, 4), 4).shape == (
        0,
        3,
        4,
        4,
    )


@pytest.mark.parametrize("side", [0.001, 0.2])
def test_a_region_is_larger_than_its_box_and_never_tiny(side):
    box = torch.tensor([[0.5, 0.5, 0.5 + side, 0.5 + side]])
    (region,) = regions_of(box)
    assert region[2] - region[0] == pytest.approx(max(1.5 * side, LEAST))
    assert (region[:2] + region[2:]) / 2 == pytest.approx((0.5 + side / 2,) * 2)
