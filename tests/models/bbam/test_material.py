"""What is known of images: boxes at the size that masks are made at, outlines where there are some, and draws."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidLabel
from maskloop.masks import Mask
from maskloop.values import Box, ObjectLabel
from models.bbam.material import EMPTY_SHARE, KnownImage, Material, boxes_at
from models.data.samples import Example
from tests.models.bbam.boxed_pictures import PLAIN, examples
from tests.models.boxes.toys import CATEGORIES

PIXELS = np.zeros((40, 80, 3), dtype=np.uint8)


def block(top: int, left: int, bottom: int, right: int) -> ObjectLabel:
    mask = np.zeros((40, 80), dtype=np.bool_)
    mask[top:bottom, left:right] = True
    return ObjectLabel(8, Mask.from_array(mask))


def test_outlined_objects_come_first_and_all_is_brought_to_the_size_of_masks():
    example = Example("a", PIXELS, (block(10, 20, 30, 60),), (), (Box(3, 4, 8, 16, 12),))
    known = KnownImage.of(example, CATEGORIES, 40)
    assert known.image.size == (20, 40)
    assert known.image.boxes.tolist() == [[10, 5, 30, 15], [2, 4, 10, 10]]
    assert known.image.classes == (1, 0)
    outline, other = known.outlines
    assert other is None
    assert np.argwhere(outline).min(axis=0).tolist() == [5, 10]
    assert outline.sum() == 10 * 20
    assert (known.outlined, known.wants_masks) == (True, True)


def test_a_small_picture_stays_as_it_is():
    known = KnownImage.of(Example("a", PIXELS, (block(1, 2, 3, 4),)), CATEGORIES, 80)
    assert known.image.pixels is PIXELS
    assert known.image.boxes.tolist() == [[2, 1, 4, 3]]
    assert (known.outlined, known.wants_masks) == (True, False)


def test_an_outline_that_is_lost_at_that_size_leaves_a_box_of_a_pixel():
    known = KnownImage.of(Example("a", PIXELS, (block(1, 1, 2, 2),)), CATEGORIES, 8)
    assert known.outlines == (None,)
    assert known.image.boxes == pytest.approx(np.array([[0.1, 0.1, 1.1, 1.1]]))


def test_boxes_are_cut_at_the_border_and_what_is_outside_is_none():
    known = KnownImage.of(Example("a", PIXELS, (), (), (Box(3, 70, -5, 20, 10), Box(3, 90, 0, 5, 5))), CATEGORIES, 80)
    assert known.image.boxes.tolist() == [[70, 0, 80, 5]]


@pytest.mark.parametrize(
    "what", [{"boxes": (Box(5, 0, 0, 4, 4),)}, {"objects": (replace(block(1, 1, 9, 9), category_id=5),)}]
)
def test_a_category_outside_the_vocabulary_is_refused(what):
    with pytest.raises(InvalidLabel, match="image a: category 5 is not in the vocabulary"):
        KnownImage.of(Example("a", PIXELS, **{"objects": (), **what}), CATEGORIES, 80)


def test_some_images_that_hold_nothing_are_drawn_and_none_that_is_labeled():
    bare = [Example(f"empty {place}", PIXELS, ()) for place in range(9)]
    made = Material.of(examples(8), [*bare, examples(1)[0]], CATEGORIES, PLAIN, 0)
    drawn = [one.image_id for one in made.images if not one.image.classes]
    assert len(drawn) == EMPTY_SHARE * 8
    assert len(made.images) == 8 + len(drawn)
    again = Material.of(examples(8)[::-1], bare[::-1], CATEGORIES, PLAIN, 0)
    assert [one.image_id for one in again.images] == [one.image_id for one in made.images]
    seeds = [Material.of(examples(8), bare, CATEGORIES, PLAIN, seed).images for seed in range(5)]
    assert len({tuple(one.image_id for one in images) for images in seeds}) > 1


def test_images_without_outlines_are_elsewhere_and_boxes_that_are_outlined_want_no_masks():
    made = Material.of(examples(6, outlined=2), (), CATEGORIES, PLAIN, 0)
    assert [one.image_id for one in made.elsewhere.images] == ["02", "03", "04", "05"]
    assert [one.image_id for one in made.explained(0)] == ["02", "03", "04", "05"]
    assert [one.image_id for one in made.tried(9)] == ["00", "01"]
    few = [one.image_id for one in made.explained(2)]
    assert few == sorted(few)
    assert len(few) == 2


@given(
    box=st.tuples(*[st.floats(0, 1)] * 4),
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    to=st.tuples(st.integers(1, 90), st.integers(1, 90)),
)
def test_boxes_stay_inside_and_are_a_pixel_long_at_any_size(box, size, to):
    (left, right), (upper, lower) = sorted(box[:2]), sorted(box[2:])
    given_box = np.array([[left * size[1], upper * size[0], right * size[1], lower * size[0]]], dtype=np.float32)
    ((x0, y0, x1, y1),) = boxes_at(given_box, size, to)
    assert 0 <= x0 < x1 <= to[1]
    assert 0 <= y0 < y1 <= to[0]
    assert min(x1 - x0, y1 - y0) >= 1 - 1e-5
    assert x0 == pytest.approx(min(left * to[1], to[1] - 1), abs=1e-3)
    assert y1 == pytest.approx(max(lower * to[0], y0 + 1), abs=1e-3)
