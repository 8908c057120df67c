"""AP, matching, error and rank correlation against cases worked out by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.masks import Mask
from maskloop.values import ObjectLabel, ObjectProposal
from models.metrics import average_precision, iou_matrix, match_within_class, mean_absolute_error, spearman


def rectangle(top: int, left: int, bottom: int, right: int, side: int = 20) -> Mask:
    array = np.zeros((side, side), dtype=np.bool_)
    array[top:bottom, left:right] = True
    return Mask.from_array(array)


def proposal(mask: Mask, predicted_iou: float, category_id: int = 1) -> ObjectProposal:
    return ObjectProposal(category_id, mask, predicted_iou, confidence=0.5)


UPPER, LOWER = rectangle(0, 0, 5, 10), rectangle(10, 0, 15, 10)
UPPER_AT_80 = rectangle(0, 0, 4, 10)  # 40 of 50 pixels: IoU .8


def test_ap_of_the_truth_itself_is_one():
    truths = {"a": [ObjectLabel(1, UPPER), ObjectLabel(2, LOWER)], "b": [ObjectLabel(1, LOWER)]}
    proposals = {
        image_id: [proposal(item.mask, 0.9, item.category_id) for item in items] for image_id, items in truths.items()
    }
    assert average_precision(truths, proposals) == pytest.approx((1, 1))


def test_a_mask_of_iou_point_eight_counts_at_seven_of_the_ten_thresholds():
    # .50, .55, ..., .80 are reached, .85, .90, .95 are not.
    ap, ap50 = average_precision({"a": [ObjectLabel(1, UPPER)]}, {"a": [proposal(UPPER_AT_80, 0.3)]})
    assert ap == pytest.approx(0.7)
    assert ap50 == pytest.approx(1)


def test_the_ranking_by_predicted_iou_decides_ap():
    # One object, one right and one wrong mask: precision at full recall is 1 or 1/2.
    truths = {"a": [ObjectLabel(1, UPPER)]}
    right_first = average_precision(truths, {"a": [proposal(UPPER, 0.9), proposal(LOWER, 0.1)]})
    wrong_first = average_precision(truths, {"a": [proposal(UPPER, 0.1), proposal(LOWER, 0.9)]})
    assert right_first[1] == pytest.approx(1)
    assert wrong_first[1] == pytest.approx(0.5)


def test_a_missed_object_costs_the_recall_points_beyond_a_half():
    # Two objects, one found: precision 1 at the recall points 0, .01, ..., .50 (51 of 101), else 0.
    truths = {"a": [ObjectLabel(1, UPPER), ObjectLabel(1, LOWER)]}
    assert average_precision(truths, {"a": [proposal(UPPER, 0.5)]})[1] == pytest.approx(51 / 101)


def test_ap_is_a_mean_over_the_categories_that_occur():
    truths = {"a": [ObjectLabel(3, UPPER), ObjectLabel(7, LOWER)]}
    assert average_precision(truths, {"a": [proposal(UPPER, 0.5, 3)]})[1] == pytest.approx(0.5)


def test_ap_is_zero_where_nothing_is_there_or_nothing_is_proposed():
    assert average_precision({"a": []}, {"a": [proposal(UPPER, 0.5)]}) == (0.0, 0.0)
    assert average_precision({"a": [ObjectLabel(1, UPPER)]}, {"a": []}) == (0.0, 0.0)


def test_masks_on_an_image_without_objects_are_false_positives():
    truths = {"a": [ObjectLabel(1, UPPER)], "b": []}
    ranked_first = average_precision(truths, {"a": [proposal(UPPER, 0.1)], "b": [proposal(UPPER, 0.9)]})
    assert ranked_first[1] == pytest.approx(0.5)


def test_ap_prints_nothing(capsys: pytest.CaptureFixture[str]):
    average_precision({"a": [ObjectLabel(1, UPPER)]}, {"a": [proposal(UPPER, 0.5)]})
    assert capsys.readouterr().out == ""


def test_iou_of_an_empty_mask_is_zero_even_with_itself():
    empty = Mask.empty(20, 20)
    assert iou_matrix([empty, UPPER], [empty, UPPER]).tolist() == [[0, 0], [0, 1]]


def test_matching_pairs_within_the_class_only():
    truths = [ObjectLabel(1, UPPER), ObjectLabel(2, LOWER)]
    places, ious = match_within_class([proposal(LOWER, 0.5, 1), proposal(LOWER, 0.5, 2)], truths)
    assert places.tolist() == [0, 1]
    assert ious.tolist() == [0.0, 1.0]


def test_matching_takes_the_pairs_with_the_largest_sum_not_the_greedy_ones():
    # wide overlaps both objects (.5 and .5); narrow only the upper one (.8): wide must yield the upper one.
    wide = rectangle(0, 0, 15, 10)
    truths = [ObjectLabel(1, UPPER), ObjectLabel(1, rectangle(5, 0, 15, 10))]
    places, _ = match_within_class([proposal(wide, 0.5), proposal(UPPER_AT_80, 0.5)], truths)
    assert places.tolist() == [1, 0]


def test_objects_without_a_proposal_and_proposals_without_an_object_stay_alone():
    places, ious = match_within_class([proposal(UPPER, 0.5), proposal(LOWER, 0.5)], [ObjectLabel(1, LOWER)])
    assert places.tolist() == [-1, 0]
    assert ious.tolist() == [0.0, 1.0]
    assert match_within_class([], [ObjectLabel(1, LOWER)])[0].size == 0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), mine=st.integers(1, 4), theirs=st.integers(1, 4))
def test_matching_reaches_the_best_sum_of_all_assignments(seed: int, mine: int, theirs: int):
    rng = np.random.default_rng(seed)
    masks = [Mask.from_array(rng.random((6, 6)) > 0.5) for _ in range(mine + theirs)]
    proposals = [proposal(mask, 0.5) for mask in masks[:mine]]
    truths = [ObjectLabel(1, mask) for mask in masks[mine:]]
    table = [[a.mask.iou(b.mask) for b in truths] for a in proposals] + [[0.0] * theirs] * max(0, theirs - mine)
    best = max(
        sum(table[row][column] for column, row in enumerate(rows))
        for rows in itertools.permutations(range(len(table)), theirs)
    )
    assert match_within_class(proposals, truths)[1].sum() == pytest.approx(best)


def test_mean_absolute_error_by_hand():
    assert mean_absolute_error(np.array([0.2, 0.9]), np.array([0.5, 0.8])) == pytest.approx(0.2)
    assert mean_absolute_error(np.array([]), np.array([])) == 0.0


def test_spearman_by_hand():
    # Ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15) = .6.
    assert spearman(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.5, 0.4, 0.9, 0.8])) == pytest.approx(0.6)
    assert spearman(np.array([1.0, 2.0, 3.0]), np.array([8.0, 27.0, 64.0])) == pytest.approx(1.0)


def test_spearman_gives_ties_their_mean_rank():
    # Ranks 1.5 1.5 3 against 1 2 3: covariance 1.5, spreads 1.5 and 2: sqrt(.75).
    assert spearman(np.array([0.1, 0.1, 0.9]), np.array([0.1, 0.2, 0.3])) == pytest.approx(np.sqrt(0.75))


@pytest.mark.parametrize("values", [[], [0.5], [0.5, 0.5, 0.5]])
def test_spearman_is_none_where_it_is_undefined(values: list[float]):
    other = np.arange(len(values), dtype=np.float64)
    assert spearman(np.array(values), other) is None
    assert spearman(other, np.array(values)) is None
