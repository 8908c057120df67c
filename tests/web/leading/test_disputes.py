"""Disputes by hand, on a row of pixels: masks are stretches of it, so that every IoU is a fraction of small numbers."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.masks import Mask
from maskloop.values import FullLabel, ImageProposals, Label, ObjectLabel, ObjectProposal
from maskloop.web.leading.disputes import FAR, LIKELY, SURE, TOUCHES, Why, disputes_of

WIDTH = 40
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CRACK, RUST = 1, 2


def stretch(first, behind):
    row = np.zeros((1, WIDTH), bool)
    row[0, first:behind] = True
    return Mask.from_array(row)


def label(*objects):
    return Label("l", "p", "i", FullLabel(tuple(objects)), "ada", 79.0, NOW)


def drawn(first, behind, category=CRACK, crowd=False):
    return ObjectLabel(category, stretch(first, behind), crowd)


def predicted(first, behind, iou, category=CRACK):
    return ObjectProposal(category, stretch(first, behind), iou, 0.9)


def disputes(objects, predictions, uncalibrated=False):
    proposals = ImageProposals("i", "m", 0.5, tuple(predictions), uncalibrated=uncalibrated)
    return disputes_of(label(*objects), proposals)


def told(objects, predictions):
    return [(each.why, round(each.iou, 3), round(each.size, 3)) for each in disputes(objects, predictions)]


def test_a_label_that_covers_half_of_what_the_network_is_sure_of_is_disputed_by_the_difference():
    # 10 pixels predicted, 5 of them drawn and no other: IoU 5 / 10
    assert told([drawn(0, 5)], [predicted(0, 10, 0.9)]) == [(Why.FITS_BADLY, 0.5, 0.4)]


def test_a_label_that_fits_as_expected_is_not_disputed():
    assert told([drawn(0, 8)], [predicted(0, 10, 0.9)]) == []  # IoU .8, .9 expected
    assert told([drawn(0, 5)], [predicted(0, 10, 0.55)]) == []  # the network did not claim to know better


def test_what_the_network_is_sure_of_and_nobody_drew_is_disputed_by_its_predicted_iou():
    assert told([], [predicted(0, 10, 0.85)]) == [(Why.NOT_DRAWN, 0.0, 0.85)]
    assert told([drawn(20, 30)], [predicted(0, 10, 0.85), predicted(20, 30, 0.9)]) == [(Why.NOT_DRAWN, 0.0, 0.85)]
    assert told([], [predicted(0, 10, 0.79)]) == []


def test_what_was_drawn_as_another_category_is_disputed_as_that():
    found = disputes([drawn(0, 9, RUST)], [predicted(0, 10, 0.85)])
    assert [(each.why, each.drawn.category_id) for each in found] == [(Why.OTHER_CATEGORY, RUST)]
    other = disputes([drawn(0, 5, RUST)], [predicted(0, 10, 0.85)])  # IoU .5 is not above .5
    assert [(each.why, each.drawn) for each in other] == [(Why.NOT_DRAWN, None)]


def test_predictions_on_a_crowd_are_of_something_that_was_drawn():
    assert told([drawn(0, 20, crowd=True)], [predicted(5, 15, 0.9)]) == []
    assert told([drawn(0, 5, crowd=True)], [predicted(0, 10, 0.9)]) == [(Why.NOT_DRAWN, 0.0, 0.9)]  # half lies on it


def test_a_neighbour_that_a_prediction_only_touches_is_not_disputed():
    # The prediction is of the first object. The second overlaps it by 1 of 20 pixels, and the network missed it.
    assert told([drawn(0, 10), drawn(9, 20)], [predicted(0, 10, 0.9)]) == []


def test_what_was_drawn_beside_a_prediction_is_not_what_it_shows():
    # One pixel in common of 30: an IoU of .033 makes no pair.
    assert told([drawn(9, 30)], [predicted(0, 10, 0.9)]) == [(Why.NOT_DRAWN, 0.0, 0.9)]


def test_two_objects_drawn_as_one_are_disputed_once():
    # Each prediction covers half of what was drawn; the first of equals is its pair, the other lies on it as well.
    found = told([drawn(0, 20)], [predicted(0, 10, 0.9), predicted(10, 20, 0.9)])
    assert found == [(Why.FITS_BADLY, 0.5, 0.4)]


def test_the_largest_dispute_comes_first():
    found = told([drawn(0, 5)], [predicted(0, 10, 0.95), predicted(20, 30, 0.8)])
    assert [why for why, _, _ in found] == [Why.NOT_DRAWN, Why.FITS_BADLY]


def test_without_a_fitted_head_nothing_is_disputed():
    assert disputes([], [predicted(0, 10, 0.99)], uncalibrated=True) == []


SPANS = st.tuples(st.integers(0, WIDTH - 2), st.integers(1, 12)).map(lambda at: (at[0], min(WIDTH, at[0] + at[1])))
CATEGORIES = st.sampled_from([CRACK, RUST])
OBJECTS = st.lists(st.tuples(SPANS, CATEGORIES, st.booleans()), max_size=4)
PREDICTIONS = st.lists(st.tuples(SPANS, CATEGORIES, st.integers(0, 20)), max_size=4)


def by_definition(objects, predictions):
    """The two rules over sets of pixels, for every prediction on its own."""
    found = set()
    for place, (span, category, iou20) in enumerate(predictions):
        mine, expected = set(range(*span)), iou20 / 20
        ours = [(set(range(*each)), crowd) for each, kind, crowd in objects if kind == category]
        single = [pixels for pixels, crowd in ours if not crowd]
        ious = [len(mine & each) / len(mine | each) for each in single]
        best = max(range(len(ious)), key=ious.__getitem__, default=None)
        rivals = [place_ for place_, (_, kind, _) in enumerate(predictions) if kind == category]
        if best is not None and ious[best] >= TOUCHES:
            theirs = [
                len(set(range(*predictions[each][0])) & single[best])
                / len(set(range(*predictions[each][0])) | single[best])
                for each in rivals
            ]
            if rivals[max(range(len(theirs)), key=theirs.__getitem__)] == place:
                if expected >= LIKELY and expected - ious[best] >= FAR:
                    found.add((place, Why.FITS_BADLY))
                continue
        on_drawn = len(mine & set().union(*(pixels for pixels, _ in ours))) / len(mine)
        if expected >= SURE and on_drawn <= 0.5:
            found.add((place, Why.NOT_DRAWN))
    return found


@given(OBJECTS, PREDICTIONS)
def test_disputes_are_those_of_the_definition(objects, predictions):
    made = [predicted(span[0], span[1], iou20 / 20, category) for span, category, iou20 in predictions]
    found = disputes([drawn(span[0], span[1], category, crowd) for span, category, crowd in objects], made)
    places = {id(prediction): place for place, prediction in enumerate(made)}
    why = {Why.OTHER_CATEGORY: Why.NOT_DRAWN}
    assert {(places[id(each.prediction)], why.get(each.why, each.why)) for each in found} == by_definition(
        objects, predictions
    )
    assert all(each.size == pytest.approx(each.prediction.predicted_iou - each.iou) for each in found)
