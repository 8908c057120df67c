"""Overlap metrics against cases worked out by hand."""

import pytest

from maskloop.masks import Mask
from maskloop.matching import panoptic, panoptic_quality
from maskloop.values import ObjectLabel
from models.metrics.overlap import (
    average_best_overlap,
    mean_dice,
    mean_similarity,
    object_f1,
    semantic_iou,
)
from models.metrics.ssim import structural_similarity
from tests.models.rectangles import LOWER, UPPER, UPPER_AT_80, proposal, rectangle

# Image a: two objects of category 1, one found with IoU .8, one missed; image b: category 2, drawn as category 1.
TRUTHS = {"a": [ObjectLabel(1, UPPER), ObjectLabel(1, LOWER)], "b": [ObjectLabel(2, UPPER)]}
PROPOSALS = {"a": [proposal(UPPER_AT_80, 0.5)], "b": [proposal(UPPER, 0.5, 1)]}


def test_dice_is_a_mean_over_objects_paired_within_their_category():
    # 2 * 40 / (40 + 50) = 8/9 for one object of three.
    assert mean_dice(TRUTHS, PROPOSALS) == pytest.approx(8 / 9 / 3)


def test_object_f1_counts_missed_objects_and_wrong_proposals():
    # One of two proposals is right, one of three objects is found: 2 * 1 / (2 + 3).
    assert object_f1(TRUTHS, PROPOSALS) == pytest.approx(0.4)


@pytest.mark.parametrize(("bottom", "found"), [(10, 1.0), (11, 0.0)])
def test_an_iou_of_a_half_counts_as_found(bottom: int, found: float):
    drawn = rectangle(0, 0, bottom, 10)  # 50 of 100 pixels, 50 of 110
    assert object_f1({"a": [ObjectLabel(1, UPPER)]}, {"a": [proposal(drawn, 0.5)]}) == found


def test_the_best_overlap_may_be_of_another_category_and_used_twice():
    # .8 for the upper object, nothing near the lower one, 1 for the object of category 2.
    assert average_best_overlap(TRUTHS, PROPOSALS) == pytest.approx(1.8 / 3)
    twins = {"a": [ObjectLabel(1, UPPER), ObjectLabel(2, UPPER)]}
    assert average_best_overlap(twins, {"a": [proposal(UPPER, 0.5)]}) == 1


def test_semantic_iou_sums_pixels_over_images_and_merges_objects():
    # Category 1: 40 shared pixels; 50 + 50 true and 50 falsely drawn in image b. Category 2: nothing drawn.
    assert semantic_iou(TRUTHS, PROPOSALS) == pytest.approx({1: 40 / 150, 2: 0.0})


def test_semantic_iou_does_not_mind_which_object_a_pixel_belongs_to():
    halves = {"a": [proposal(rectangle(0, 0, 5, 6), 0.5), proposal(rectangle(0, 4, 5, 10), 0.5)]}
    assert semantic_iou({"a": [ObjectLabel(1, UPPER)]}, halves) == {1: 1.0}


def test_similarity_pairs_each_object_with_the_best_proposal_of_its_category():
    proposals = {"a": [proposal(LOWER, 0.9), proposal(UPPER_AT_80, 0.1), proposal(UPPER, 0.9, category_id=2)]}
    expected = structural_similarity(UPPER, UPPER_AT_80)
    assert mean_similarity({"a": [ObjectLabel(1, UPPER)]}, proposals) == pytest.approx(expected)


def test_an_object_without_a_proposal_is_compared_with_an_empty_mask():
    expected = structural_similarity(UPPER, Mask.empty(20, 20))
    assert mean_similarity({"a": [ObjectLabel(1, UPPER)]}, {}) == pytest.approx(expected)


@pytest.mark.parametrize("metric", [mean_dice, object_f1, average_best_overlap, mean_similarity])
def test_nothing_to_measure_is_zero(metric):
    assert metric({"a": []}, {"a": []}) == 0
    assert semantic_iou({"a": []}, {"a": [proposal(UPPER, 0.5)]}) == {}


@pytest.mark.parametrize("metric", [mean_dice, object_f1, average_best_overlap, mean_similarity])
def test_the_truth_itself_is_one(metric):
    drawn = {key: [proposal(item.mask, 0.5, item.category_id) for item in items] for key, items in TRUTHS.items()}
    assert metric(TRUTHS, drawn) == pytest.approx(1)


def test_panoptic_quality_by_hand():
    """One of two objects found at IoU .8, one proposal too many: .8 / (1 + 1/2 + 1/2)."""
    truths = {"a": [ObjectLabel(1, UPPER), ObjectLabel(1, LOWER)]}
    wrong = rectangle(16, 11, 20, 20)
    assert panoptic_quality(truths, {"a": [proposal(UPPER_AT_80, 0.9), proposal(wrong, 0.5)]}) == pytest.approx(0.4)


def test_panoptic_quality_is_recognition_times_segmentation():
    """Of category 1 one of two objects is found, at IoU .8, and one proposal is wrong; category 2 is found exactly."""
    truths = {"a": [ObjectLabel(1, UPPER), ObjectLabel(1, LOWER), ObjectLabel(2, UPPER)]}
    wrong = proposal(rectangle(16, 11, 20, 20), 0.5)
    found = panoptic(truths, {"a": [proposal(UPPER_AT_80, 0.9), wrong, proposal(UPPER, 0.5, category_id=2)]})
    assert found.recognition == pytest.approx((1 / 2 + 1) / 2)
    assert found.quality == pytest.approx((0.8 / 2 + 1) / 2)
    assert found.segmentation == pytest.approx((0.5 * 0.8 + 1 * 1) / 1.5)  # of what was found, by recognition
    nothing = panoptic(truths, {"a": []})
    assert (nothing.quality, nothing.recognition, nothing.segmentation) == (0, 0, 0)


def test_false_positives_lower_panoptic_quality_and_not_a_mean_over_true_objects():
    truths, found = {"a": [ObjectLabel(1, UPPER)]}, proposal(UPPER, 0.9)
    wrong = [proposal(LOWER, 0.2), proposal(rectangle(16, 11, 20, 20), 0.1)]
    assert panoptic_quality(truths, {"a": [found]}) == 1.0
    assert panoptic_quality(truths, {"a": [found, *wrong]}) == pytest.approx(1 / 2)
    assert mean_dice(truths, {"a": [found, *wrong]}) == mean_dice(truths, {"a": [found]})


def test_a_category_that_is_only_proposed_counts():
    truths = {"a": [ObjectLabel(1, UPPER)]}
    assert panoptic_quality(truths, {"a": [proposal(UPPER, 0.9), proposal(LOWER, 0.9, category_id=2)]}) == 0.5
