"""SSIM against its definition, one window at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.masks import Mask
from models.metrics.ssim import structural_similarity
from tests.models.rectangles import LOWER, UPPER, UPPER_AT_80


def slow_similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Eq. 13 of Wang et al., with the 11 x 11 window written out and the borders mirrored."""
    offsets = np.arange(-5, 6)
    bell = np.exp(-(offsets**2) / (2 * 1.5**2))
    window = np.outer(bell, bell) / bell.sum() ** 2
    a, b = (np.pad(array.astype(float), 5, mode="symmetric") for array in (first, second))
    total = 0.0
    for row in range(first.shape[0]):
        for column in range(first.shape[1]):
            x, y = (array[row : row + 11, column : column + 11] for array in (a, b))
            mean_x, mean_y = (window * x).sum(), (window * y).sum()
            variances = (window * (x - mean_x) ** 2).sum() + (window * (y - mean_y) ** 2).sum()
            covariance = (window * (x - mean_x) * (y - mean_y)).sum()
            luminance = (2 * mean_x * mean_y + 1e-4) / (mean_x**2 + mean_y**2 + 1e-4)
            total += luminance * (2 * covariance + 9e-4) / (variances + 9e-4)
    return total / first.size


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(6, 40), width=st.integers(6, 40), full=st.floats(0.05, 0.6))
def test_it_is_the_mean_index_of_all_windows(seed: int, height: int, width: int, full: float):
    rng = np.random.default_rng(seed)
    first, second = np.zeros((2, height, width), dtype=np.bool_)
    for array in (first, second):
        top, left = rng.integers(0, height - 4), rng.integers(0, width - 4)
        array[top : top + 9, left : left + 9] = rng.random(array[top : top + 9, left : left + 9].shape) < full
    found = structural_similarity(Mask.from_array(first), Mask.from_array(second))
    assert found == pytest.approx(slow_similarity(first, second))


def test_a_mask_is_as_similar_to_itself_as_can_be():
    assert structural_similarity(UPPER, UPPER) == pytest.approx(1)
    assert structural_similarity(Mask.empty(20, 20), Mask.empty(20, 20)) == 1


def test_the_nearer_mask_is_the_more_similar_one():
    assert structural_similarity(UPPER, UPPER_AT_80) > structural_similarity(UPPER, LOWER)
    assert structural_similarity(UPPER, LOWER) == pytest.approx(structural_similarity(LOWER, UPPER))


def test_a_full_and_an_empty_mask_have_nothing_in_common_but_the_constant():
    # Flat windows: the structure is C2 / C2 = 1, the luminance C1 / (1 + C1).
    full = Mask.from_array(np.ones((20, 20), dtype=np.bool_))
    assert structural_similarity(full, Mask.empty(20, 20)) == pytest.approx(1e-4 / (1 + 1e-4))


def test_what_is_far_from_both_masks_counts_as_the_same():
    # The same masks with five times the ground: a 25th of the difference.
    wide = [Mask.from_array(np.pad(mask.to_array(), ((40, 40), (40, 40)))) for mask in (UPPER, LOWER)]
    near = [Mask.from_array(np.pad(mask.to_array(), ((15, 15), (15, 15)))) for mask in (UPPER, LOWER)]
    assert (1 - structural_similarity(*wide)) * 100**2 == pytest.approx((1 - structural_similarity(*near)) * 50**2)
