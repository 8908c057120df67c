"""Curves by hand, and how stocks grow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.values import SupervisionKind
from selection.kinds.curves import RECOGNITION, UNKNOWN_WEIGHT, Belief, Curves
from selection.kinds.stock import Stock

BOXES, POINTS = SupervisionKind.BOXES, SupervisionKind.POINTS


def stock(**changes: object) -> Stock:
    values: dict[str, object] = {
        "kinds": (BOXES,),
        "full": 10.0,
        "weak": np.array([20.0]),
        "open_full": 100.0,
        "open_weak": np.array([60.0]),
        "full_s": 50.0,
        "weak_s": np.array([5.0]),
    }
    return Stock(**(values | changes))  # type: ignore[arg-type]


def test_a_curve_by_hand():
    curve = Curves(0.2, np.array([0.8]), np.array([10.0]), np.array([1.0]), np.array([[0.5]]))
    made = curve.quality(np.array([0.0, 5.0, 1e12]), np.array([[0.0], [10.0], [0.0]]))
    assert made[:, 0] == pytest.approx([0.2, 0.2 + 0.6 * 0.5, 0.8])  # E = 5 + .5 * 10 = the scale: half of the way


def test_an_exponent_says_how_fast_a_curve_saturates():
    curve = Curves(0.0, np.ones(2), np.array([10.0, 10.0]), np.array([0.5, 2.0]), np.zeros((2, 1)))
    assert curve.quality(np.array([30.0]), np.zeros((1, 1)))[0] == pytest.approx([1 - 4**-0.5, 1 - 4**-2])


def test_a_standard_normal_of_nought_is_the_median():
    belief, zero = Belief(0.3, 1.2), np.zeros(1)
    assert (belief.share(zero)[0], belief.positive(zero)[0]) == (pytest.approx(0.3), pytest.approx(0.3))
    assert belief.share(np.ones(1))[0] == pytest.approx(1 / (1 + (0.7 / 0.3) * np.exp(-1.2)))
    assert RECOGNITION.weight(BOXES).median == 0.5
    assert RECOGNITION.weight(POINTS) == UNKNOWN_WEIGHT


def test_seconds_buy_by_share_and_outlines_take_over_what_is_boxed():
    """400 s, a quarter for boxes: 20 boxed and 6 outlined, of which 6 in a hundred had boxes."""
    after = stock().after(np.array([0.25]), 400.0)
    assert after.full == 10 + 300 / 50
    assert after.open_full == 94
    assert after.weak[0] == pytest.approx(40 * 0.94)
    assert after.open_weak[0] == pytest.approx(40 * 0.94)


def test_what_boxes_cannot_spend_outlines_do():
    after = stock(open_weak=np.array([4.0])).after(np.array([0.75]), 400.0)
    assert after.full == pytest.approx(10 + (400 - 4 * 5) / 50)
    assert after.open_weak[0] == 0


@given(st.floats(0, 0.75), st.floats(0, 1e5))
def test_nothing_is_bought_twice(share, seconds):
    before = stock()
    after = before.after(np.array([share]), seconds)
    assert 0 <= after.full - before.full <= before.open_full + 1e-9
    assert after.open_weak[0] >= -1e-9
    assert after.full + after.weak[0] <= before.full + before.weak[0] + before.open_full + 1e-6
    spent_s = (after.full - before.full) * 50 + before.affordable(np.array([share]), seconds)[0] * 5
    assert spent_s <= seconds + 1e-6


@pytest.mark.parametrize("changes", [{"full": -1.0}, {"full_s": 0.0}, {"weak": np.array([np.nan])}])
def test_a_stock_that_cannot_be_is_refused(changes):
    with pytest.raises(InvalidArgument, match="cannot be"):
        stock(**changes)
