"""Wrong masks cost in everything that decides, from an evaluation to what reports and comparisons say.

One network gave mean IoUs of .557, .503 and .383 at the least confidences .1, .2 and .3 of a mask, and an object F1 of
.286, .490 and .540: what proposes most looked best. Here its masks are drawn by hand.
"""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from maskloop.compare.analysis.analyse import analyse_all
from maskloop.compare.analysis.comparison import Comparison, Point, Setting, Trial
from maskloop.compare.pages.recommendation import recommendation
from maskloop.loop.options.stop_rules import StopRule
from maskloop.loop.outcomes import Arm, Measured, Purchase, Round
from maskloop.loop.reporting.report_run import round_report
from maskloop.loop.stopping import why_stop
from maskloop.matching import match_within_class
from maskloop.report import Baseline, RunReport, with_outlooks
from maskloop.report.summary import summary
from maskloop.values import Evaluation, ModelVersion, ObjectLabel, Split
from models.metrics.average_precision import detect
from models.metrics.summary import overlap_metrics
from tests.models.rectangles import proposal, rectangle

SIDE = 100
TRUTHS = {
    f"image-{place}": [ObjectLabel(1, rectangle(row, 0, row + 10, 10, SIDE)) for row in (0, 20, 40, 60)]
    for place in range(5)
}


def square(row, left=0, height=10):
    return rectangle(row, left, row + height, left + 10, SIDE)


SURE = [proposal(square(0), 0.9), proposal(square(20, height=9), 0.8)]  # both objects are found, at IoU 1 and .9
DOUBTFUL = [proposal(square(40, height=4), 0.2)]  # a third one, at IoU .4
WRONG = [proposal(square(row, left), 0.1) for left in (30, 60) for row in (0, 20, 40, 60)]  # nothing is there
SPARING, LAVISH = SURE, [*SURE, *DOUBTFUL, *WRONG]


def evaluated(drawn):
    """As `models.annotation.evaluate` does it."""
    proposals = dict.fromkeys(TRUTHS, drawn)
    detection = detect(TRUTHS, proposals)
    ious = sum(float(match_within_class(drawn, there)[1].sum()) for there in TRUTHS.values())
    objects = sum(map(len, TRUTHS.values()))
    metrics = overlap_metrics(TRUTHS, proposals)
    return Evaluation(Split.TEST, detection.ap(), detection.ap(0.5), ious / objects, 0.1, None, (), metrics=metrics)


def network(number, drawn, better=0.0):
    """One of a campaign, after so many hours; `better` is added to what it measures, by either measure."""
    quality = evaluated(drawn)
    metrics = {**quality.metrics, "pq": quality.metrics["pq"] + better}
    model = ModelVersion(f"m{number}", "p", "pretrained", 0, number, {}, datetime(2026, 1, 1, tzinfo=UTC))
    evaluation = replace(quality, mean_iou=quality.mean_iou + better, metrics=metrics)
    return Measured(number, model, evaluation, 10 * number, 3600.0 * number, {}, 1.0, 1.0)


def rounds(*networks):
    return tuple(round_report(Round(each), {}, 0) for each in networks)


def test_wrong_masks_leave_mean_iou_and_lower_the_measure_to_decide_by():
    right, wrong = evaluated(SURE), evaluated([*SURE, *WRONG])
    assert right.mean_iou == wrong.mean_iou == pytest.approx(1.9 / 4)
    assert right.metrics["pq"] == pytest.approx(1.9 / (2 + 2 / 2))
    assert wrong.metrics["pq"] == pytest.approx(1.9 / (2 + 2 / 2 + 8 / 2))


def test_what_proposes_most_looked_best_by_mean_iou_alone():
    sparing, lavish = evaluated(SPARING), evaluated(LAVISH)
    assert lavish.mean_iou > sparing.mean_iou
    assert lavish.metrics["pq"] < sparing.metrics["pq"]
    assert lavish.metrics["object_f1"] < sparing.metrics["object_f1"]


def test_a_campaign_leaves_the_network_that_invents_less():
    arm = Arm(Purchase(), (Round(network(1, SPARING)), Round(network(2, LAVISH))))
    assert arm.best.number == 1


def test_a_report_names_the_arm_that_invents_less():
    sparing, lavish = (rounds(network(1, drawn, -0.1), network(2, drawn)) for drawn in (SPARING, LAVISH))
    report = RunReport("p", "entropy", 0, 7200.0, 7200.0, {}, "the budget is spent", lavish)
    report = with_outlooks(replace(report, baselines={"random": Baseline(sparing)}), np.random.default_rng(0))
    said = summary(report)
    assert said[0].startswith("2 h of annotator time bought a panoptic quality of 0.25")
    assert said[1] == "Random selection got 0.63 in the same time: here entropy selection lost by 0.38."
    assert [outlook.measure for outlook in report.outlooks] == ["pq", "ap50"]


def test_a_comparison_recommends_the_arm_that_invents_less_and_by_mean_iou_it_did_not():
    drawn = {"random": LAVISH, "entropy": SPARING}
    trials = tuple(
        Trial(name, seed, 60.0, tuple(map(point, curve(masks, seed))), "the budget is spent")
        for name, masks in drawn.items()
        for seed in range(4)
    )
    comparison = Comparison(Setting("squares", {}, 7200.0, None, 9, 9, 1), tuple(drawn), tuple(range(4)), trials)
    results = analyse_all(comparison, "pq").results
    assert list(results) == ["pq", "ap50", "mean_iou", "ap"]
    assert recommendation(comparison, results["pq"])[0].startswith("Use entropy selection")
    assert recommendation(comparison, results["mean_iou"])[0].startswith("Nothing here beats random selection")


def test_a_run_does_not_go_on_for_more_wrong_masks():
    """Mean IoU rises from round to round, for more is proposed; panoptic quality does not."""
    more = [[*SURE, *WRONG], [*SURE, *DOUBTFUL, *WRONG]]
    campaign = [network(1, more[0]), network(2, more[1])]
    assert campaign[1].evaluation.mean_iou > campaign[0].evaluation.mean_iou + 0.05
    assert campaign[1].evaluation.metrics["pq"] < campaign[0].evaluation.metrics["pq"]
    reason = why_stop([StopRule("plateau", 0.04)], campaign, 10_000.0, np.random.default_rng(0))
    assert "expected to raise panoptic quality by 0.0" in reason


def curve(masks, seed):
    """A rise that any gate lets pass, the second network a little different with each seed."""
    return network(1, masks, -0.2), network(2, masks, 0.002 * seed)


def point(made):
    quality = made.evaluation
    of = {"mean_iou": quality.mean_iou, "ap50": quality.ap50, "ap": quality.ap, "pq": quality.metrics["pq"]}
    return Point(made.spent_s, {}, made.labeled_images, **of)
