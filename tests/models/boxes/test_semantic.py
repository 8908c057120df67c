"""Labels of pixels by hand: classes, ground, and what is not known."""

import numpy as np
import pytest

from maskloop.errors import InvalidArgument
from models.boxes.boxed import BoxMask
from models.boxes.semantic import semantic_labels

SIZE = (1, 8)


def row(text: str) -> BoxMask:
    """T is of the tight mask, l of the loose one alone."""
    return BoxMask(np.array([[c == "T" for c in text]]), np.array([[c in "Tl" for c in text]]))


def box(left: float, right: float) -> list[float]:
    return [left, 0, right, 1]


def labels(masks, boxes, classes, *, official=False):
    sides = np.array(boxes, dtype=np.float32)
    return semantic_labels(SIZE, [row(text) for text in masks], sides, classes, official=official)[0].tolist()


def test_loose_pixels_are_not_known_and_the_rest_is_ground():
    assert labels(["lTTl...."], [box(0, 4)], [2]) == [255, 3, 3, 255, 0, 0, 0, 0]


def test_pixels_of_two_classes_are_not_known_and_of_one_class_are():
    masks, boxes = ["TTTT....", "..TTTT.."], [box(0, 4), box(2, 6)]
    assert labels(masks, boxes, [0, 1]) == [1, 1, 255, 255, 2, 2, 0, 0]
    assert labels(masks, boxes, [0, 0]) == [1, 1, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("turned", [False, True])
def test_an_object_whose_box_lies_in_anothers_wins_its_pixels(turned):
    masks, boxes, classes = ["TTTTTTTT", ".lTTl..."], [box(0, 8), box(1, 5)], [0, 1]
    if turned:
        masks, boxes, classes = masks[::-1], boxes[::-1], classes[::-1]
    assert labels(masks, boxes, classes) == [1, 1, 2, 2, 1, 1, 1, 1]


def test_three_classes_and_nobody_in_another():
    masks = ["TTT.....", ".TTT....", "..TTT..."]
    assert labels(masks, [box(0, 3), box(1, 4), box(2, 5)], [0, 1, 2]) == [1, 255, 255, 255, 3, 0, 0, 0]


def test_equal_boxes_are_not_within_each_other():
    assert labels(["TT......", ".TT....."], [box(0, 3), box(0, 3)], [0, 1]) == [1, 255, 2, 0, 0, 0, 0, 0]


def test_in_the_program_no_tight_mask_says_what_another_ones_loose_pixels_are():
    masks, boxes = ["TTTT....", "..llTT.."], [box(0, 4), box(2, 6)]
    assert labels(masks, boxes, [0, 1]) == [1, 1, 1, 1, 2, 2, 0, 0]
    assert labels(masks, boxes, [0, 1], official=True) == [1, 1, 255, 255, 2, 2, 0, 0]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_in_the_program_an_inner_object_wins_from_all_others_and_the_smallest_from_the_larger(order):
    """The second lies in the first, the third beside both; the fourth lies in all three of them."""
    masks, boxes, classes = ["TTTTT...", ".TTTT...", "....TTT."], [box(0, 5), box(1, 5), box(2, 8)], [0, 1, 2]
    chosen = [[each[place] for place in order] for each in (masks, boxes, classes)]
    assert labels(*chosen) == [1, 2, 2, 2, 255, 3, 3, 0]
    assert labels(*chosen, official=True) == [1, 2, 2, 2, 2, 3, 3, 0]
    more = [[*each, last] for each, last in zip(chosen, ["...TT...", box(3, 5), 3], strict=True)]
    assert labels(*more, official=True) == [1, 2, 2, 4, 4, 3, 3, 0]


def test_too_many_classes_are_refused():
    with pytest.raises(InvalidArgument):
        labels(["T......."], [box(0, 1)], [254])
    with pytest.raises(InvalidArgument):
        labels(["T......."], [box(0, 1)], [0, 1])
