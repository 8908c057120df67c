"""Clicks, and what a review amounts to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from maskloop.errors import InvalidArgument
from maskloop.masks import Mask
from maskloop.values import Verdict
from models.classification.unet.clicks import Click, ClickedImage, Judged, clicks_of_verdicts, inner_point

PIXELS = np.zeros((8, 10, 3), np.uint8)


def box(top, left, bottom, right, size=(8, 10)):
    made = np.zeros(size, np.bool_)
    made[top:bottom, left:right] = True
    return Mask.from_array(made)


def test_inner_points_by_hand():
    assert inner_point(box(1, 2, 6, 7)) == (4, 3)
    assert inner_point(box(0, 0, 8, 10)) == (3, 3)  # the border of the image is outside; the first of several
    ell = np.zeros((8, 10), np.bool_)
    ell[0:8, 0:2] = ell[3:8, 0:7] = True
    assert inner_point(Mask.from_array(ell)) == (2, 5)


@given(arrays.arrays(np.bool_, (7, 6)))
def test_an_inner_point_is_the_first_of_those_farthest_from_any_pixel_outside(inside):
    if not inside.any():
        with pytest.raises(InvalidArgument, match="no point inside"):
            inner_point(Mask.from_array(inside))
        return
    framed, best = np.pad(inside, 1), (-1.0, 0, 0)
    for row, column in np.argwhere(framed):
        depth = min((row - y) ** 2 + (column - x) ** 2 for y, x in np.argwhere(~framed))
        if depth > best[0]:
            best = (depth, column - 1, row - 1)
    assert inner_point(Mask.from_array(inside)) == best[1:]


def test_a_review_becomes_clicks():
    review = [
        Judged(Verdict.ACCEPTED, 1, box(0, 0, 3, 3)),
        Judged(Verdict.MODIFIED, 1, box(5, 0, 8, 3)),
        Judged(Verdict.MISSED, 2, box(0, 5, 3, 8)),
        Judged(Verdict.REJECTED, 2, box(5, 5, 8, 8)),
    ]
    assert clicks_of_verdicts(review) == (
        Click(1, 1, 1),
        Click(1, 6, 2),
        Click(6, 1, 1),
        Click(6, 6, 2, on=False),
    )
    wrong = clicks_of_verdicts(review, (Verdict.REJECTED, Verdict.MISSED))
    assert wrong == (Click(1, 6, 2), Click(6, 6, 2, on=False))
    assert clicks_of_verdicts(reversed(review)) == clicks_of_verdicts(review)


def test_no_click_beside_lies_on_an_object_of_its_class():
    rejected = Judged(Verdict.REJECTED, 1, box(0, 0, 4, 10))
    (beside,) = clicks_of_verdicts([rejected, Judged(Verdict.MISSED, 1, box(0, 0, 8, 7))], (Verdict.REJECTED,))
    assert beside == Click(1, 8, 1, on=False)
    assert clicks_of_verdicts([rejected, Judged(Verdict.ACCEPTED, 1, box(0, 0, 5, 10))], (Verdict.REJECTED,)) == ()
    (other,) = clicks_of_verdicts([rejected, Judged(Verdict.ACCEPTED, 2, box(0, 0, 5, 10))], (Verdict.REJECTED,))
    assert (other.y, other.x) == (1, 1)


@given(st.integers(0, 12), st.integers(0, 12))
def test_a_click_lies_in_its_image(y, x):
    if y < 8 and x < 10:
        assert ClickedImage("a", PIXELS, (Click(y, x, 1),)).on(1) == [Click(y, x, 1)]
        return
    with pytest.raises(InvalidArgument, match="has a click at"):
        ClickedImage("a", PIXELS, (Click(y, x, 1),))


def test_what_contradicts_itself_is_refused():
    with pytest.raises(InvalidArgument, match="said to be absent"):
        ClickedImage("a", PIXELS, (Click(0, 0, 1),), frozenset({1}))
    with pytest.raises(InvalidArgument, match="outside every image"):
        Click(-1, 0, 1)
    assert ClickedImage("a", PIXELS, (Click(0, 0, 1, on=False),), frozenset({1})).beside(1) == [
        Click(0, 0, 1, on=False)
    ]
