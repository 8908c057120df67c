"""Whether a campaign ends before its budget is spent, by its own rounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maskloop.forecasting.learning_curve import fit_learning_curve
from maskloop.loop.rounds import Measured
from maskloop.loop.stop_rules import PLATEAU, StopRule
from maskloop.pages.wording import say_measure, say_number, say_time


def why_stop(rules: Sequence[StopRule], measured: Sequence[Measured], end_s: float, rng: np.random.Generator) -> str:
    """The first rule's reason to stop, for a person; "" to go on.

    Args:
        rules: all of them; one is enough.
        measured: the rounds so far, at least one.
        end_s: annotator seconds at which the budget will be spent.
        rng: makes the forecast's draws.
    """
    reasons = (
        _plateau(rule.value, measured, end_s, rng) if rule.name == PLATEAU else _target(rule, measured[-1])
        for rule in rules
    )
    return next(filter(None, reasons), "")


def _target(rule: StopRule, last: Measured) -> str:
    reached = float(getattr(last.evaluation, rule.name))
    if reached < rule.value:
        return ""
    return f"{say_measure(rule.name)} is {say_number(reached, 3)}: the target of {rule.value:g} is reached"


def _plateau(worth: float, measured: Sequence[Measured], end_s: float, rng: np.random.Generator) -> str:
    """The curve's own rise is expected, not a measurement's: noise is no reason to stop or to go on."""
    curve = fit_learning_curve([(one.spent_s, one.evaluation.mean_iou) for one in measured], rng)
    now_s = measured[-1].spent_s
    left_s = max(0.0, end_s - now_s)
    if curve is None or (rise := curve.rise(now_s, now_s + left_s)) >= worth:
        return ""
    return (
        f"plateau: the {say_time(left_s)} that are left are expected to raise mean IoU by {say_number(rise, 4)}, "
        f"less than {worth:g}"
    )
