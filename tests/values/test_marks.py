"""Points and scribbles: what a faithful person draws on objects, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidLabel
from maskloop.masks import Mask
from maskloop.values import (
    Category,
    Counts,
    Image,
    ObjectLabel,
    Point,
    PointsLabel,
    Scribble,
    ScribblesLabel,
    Split,
)

VOCABULARY = (Category(1, "crack"), Category(2, "rust"))
IMAGE = Image("a", "p", "a.png", "", 8, 6, "0" * 64, Split.POOL)


def solid(*rows: str) -> Mask:
    return Mask.from_array(np.array([[pixel == "#" for pixel in row] for row in rows]))


masks = st.builds(
    lambda bits: Mask.from_array(np.array(bits, dtype=bool).reshape(6, 8)),
    st.lists(st.booleans(), min_size=48, max_size=48).filter(any),
)


@given(masks)
@settings(max_examples=50)
def test_marks_of_a_faithful_person_lie_on_the_object(mask: Mask) -> None:
    item = ObjectLabel(2, mask)
    point, stroke = Point.on(item), Scribble.on(item)
    for x, y in ((point.x, point.y), *stroke.path):
        assert mask.to_array()[int(y), int(x)]
    PointsLabel((point,)).check(VOCABULARY, IMAGE, "here")
    ScribblesLabel((stroke,)).check(VOCABULARY, IMAGE, "here")


def test_a_point_is_the_objects_pixel_nearest_to_its_middle() -> None:
    ring = ObjectLabel(1, solid("###", "#.#", "###"))
    assert Point.on(ring) == Point(1, 1.5, 0.5)


def test_a_stroke_follows_a_slanted_object() -> None:
    assert Scribble.on(ObjectLabel(1, solid("##...", "..##.", "....#"))).path == (
        (0.5, 0.5), (1.5, 0.5), (2.5, 1.5), (3.5, 1.5), (4.5, 2.5),
    )  # fmt: skip


def test_strokes_on_the_ground_are_no_objects() -> None:
    label = ScribblesLabel((Scribble(0, ((1, 1), (2, 2))), Scribble(2, ((3, 3),)), Scribble(2, ((5, 5),))))
    assert label.shown == Counts({2: 2})
    label.check(VOCABULARY, IMAGE, "here")


@pytest.mark.parametrize(("x", "y"), [(-1, 0), (float("nan"), 1), (1, float("inf"))])
def test_what_is_no_place_is_refused(x: float, y: float) -> None:
    with pytest.raises(InvalidLabel):
        Point(1, x, y)
    with pytest.raises(InvalidLabel):
        Scribble(1, ((1, 1), (x, y)))


def test_what_lies_outside_the_image_or_the_vocabulary_is_refused_by_its_place() -> None:
    with pytest.raises(InvalidLabel, match=r"here, point 1: \(9, 2\) is not inside the image of 8 x 6"):
        PointsLabel((Point(1, 8, 6), Point(1, 9, 2))).check(VOCABULARY, IMAGE, "here")
    with pytest.raises(InvalidLabel, match=r"here, stroke 0: \(1, 7\) is not inside"):
        ScribblesLabel((Scribble(0, ((1, 1), (1, 7))),)).check(VOCABULARY, IMAGE, "here")
    with pytest.raises(InvalidLabel, match="here, point 0: project p has no category 3"):
        PointsLabel((Point(3, 1, 1),)).check(VOCABULARY, IMAGE, "here")
    with pytest.raises(InvalidLabel, match="no category 0"):
        PointsLabel((Point(0, 1, 1),)).check(VOCABULARY, IMAGE, "here")


def test_a_stroke_has_a_corner_and_not_too_many() -> None:
    for corners in (0, 1_001):
        with pytest.raises(InvalidLabel, match="corners"):
            Scribble(1, ((1.0, 1.0),) * corners)
