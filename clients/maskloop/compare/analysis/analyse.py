"""What is said of a comparison, found from what it measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from maskloop.compare.analysis.comparison import MEASURES, RANDOM, STRONG_RANDOM, Comparison
from maskloop.compare.analysis.curves import Curves, common_time, quality_curves, seeds_of_both, stack
from maskloop.compare.analysis.gate import judge_gate
from maskloop.compare.analysis.intervals import estimate, p_value
from maskloop.compare.analysis.results import CurvePoint, Difference, Judgement, Standing
from maskloop.compare.analysis.spending import spending
from maskloop.compare.analysis.target_sweep import target_sweeps
from maskloop.compare.analysis.time_to_target import reach
from maskloop.compare.pages.recommendation import verdict
from maskloop.errors import InvalidArgument

CURVE_STEPS = 40

ByStrategy = Mapping[str, Curves]
Time = tuple[float, float]


def judge(comparison: Comparison, measure: str = "mean_iou") -> Judgement:
    """Judge a comparison, finished or not, by one measure: arms are paired by the seeds they have in common.

    Raises:
        InvalidArgument: there is no such measure, or no trial of random was measured by it.
    """
    if measure not in MEASURES:
        raise InvalidArgument(f"{measure!r} is none of {', '.join(MEASURES)}", field="measure")
    curves = quality_curves(comparison, measure)
    if RANDOM not in curves:
        raise InvalidArgument(f"no trial of random has a {measure} yet", field="trials")
    begin_s, end_s = time = common_time(comparison)
    differences = [_differences(own, curves[RANDOM], time)[0] for name, own in curves.items() if name != RANDOM]
    standings = tuple(_standing(comparison, name, curves, time) for name in curves)
    judgement = Judgement(
        measure=measure,
        begin_s=begin_s,
        end_s=end_s,
        gate=judge_gate(curves[RANDOM], differences, begin_s, end_s),
        standings=standings,
        curves={name: _points(own, time) for name, own in curves.items()},
        sweeps=target_sweeps(standings),
        verdict=(),
    )
    return replace(judgement, verdict=verdict(comparison, judgement))


def _standing(comparison: Comparison, name: str, curves: ByStrategy, time: Time) -> Standing:
    own, (begin_s, end_s) = curves[name], time
    baselines = [one for one in (RANDOM, STRONG_RANDOM) if one in curves and one != name]
    found = {one: _difference(one, own, curves[one], time) for one in baselines}
    spent = spending([trial for seed, trial in comparison.of(name).items() if seed in own])
    return Standing(
        strategy=name,
        seeds=len(own),
        start=estimate([curve.quality[0] for curve in own.values()]),
        end=estimate([curve.at(end_s) for curve in own.values()]),
        area=estimate([curve.mean(begin_s, end_s) for curve in own.values()]),
        against={one: difference for one, difference in found.items() if difference is not None},
        reach=reach(own, curves[RANDOM], begin_s, end_s),
        **vars(spent),
    )


def _difference(baseline: str, own: Curves, other: Curves, time: Time) -> Difference | None:
    """`None` if the two have no seed in common."""
    ends, areas = _differences(own, other, time)
    return Difference(baseline, estimate(ends), estimate(areas), p_value(ends)) if ends else None


def _differences(own: Curves, other: Curves, time: Time) -> tuple[list[float], list[float]]:
    """At the end, and of mean quality, by the seeds in common."""
    begin_s, end_s = time
    pairs = [(own[seed], other[seed]) for seed in seeds_of_both(own, other)]
    ends = [float(one.at(end_s) - another.at(end_s)) for one, another in pairs]
    return ends, [one.mean(begin_s, end_s) - another.mean(begin_s, end_s) for one, another in pairs]


def _points(own: Curves, time: Time) -> tuple[CurvePoint, ...]:
    times_s = np.linspace(*time, CURVE_STEPS + 1)
    drawn = stack(own, tuple(own), times_s)
    sds = drawn.std(axis=0, ddof=1) if len(drawn) > 1 else [None] * len(times_s)
    return tuple(
        CurvePoint(float(at_s), float(mean), None if sd is None else float(sd))
        for at_s, mean, sd in zip(times_s, drawn.mean(axis=0), sds, strict=True)
    )
