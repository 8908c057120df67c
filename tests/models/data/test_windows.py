"""Windows of large photographs: they cover all of it, overlap, and show of labels what lies in them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.masks import Mask
from maskloop.values import Box, ObjectLabel
from models.data.samples import Example
from models.data.windows import MOST, OVERLAP, SLACK, Window, cut, some_windows, windows


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([1, 2, 4]))
def test_windows_cover_a_photograph_and_overlap(height, width, factor):
    cells = 64
    side = factor * cells
    found = windows((height, width), side, cells)
    assert len(found) <= MOST
    for axis, length in ((0, height), (1, width)):
        spans = sorted({((w.top, w.height), (w.left, w.width))[axis] for w in found})
        assert spans[0][0] == 0
        assert sum(spans[-1]) == length
        if len(spans) == 1:
            assert spans == [(0, length)]
            continue
        seen = spans[0][1]  # larger where there would be too many
        assert length > SLACK * seen
        for (begin, size), (after, _) in pairwise(spans):
            assert size == seen
            assert begin + size - after >= seen // OVERLAP - seen // cells
            assert after % (seen // cells) == 0
        assert 0 <= spans[-1][1] - seen < seen // cells
    assert len(found) == len({(w.top, w.left) for w in found})


def test_a_photograph_is_one_window_where_nobody_asks_for_more():
    assert windows((4000, 5000), 0, 64) == [Window(0, 0, 4000, 5000)]
    assert windows((300, 390), 320, 320) == [Window(0, 0, 300, 390)]


def test_there_are_never_too_many_windows():
    assert len(windows((9000, 12000), 320, 320)) == len(windows((9000, 12000), 1280, 320)) == 10 * 13


@pytest.fixture
def example():
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    solid = np.zeros((2, 40, 60), dtype=bool)
    solid[0, 5:15, 5:30] = True
    solid[1, 30:, 50:] = True
    return Example("a", pixels, tuple(ObjectLabel(place, Mask.from_array(mask)) for place, mask in enumerate(solid)))


def test_a_window_shows_its_pixels_and_the_objects_in_it(example):
    seen = cut(example, Window(10, 20, 20, 30))
    np.testing.assert_array_equal(seen.pixels, example.pixels[10:30, 20:50])
    (item,) = seen.objects
    assert item.category_id == 0
    np.testing.assert_array_equal(item.mask.to_array(), example.objects[0].mask.to_array()[10:30, 20:50])
    assert cut(example, Window.whole((40, 60))) is example


def test_windows_to_learn_from_show_objects_but_one(example):
    among = [Window(top, left, 10, 10) for top in range(0, 40, 10) for left in range(0, 60, 10)]
    chosen = some_windows(example, among, 4, np.random.default_rng(0))
    assert len(set(chosen)) == 4
    assert sum(bool(cut(example, window).objects) for window in chosen) == 3
    assert some_windows(example, among, 4, np.random.default_rng(0)) == chosen
    assert some_windows(example, among[:3], 4, np.random.default_rng(0)) == among[:3]


def test_boxes_are_objects_to_learn_from(example):
    """Windows that show most of a box come before those that show a corner of it, or nothing."""
    boxed = replace(example, objects=(), boxes=tuple(map(Box.around, example.objects)))
    among = [Window(top, left, 10, 10) for top in range(0, 40, 10) for left in range(0, 60, 10)]
    chosen = some_windows(boxed, among, 4, np.random.default_rng(0))
    showing = [window for window in among if cut(boxed, window).boxes]
    assert sum(window in showing for window in chosen) == min(3, len(showing)) > 0
