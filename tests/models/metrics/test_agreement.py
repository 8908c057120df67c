"""Matching, error and rank correlation against cases worked out by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.masks import Mask
from maskloop.matching import iou_matrix, match_within_class
from maskloop.values import ObjectLabel
from models.metrics.agreement import bias, expected_calibration_error, mean_absolute_error, spearman
from tests.models.rectangles import LOWER, UPPER, UPPER_AT_80, proposal, rectangle


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


def test_bias_is_above_zero_for_a_score_that_promises_too_much():
    assert bias(np.array([0.9, 0.9]), np.array([0.5, 0.8])) == pytest.approx(0.25)
    assert bias(np.array([]), np.array([])) == 0.0


def test_calibration_error_is_the_distance_of_means_within_bins_of_equal_mass():
    # Ten values are two bins of five: the low half promises .2 and keeps .1, the high half .8 and keeps .6.
    predicted = np.array([0.2, 0.8] * 5)
    true = np.array([0.1, 0.6] * 5)
    assert expected_calibration_error(predicted, true) == pytest.approx((0.1 + 0.2) / 2)


def test_within_a_bin_errors_cancel_across_bins_they_do_not():
    predicted = np.repeat([0.2, 0.8], 5)
    assert expected_calibration_error(predicted, predicted + np.tile([-0.1, 0.1, 0.0, 0.1, -0.1], 2)) == pytest.approx(
        0
    )
    assert expected_calibration_error(predicted, predicted + np.repeat([0.1, -0.1], 5)) == pytest.approx(0.1)


@pytest.mark.parametrize(("values", "parts", "expected"), [(1000, 10, 0.1), (1000, 20, 0.0), (10, 2, 0.1), (8, 2, 0.0)])
def test_there_are_ten_bins_or_fewer_with_five_values_each(values: int, parts: int, expected: float):
    # Predictions that are too high and too low by turns, in runs as long as a bin or shorter.
    predicted = np.linspace(0, 1, values)
    turns = np.concatenate(
        [np.full(len(run), (-1) ** part) for part, run in enumerate(np.array_split(predicted, parts))]
    )
    assert expected_calibration_error(predicted, predicted + 0.1 * turns) == pytest.approx(expected)


def test_no_values_have_no_calibration_error():
    assert expected_calibration_error(np.array([]), np.array([])) == 0.0


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
