from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from maskloop.errors import InvalidArgument
from maskloop.loop.options.stop_rules import StopRule
from maskloop.loop.outcomes import Measured
from maskloop.loop.stopping import why_stop
from maskloop.values import Evaluation, ModelVersion, Split

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def measured(number, hours, quality, ap50=0.5, ap=0.3, mean_iou=0.7):
    """By panoptic quality."""
    model = ModelVersion(f"m{number}", "p", "compact", 0, number, {}, NOW)
    evaluation = Evaluation(Split.TEST, ap, ap50, mean_iou, 0.1, 0.5, (), metrics={"pq": quality})
    return Measured(number, model, evaluation, 10 * number, hours * 3600, {}, 1.0, 1.0)


def stop(*rules, rounds, end_hours=10):
    parsed = [StopRule.parse(rule) for rule in rules]
    return why_stop(parsed, rounds, end_hours * 3600, np.random.default_rng(0))


FLAT = [measured(1, 1, 0.60), measured(2, 2, 0.601), measured(3, 3, 0.60), measured(4, 4, 0.60)]
RISING = [measured(1, 1, 0.40), measured(2, 2, 0.46), measured(3, 3, 0.50), measured(4, 4, 0.53)]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("pq=0.53", "panoptic quality is 0.530: the target of 0.53 is reached"),
        ("mean_iou=0.7", "mean IoU is 0.700: the target of 0.7 is reached"),
        ("ap50=0.4", "AP50 is 0.500: the target of 0.4 is reached"),
        ("ap=0.3", "AP is 0.300: the target of 0.3 is reached"),
        ("pq=0.531", ""),
        ("mean_iou=0.71", ""),
        ("ap=0.31", ""),
    ],
)
def test_a_target_stops_the_round_that_reaches_it(rule, reason):
    assert stop(rule, rounds=RISING) == reason


def test_only_the_latest_round_counts():
    assert stop("pq=0.53", rounds=[*RISING, measured(5, 5, 0.52)]) == ""


def test_a_plateau_is_when_the_rest_of_the_budget_is_not_expected_to_raise_the_curve():
    reason = stop("plateau=0.01", rounds=FLAT)
    assert reason.startswith("plateau: the 6 h that are left are expected to raise panoptic quality by 0.00")
    assert reason.endswith("less than 0.01")
    assert stop("plateau=0.01", rounds=RISING) == ""


def test_little_left_is_a_plateau_sooner_than_much():
    assert stop("plateau=0.01", rounds=RISING, end_hours=4.1)
    assert stop("plateau=0.01", rounds=RISING, end_hours=40) == ""


def test_more_wrong_masks_are_no_progress():
    """Mean IoU rises and panoptic quality does not: what is left of the budget is worth nothing."""
    flat = [measured(hours, hours, 0.3, mean_iou=0.3 + 0.05 * hours) for hours in (1, 2, 3, 4)]
    assert stop("plateau=0.02", rounds=flat)


def test_an_earlier_servers_rounds_are_judged_by_mean_iou_and_reach_no_other_target():
    old = [
        replace(each, evaluation=replace(each.evaluation, metrics={}, mean_iou=each.evaluation.metrics["pq"]))
        for each in FLAT
    ]
    assert "raise mean IoU by" in stop("plateau=0.01", rounds=old)
    assert stop("pq=0.1", rounds=old) == ""


def test_one_round_is_no_plateau():
    assert stop("plateau=1", rounds=FLAT[:1]) == ""


def test_any_rule_is_enough_and_the_first_is_told():
    assert stop("ap50=0.9", "pq=0.5", "ap=0.1", rounds=RISING).startswith("panoptic quality is 0.530")
    assert stop(rounds=RISING) == ""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("dice=0.8", "'dice' is none of"),
        ("mean_iou", "not like pq=0.5"),
        ("mean_iou=high", "not like pq=0.5"),
        ("mean_iou=80", "outside"),
        ("plateau=0", "outside"),
        ("plateau=nan", "outside"),
        ("", "not like"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_name(text, named):
    with pytest.raises(InvalidArgument, match=named):
        StopRule.parse(text)
