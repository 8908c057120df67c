"""Quality of trials over annotator seconds.

A trial is measured once for each of its models. Between two of them quality is read off the straight line, as is usual
for learning curves: it is what a model trained at that time should reach, had the budget ended there. The first model's
quality holds from when all was labeled that it learnt from, since counts that were bought before the next labels cost
time but are not waited for; the last one's holds to the end of the budget, since what is left then buys no further
label. Where the budget is a number of images, an arm of cheap images ends early; what it could buy in the time that is
left is not known and not guessed, so such a comparison understates it.

The positive control buys twice as much after the first batch. Its curve is drawn as if that had taken the time of the
others: what people who work twice as fast would have reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maskloop.compare.analysis.arm import CONTROL_TIMES
from maskloop.compare.analysis.comparison import RANDOM, Comparison, Trial

Array = NDArray[np.float64]


@dataclass(frozen=True)
class QualityCurve:
    """Quality of one trial: linear between its knots, constant outside of them.

    Args:
        times_s: of the knots, float64 of shape (K,), rising; K >= 1.
        quality: at the knots, the same shape, in [0, 1].
    """

    times_s: Array
    quality: Array

    def at(self, times_s: ArrayLike) -> Array:
        """Quality after `times_s` seconds, of any shape."""
        return np.asarray(np.interp(np.asarray(times_s, dtype=np.float64), self.times_s, self.quality))

    def mean(self, begin_s: float, end_s: float) -> float:
        """Area under the curve between two times, divided by the time; at a single time the quality there."""
        if end_s <= begin_s:
            return float(self.at(end_s))
        inside = self.times_s[(begin_s < self.times_s) & (self.times_s < end_s)]
        times_s = np.concatenate(([begin_s], inside, [end_s]))
        return float(np.trapezoid(self.at(times_s), times_s)) / (end_s - begin_s)


Curves = Mapping[int, QualityCurve]
"""The curves of one arm, by seed."""


def quality_curve(trial: Trial, measure: str) -> QualityCurve | None:
    """The curve of a trial by one of `MEASURES`; `None` if it was never measured."""
    known = [(point.spent_s, value) for point in trial.points if (value := getattr(point, measure)) is not None]
    knots = {_drawn_at(trial, spent_s): float(value) for spent_s, value in known}
    if not knots:
        return None
    first = getattr(trial.points[0], measure)
    if first is not None and trial.initial_s < trial.points[0].spent_s:
        knots = {trial.initial_s: float(first), **knots}
    return QualityCurve(np.array(list(knots)), np.array(list(knots.values())))


def _drawn_at(trial: Trial, spent_s: float) -> float:
    """When a trial is said to have spent `spent_s`: a control's seconds after its first batch count for less."""
    if not trial.arm.is_control or spent_s <= trial.initial_s:
        return spent_s
    return trial.initial_s + (spent_s - trial.initial_s) / CONTROL_TIMES


def quality_curves(comparison: Comparison, measure: str) -> dict[str, dict[int, QualityCurve]]:
    """The curves of every arm that has any, by seed, both in the comparison's order."""
    by_strategy = {
        strategy: {seed: curve for seed, trial in trials.items() if (curve := quality_curve(trial, measure))}
        for strategy, trials in comparison.arms()
    }
    return {strategy: curves for strategy, curves in by_strategy.items() if curves}


def common_time(comparison: Comparison) -> tuple[float, float]:
    """The seconds in which all trials can be compared: (begin, end).

    They begin when the last of the first models could be trained, and end with the budget; one of images ends where the
    first of random's trials did, so that random is measured in all of the time.
    """
    end_s = comparison.setting.budget_s
    if end_s is None:
        end_s = min(trial.points[-1].spent_s for trial in comparison.of(RANDOM).values())
    return min(end_s, max(trial.initial_s for trial in comparison.trials)), end_s


def stack(curves: Curves, seeds: tuple[int, ...], times_s: ArrayLike) -> Array:
    """Quality of several seeds, float64 of shape (seeds, times)."""
    return np.stack([curves[seed].at(times_s) for seed in seeds])


def seeds_of_both(first: Curves, other: Curves) -> tuple[int, ...]:
    """The seeds that two arms have in common, in the order of the first."""
    return tuple(seed for seed in first if seed in other)
