"""Boxes: what is one, how a window cuts it, and where it must lie."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidDataset, InvalidLabel
from maskloop.formats.datasets import DatasetImage
from maskloop.masks import Mask
from maskloop.values import Box, BoxesLabel, Category, Counts, Image, ObjectLabel, OodAnswer, Split

VOCABULARY = (Category(1, "crack"), Category(2, "rust"))
PICTURE = Image("a", "p", "a.png", "", 8, 6, "0" * 64, Split.POOL)
edges = st.floats(-20, 20)
sides = st.floats(1e-3, 30)


def of(top: int, left: int, bottom: int, right: int, *, crowd: bool = False) -> ObjectLabel:
    pixels = np.zeros((6, 8), dtype=np.bool_)
    pixels[top:bottom, left:right] = True
    return ObjectLabel(1, Mask.from_array(pixels), crowd)


@pytest.mark.parametrize("numbers", [(0, 0, 0, 1), (0, 0, 1, -1), (math.nan, 0, 1, 1), (0, math.inf, 1, 1)])
def test_a_box_without_an_inside_is_none(numbers: tuple[float, ...]) -> None:
    with pytest.raises(InvalidLabel, match="is no box"):
        Box(1, *numbers)


def test_whole_numbers_and_fractions_are_the_same_box() -> None:
    assert Box(1, 0, 1, 2, 3) == Box(1, 0.0, 1.0, 2.0, 3.0)
    assert str(Box(1, 0, 1, 2, 3.5)) == "2 x 3.5 pixels at (0, 1)"


def test_the_box_around_an_object_is_tight_and_crowds_have_none() -> None:
    assert BoxesLabel.of((of(1, 2, 4, 3), of(0, 0, 6, 8, crowd=True))).boxes == (Box(1, 2, 1, 1, 3),)
    assert Counts.of((of(1, 2, 4, 3), of(0, 0, 6, 8, crowd=True))) == Counts({1: 1})
    assert OodAnswer.of((of(0, 0, 6, 8, crowd=True),)) == OodAnswer(1)  # people see what the crowd is of


@given(edges, edges, sides, sides)
def test_what_a_picture_shows_of_a_box_lies_inside_and_a_box_inside_is_shown_as_it_is(x, y, width, height) -> None:
    box = Box(1, x, y, width, height)
    seen = box.crop(0, 0, 8, 6)
    if seen is None:
        assert x >= 8 or y >= 6 or x + width <= 0 or y + height <= 0
        return
    seen.check(VOCABULARY, PICTURE, "box")
    left, upper, right, lower = seen.corners
    assert max(0, x) == pytest.approx(left)
    assert max(0, y) == pytest.approx(upper)
    assert min(8, x + width) == pytest.approx(right)
    assert min(6, y + height) == pytest.approx(lower)
    again = seen.crop(0, 0, 8, 6)
    assert again is not None
    assert again.corners == pytest.approx(seen.corners)


@given(st.integers(0, 5), st.integers(0, 3), st.integers(1, 3), st.integers(1, 3))
def test_a_window_cuts_a_box_as_it_cuts_a_mask(left, top, wide, high) -> None:
    item = of(1, 2, 4, 7)
    seen = item.mask.crop(left, top, wide, high)
    box = Box.around(item).crop(left, top, wide, high)
    assert (box is None) == (not seen.area)
    if box is not None:
        assert (box.x, box.y, box.width, box.height) == seen.box


@pytest.mark.parametrize("box", [Box(1, 0, 0, 8, 6), Box(1, 7.9, 0, 0.1 + 1e-9, 6), Box(2, 0.5, 0.5, 1e-3, 1e-3)])
def test_boxes_may_touch_the_border(box: Box) -> None:
    BoxesLabel((box,)).check(VOCABULARY, PICTURE, "image a")
    beyond = Box(box.category_id, box.x + 8, box.y, box.width, box.height)
    with pytest.raises(InvalidLabel, match="image a"):
        BoxesLabel((beyond,)).check(VOCABULARY, PICTURE, "image a")


def test_an_image_of_a_data_set_is_boxed_or_outlined(tmp_path) -> None:
    boxed = DatasetImage("a.png", tmp_path / "a.png", 8, 6, (), is_labeled=False, boxes=())
    assert boxed.boxes == ()
    with pytest.raises(InvalidDataset, match=r"a\.png is boxed and outlined"):
        DatasetImage("a.png", tmp_path / "a.png", 8, 6, (), boxes=())
