"""COCO's precision and recall against cases worked out by hand."""

import pytest

from maskloop.masks import Mask
from maskloop.values import ObjectLabel, ObjectProposal
from models.metrics.average_precision import detect, harmonic_mean
from tests.models.rectangles import LOWER, UPPER, UPPER_AT_80, proposal, rectangle


def test_the_truth_itself_scores_one_everywhere():
    truths = {"a": [ObjectLabel(1, UPPER), ObjectLabel(2, LOWER)], "b": [ObjectLabel(1, LOWER)]}
    proposals = {
        image_id: [proposal(item.mask, 0.9, item.category_id) for item in items] for image_id, items in truths.items()
    }
    found = detect(truths, proposals)
    assert (found.ap(), found.ap(0.5), found.ar(), found.ar(0.7), found.f50) == pytest.approx((1, 1, 1, 1, 1))


def test_a_mask_of_iou_point_eight_counts_at_seven_of_the_ten_thresholds():
    # .50, .55, ..., .80 are reached, .85, .90, .95 are not; .25 is none of the ten.
    found = detect({"a": [ObjectLabel(1, UPPER)]}, {"a": [proposal(UPPER_AT_80, 0.3)]})
    assert (found.ap(), found.ar()) == pytest.approx((0.7, 0.7))
    at = [found.ap(threshold) for threshold in (0.25, 0.5, 0.7, 0.75, 0.8, 0.85)]
    assert at == pytest.approx([1, 1, 1, 1, 1, 0])


def test_a_mask_of_iou_point_four_counts_at_a_quarter_only():
    found = detect({"a": [ObjectLabel(1, UPPER)]}, {"a": [proposal(rectangle(0, 0, 2, 10), 0.3)]})
    assert (found.ap(0.25), found.ap(0.5), found.ap()) == pytest.approx((1, 0, 0))


def test_the_ranking_by_predicted_iou_decides_ap_but_not_recall():
    # One object, one right and one wrong mask: precision at full recall is 1 or 1/2.
    truths = {"a": [ObjectLabel(1, UPPER)]}
    right_first = detect(truths, {"a": [proposal(UPPER, 0.9), proposal(LOWER, 0.1)]})
    wrong_first = detect(truths, {"a": [proposal(UPPER, 0.1), proposal(LOWER, 0.9)]})
    assert (right_first.ap(0.5), right_first.ar(0.5)) == pytest.approx((1, 1))
    assert (wrong_first.ap(0.5), wrong_first.ar(0.5)) == pytest.approx((0.5, 1))
    assert wrong_first.f50 == pytest.approx(2 / 3)  # 2 * .5 * 1 / 1.5


def test_a_missed_object_costs_the_recall_points_beyond_a_half():
    # Two objects, one found: precision 1 at the recall points 0, .01, ..., .50 (51 of 101), else 0.
    truths = {"a": [ObjectLabel(1, UPPER), ObjectLabel(1, LOWER)]}
    found = detect(truths, {"a": [proposal(UPPER, 0.5)]})
    assert found.ap(0.5) == pytest.approx(51 / 101)
    assert found.ar(0.5) == pytest.approx(0.5)


def test_means_run_over_the_categories_that_occur():
    truths = {"a": [ObjectLabel(3, UPPER), ObjectLabel(7, LOWER)]}
    found = detect(truths, {"a": [proposal(UPPER, 0.5, 3), proposal(UPPER, 0.5, 9)]})
    assert (found.ap(0.5), found.ar(0.5)) == pytest.approx((0.5, 0.5))
    assert found.ap_by_category(0.5) == pytest.approx({3: 1.0, 7: 0.0})


def test_only_a_hundred_masks_of_an_image_count():
    truths = {"a": [ObjectLabel(1, UPPER)]}
    wrong = [proposal(LOWER, 0.9) for _ in range(100)]
    assert detect(truths, {"a": [*wrong[:99], proposal(UPPER, 0.1)]}).ar(0.5) == pytest.approx(1)
    assert detect(truths, {"a": [*wrong, proposal(UPPER, 0.1)]}).ar(0.5) == pytest.approx(0)


@pytest.mark.parametrize(
    ("truths", "proposals"), [([], [proposal(UPPER, 0.5)]), ([ObjectLabel(1, UPPER)], []), ([], [])]
)
def test_all_is_zero_where_nothing_is_there_or_nothing_is_proposed(
    truths: list[ObjectLabel], proposals: list[ObjectProposal]
):
    found = detect({"a": truths}, {"a": proposals})
    assert (found.ap(), found.ap(0.5), found.ar(), found.f50) == (0, 0, 0, 0)
    assert found.ap_by_category(0.5) == {item.category_id: 0.0 for item in truths}


def test_masks_on_an_image_without_objects_are_false_positives():
    truths = {"a": [ObjectLabel(1, UPPER)], "b": []}
    ranked_first = detect(truths, {"a": [proposal(UPPER, 0.1)], "b": [proposal(UPPER, 0.9)]})
    assert ranked_first.ap(0.5) == pytest.approx(0.5)


def test_an_empty_mask_finds_nothing():
    found = detect({"a": [ObjectLabel(1, UPPER)]}, {"a": [proposal(Mask.empty(20, 20), 0.9), proposal(UPPER, 0.5)]})
    assert found.ap(0.5) == pytest.approx(0.5)


def test_detecting_prints_nothing(capsys: pytest.CaptureFixture[str]):
    detect({"a": [ObjectLabel(1, UPPER)]}, {"a": [proposal(UPPER, 0.5)]})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("ap50", "ar50", "printed"),
    [
        (34.4, 41.6, 37.7),
        (41.8, 50.2, 45.6),
        (47.1, 55.4, 50.9),
        (34.6, 42.8, 38.3),
        (38.8, 48.2, 43.0),
        (46.2, 54.2, 49.9),
    ],
)
def test_f50_is_the_papers_in_all_rows_of_its_tables_9_and_10(ap50: float, ar50: float, printed: float):
    assert round(harmonic_mean(ap50, ar50), 1) == printed


def test_the_harmonic_mean_of_zeros_is_zero():
    assert harmonic_mean(0.0, 0.0) == 0.0
