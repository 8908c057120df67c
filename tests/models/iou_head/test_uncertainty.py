"""Uncertainty of maps against numbers by hand, and against a loop over pixels."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from models.iou_head.uncertainty import NAMES, mask_uncertainty


def logit(probabilities: list[list[float]]) -> Tensor:
    return torch.logit(torch.tensor(probabilities))[None, None]


def named(logits: Tensor) -> dict[str, float]:
    return dict(zip(NAMES, mask_uncertainty(logits, torch.tensor([[0]]))[0, 0].tolist(), strict=True))


def test_uncertainty_of_a_map_counted_by_hand():
    found = named(logit([[0.5, 0.75], [0.05, 0.01]]))  # the lower pixels ask nothing
    quarter = 0.25 * 2 + 0.75 * (2 - math.log2(3))  # bits of a choice of 1/4 and 3/4: .811
    assert found["entropy"] == pytest.approx((1 + quarter) / 2, abs=1e-6)
    assert found["margin"] == pytest.approx((1 + 0.5) / 2)
    assert found["least_confidence"] == pytest.approx((0.5 + 0.25) / 2)


def test_where_no_pixel_may_be_the_objects_nothing_is_certain():
    assert named(torch.full((1, 1, 4, 4), -9.0)) == {"entropy": 1, "margin": 1, "least_confidence": 0.5}


def test_a_sharp_mask_is_certain_however_large_its_logits():
    sharp = torch.tensor([[1e4, -60.0], [-1e4, 1e38]])[None, None]
    assert named(sharp) == {"entropy": 0, "margin": 0, "least_confidence": 0}


def test_more_ground_around_an_object_does_not_make_it_more_certain():
    small = torch.full((1, 1, 8, 8), -9.0)
    small[..., 2:4, 2:4] = 0.7
    large = torch.full((1, 1, 64, 64), -9.0)
    large[..., 2:4, 2:4] = 0.7
    assert named(small) == named(large)


def test_steps_that_are_not_there_are_zero():
    found = mask_uncertainty(torch.zeros(2, 2, 4, 4), torch.tensor([[0, -1], [-1, -1]]))
    assert found[0, 0].tolist() == [1, 1, 0.5]
    assert not found[0, 1].any()
    assert not found[1].any()
    assert mask_uncertainty(torch.zeros(2, 0, 4, 4), torch.zeros(2, 0, dtype=torch.int64)).shape == (2, 0, 3)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), spread=st.sampled_from([0.5, 3.0, 20.0]))
def test_uncertainty_equals_a_loop_over_pixels(seed: int, spread: float):
    logits = spread * torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(seed))
    found = mask_uncertainty(logits, torch.zeros(2, 3, dtype=torch.int64))
    assert ((found >= 0) & (found <= 1)).all()
    for image in range(2):
        for step in range(3):
            expected = one_map(logits[image, step].double().sigmoid().numpy().ravel())
            np.testing.assert_allclose(found[image, step], expected, atol=1e-5)


def one_map(probabilities: np.ndarray) -> list[float]:
    pixels = []
    for p in probabilities:
        if p > 0.1:
            q = max(1 - p, 1e-300)
            pixels.append((-p * math.log2(p) - q * math.log2(q), 1 - abs(2 * p - 1), 1 - max(p, 1 - p)))
    return list(np.mean(pixels, axis=0)) if pixels else [1, 1, 0.5]
