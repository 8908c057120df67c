"""What labels of each kind come to as clicks."""

from itertools import pairwise
from math import ceil, dist
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidLabel
from maskloop.masks import Mask
from maskloop.values import BACKGROUND, Box, ObjectLabel, Scribble
from models.classification.unet.clicks import Click
from models.data.samples import Example, LargeExample
from models.unet_maps.clicking import along, clicked

PIXELS = np.arange(40 * 60 * 3).reshape(40, 60, 3).astype(np.uint8)
CATEGORIES = (3, 7)
CORNERS = st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=1, max_size=5)


def square(category_id: int, x: int, y: int, side: int = 8, *, crowd: bool = False) -> ObjectLabel:
    solid = np.zeros((40, 60), dtype=bool)
    solid[y : y + side, x : x + side] = True
    return ObjectLabel(category_id, Mask.from_array(solid), crowd=crowd)


def clicks(**said: object) -> tuple[Click, ...]:
    return clicked(Example("a", PIXELS, (), **said), CATEGORIES, 10.0, None).clicks  # type: ignore[arg-type]


def test_places_along_a_stroke_by_hand():
    assert along(((0, 0), (10, 0)), 5) == [(2.5, 0), (7.5, 0)]
    assert along(((0, 0), (10, 0)), 10) == [(5, 0)]
    assert along(((0, 0), (4, 0), (4, 8)), 6) == [(3, 0), (4, 5)]
    assert along(((3, 4),), 6) == along(((3, 4), (3, 4)), 6) == [(3, 4)]


@given(CORNERS, st.floats(0.5, 30))
def test_places_along_a_stroke_are_few_and_no_part_of_it_is_far_from_one(corners, apart):
    places = along(corners, apart)
    steps = [
        (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
        for start, end in pairwise(corners)
        for share in np.linspace(0, 1, 30)
    ] or corners
    length = sum(dist(start, end) for start, end in pairwise(corners))
    assert len(places) == max(1, ceil(length / apart))
    for step in steps:
        assert min(dist(step, place) for place in places) <= apart / 2 + 1e-6


def test_a_point_is_a_click_and_a_stroke_is_some():
    marks = (Scribble(3, ((12.7, 5.2),)), Scribble(7, ((20, 30), (40, 30))), Scribble(3, ((60, 40),)))
    assert clicks(marks=marks) == (Click(5, 12, 3), Click(30, 25, 7), Click(30, 35, 7), Click(39, 59, 3))


def test_a_stroke_on_the_ground_is_a_click_beside_objects_of_every_category():
    marks = (Scribble(3, ((12, 5),)), Scribble(BACKGROUND, ((50, 20),)))
    image = clicked(Example("a", PIXELS, (), marks=marks), CATEGORIES, 10.0, None)
    assert image.beside(3) == [Click(20, 50, 3, on=False)]
    assert image.beside(7) == [Click(20, 50, 7, on=False)]
    assert (image.absent, image.whole) == (frozenset({7}), False)


def test_a_box_is_a_click_in_its_middle():
    image = clicked(Example("a", PIXELS, (), boxes=(Box(7, 10, 20, 5, 4),)), CATEGORIES, 10.0, None)
    assert image.clicks == (Click(22, 12, 7),)
    assert (image.absent, image.whole, image.boxes) == (frozenset({3}), True, (Box(7, 10, 20, 5, 4),))


def test_outlined_objects_are_clicks_on_them_and_crowds_are_none():
    image = clicked(Example("a", PIXELS, (square(3, 10, 20), square(7, 30, 2, crowd=True))), CATEGORIES, 10.0, None)
    (click,) = image.clicks
    assert click.category_id == 3
    assert 20 <= click.y < 28
    assert 10 <= click.x < 18
    assert (image.absent, image.whole) == (frozenset(), True)
    assert image.shows(7, 0, 28, 4)  # nobody knows what is in a crowd, and no crop of nothing lies there


@given(st.integers(0, 2**32))
def test_clicks_are_on_pixels_of_their_object(seed):
    rng = np.random.default_rng(seed)
    solid = np.zeros((40, 60), dtype=bool)
    for _ in range(int(rng.integers(1, 4))):
        y, x = rng.integers(0, 36), rng.integers(0, 50)
        solid[y : y + rng.integers(1, 20), x : x + rng.integers(1, 30)] = True
    made = clicked(Example("a", PIXELS, (ObjectLabel(3, Mask.from_array(solid)),)), CATEGORIES, 8.0, None).clicks
    assert made
    assert all(click.on and solid[click.y, click.x] for click in made)


def test_a_long_object_is_clicked_on_along_its_length():
    solid = np.zeros((40, 60), dtype=bool)
    solid[20:22, 2:58] = True
    made = clicked(Example("a", PIXELS, (ObjectLabel(3, Mask.from_array(solid)),)), CATEGORIES, 10.0, None).clicks
    columns = sorted(click.x for click in made)
    assert len(columns) >= 5
    assert max(np.diff([2, *columns, 58])) <= 20


def test_where_a_proposal_was_rejected_there_is_ground():
    """Of one that covers an object in part, beside the object."""
    far, over = square(7, 40, 4), square(3, 12, 20)
    image = clicked(Example("a", PIXELS, (square(3, 10, 20),), rejected=(far, over)), CATEGORIES, 10.0, None)
    (beside,) = image.beside(3)
    assert over.mask.to_array()[beside.y, beside.x]
    assert not square(3, 10, 20).mask.to_array()[beside.y, beside.x]
    (ground,) = image.beside(7)
    assert far.mask.to_array()[ground.y, ground.x]
    assert 7 in image.absent


def test_classes_that_are_named_say_what_is_not_there_and_nothing_else():
    image = clicked(Example("a", PIXELS, (), present=frozenset({3})), CATEGORIES, 10.0, None)
    assert (image.clicks, image.absent, image.whole) == ((), frozenset({7}), False)


def test_an_image_that_holds_nothing_is_ground():
    image = clicked(Example("a", PIXELS, ()), CATEGORIES, 10.0, None)
    assert (image.clicks, image.absent, image.whole) == ((), frozenset({3, 7}), True)


def test_a_foreign_category_is_refused_by_its_image():
    with pytest.raises(InvalidLabel, match="image a: category 5 is not in the vocabulary"):
        clicks(boxes=(Box(5, 1, 1, 2, 2),))


def test_a_large_image_is_read_once_and_mapped_from_a_file(tmp_path: Path):
    reads: list[int] = []

    def read() -> np.ndarray:
        reads.append(1)
        return PIXELS

    example = LargeExample("big", (40, 60), read, (), marks=(Scribble(3, ((12, 5),)),))
    for _ in range(2):
        image = clicked(example, CATEGORIES, 10.0, tmp_path / "pixels")
        assert isinstance(image.pixels, np.memmap)
        np.testing.assert_array_equal(image.pixels, PIXELS)
    assert len(reads) == 1
    assert isinstance(clicked(example, CATEGORIES, 10.0, None).pixels, np.ndarray)
