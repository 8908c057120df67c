"""Masks made inside their boxes against resizing the whole map and encoding the whole image."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.masks import Mask
from models.data.upsampling import enlarge


def whole(logits: np.ndarray, height: int, width: int) -> np.ndarray:
    maps = torch.from_numpy(logits)[None, None].double()
    return torch.nn.functional.interpolate(maps, (height, width), mode="bilinear", align_corners=False)[0, 0].numpy()


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    side=st.integers(1, 9),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    bias=st.floats(-3, 3),
)
def test_a_mask_equals_the_whole_map_resized_and_encoded(seed: int, side: int, height: int, width: int, bias: float):
    logits = (np.random.default_rng(seed).normal(size=(side, side)) + bias).astype(np.float32)
    expected = whole(logits, height, width)
    found = enlarge(logits, height, width)
    wrong = found.to_array() != (expected > 0)
    assert not (wrong & (np.abs(expected) > 1e-5)).any()
    assert found == Mask.from_array(found.to_array())  # the very string pycocotools makes


@pytest.mark.parametrize("value", [-1.0, 1.0])
def test_empty_and_full_maps(value: float):
    found = enlarge(np.full((4, 4), value, dtype=np.float32), 7, 5)
    assert found == Mask.from_array(np.full((7, 5), value > 0))


def test_enlarging_by_four_keeps_a_block_in_its_place():
    logits = np.full((4, 4), -1.0, dtype=np.float32)
    logits[1:3, 2] = 1.0
    # Half-way between the centres 1 and -1: one block of 4 pixels, half a pixel more on no side.
    expected = np.zeros((16, 16), dtype=np.bool_)
    expected[4:12, 8:12] = True
    assert enlarge(logits, 16, 16).iou(Mask.from_array(expected)) > 0.6
    assert enlarge(logits, 16, 16).box == (8, 4, 4, 8)
