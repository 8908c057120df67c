"""Strides, first masks, total variation and distances by hand."""

import math

import pytest
import torch

from models.boxes.objective import (
    ROUNDED,
    enlarged,
    first_cells,
    first_mask,
    head_distance,
    mask_shape,
    mask_stride,
    total_variation,
)


def test_the_stride_grows_with_the_root_of_the_area():
    assert [mask_stride(area) for area in (0.0, 0.25, 1.0)] == [16, 40, 64]
    assert mask_stride(0.25, 4, 12) == 10


def test_sizes_are_rounded_down_or_up():
    assert mask_shape((100, 65), 16) == (6, 4)
    assert mask_shape((100, 65), 16, up=True) == (7, 5)
    assert mask_shape((96, 64), 16) == mask_shape((96, 64), 16, up=True) == (6, 4)
    assert mask_shape((10, 100), 16) == (1, 6)


def test_a_mask_begins_as_1_where_any_box_is():
    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [25.0, 15.0, 40.0, 20.0]])
    expected = torch.tensor([[1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0.0]], dtype=torch.float64)
    assert torch.equal(first_mask(boxes, (30, 40), (3, 4)), expected)


def test_the_programs_mask_begins_as_1_in_whole_cells():
    boxes = torch.tensor([[0.0, -3.0, 25.0, 29.0], [31.0, 11.0, 38.0, 30.0], [-21.0, 0.0, 30.0, 30.0]])
    expected = torch.zeros(3, 4, dtype=torch.float64)
    expected[:2, :2] = 1  # the second box is within one column, the third begins two cells from the right
    expected[:, 2:3] = 1
    assert torch.equal(first_cells(boxes, 10.0, (3, 4)), expected)


def test_total_variation_by_hand():
    mask = torch.tensor([[0.0, 1.0], [2.0, 4.0]])
    along = 2**3 + 3**3 + 1**3 + 2**3  # down both columns, along both rows
    across = 4**3 + 1**3  # 0 to 4, and 1 to 2
    assert total_variation(mask).item() == along + 2 * across
    assert total_variation(mask, 1.0).item() == (2 + 3 + 1 + 2) + 2 * (4 + 1)
    assert total_variation(torch.ones(3, 5)).item() == 0
    assert total_variation(torch.tensor([[0.0, 1.0, 3.0]])).item() == 1 + 8


def test_distances_are_half_a_mean_or_a_sum():
    difference = torch.tensor([[1.0, -2.0, 3.0, 0.0], [0.0, 0.0, 0.0, -4.0]])
    assert head_distance(difference, mean=True).tolist() == [0.75, 0.5]
    assert head_distance(difference, mean=False).tolist() == [6, 4]


def test_in_a_dead_zone_what_rounding_makes_pulls_nowhere():
    difference = torch.tensor([[1e-7, -1e-7, 0.5, -1e-3]], requires_grad=True)
    torch.autograd.backward(head_distance(difference, mean=False, dead_zone=ROUNDED).sum())
    assert difference.grad.tolist() == [[0, 0, 1, -1]]


def test_without_a_dead_zone_every_difference_pulls_as_in_the_program():
    difference = torch.tensor([[1e-7, -1e-7, 0.5, -1e-3]], requires_grad=True)
    torch.autograd.backward(head_distance(difference, mean=False).sum())
    assert difference.grad.tolist() == [[1, -1, 1, -1]]


def test_masks_are_enlarged_with_corners_on_corners_and_zeros_where_images_are_filled_up():
    mask = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    whole = enlarged(mask, (3, 5), (4, 8))
    assert whole.shape == (4, 8)
    assert whole[:3, :5].tolist() == [
        [0, 0.25, 0.5, 0.75, 1],
        [0.5, 0.5, 0.5, 0.5, 0.5],
        [1, 0.75, 0.5, 0.25, 0],
    ]
    assert not whole[3:].any()
    assert not whole[:, 5:].any()
    assert math.isclose(whole.sum().item(), 7.5)
    assert whole.sum().item() == pytest.approx(7.5)
