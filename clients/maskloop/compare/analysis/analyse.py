"""What a comparison shows, worked out from what it measured."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from maskloop.compare.analysis.arm import Arm
from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM, Comparison
from maskloop.compare.analysis.curves import Curves, common_time, quality_curve, quality_curves, seeds_of_both, stack
from maskloop.compare.analysis.gate import check_gate
from maskloop.compare.analysis.intervals import estimate, p_value
from maskloop.compare.analysis.recommendation import recommend
from maskloop.compare.analysis.results import AnalysedComparison, CurvePoint, Difference, Results, Standing
from maskloop.compare.analysis.spending import spending
from maskloop.compare.analysis.target_sweep import target_sweeps
from maskloop.compare.analysis.time_to_target import reach
from maskloop.errors import InvalidArgument
from maskloop.values.measures import DECIDING, FORMERLY, MEASURES

CURVE_STEPS = 40

ByArm = Mapping[str, Curves]
Time = tuple[float, float]


def analyse_all(comparison: Comparison, first: str) -> AnalysedComparison:
    """Results by every measure that all trials of random were measured by, the measure `first` at the beginning.

    Of trials that were begun by an earlier version some may lack it; then that decides which decided formerly.
    """
    random = comparison.of(RANDOM).values()
    known = {name for name in MEASURES if random and all(quality_curve(trial, name) for trial in random)}
    measures = dict.fromkeys((first if first in known else FORMERLY, *MEASURES))
    return AnalysedComparison(comparison, {name: analyse(comparison, name) for name in measures if name in known})


def analyse(comparison: Comparison, measure: str = DECIDING) -> Results:
    """Results of a comparison, finished or not, by one measure: arms are paired by the seeds they have in common.

    Raises:
        InvalidArgument: there is no such measure, or no trial of random was measured by it.
    """
    if measure not in MEASURES:
        raise InvalidArgument(f"{measure!r} is none of {', '.join(MEASURES)}", field="measure")
    curves = quality_curves(comparison, measure)
    if RANDOM not in curves:
        raise InvalidArgument(f"no trial of random has a {measure} yet", field="trials")
    begin_s, end_s = time = common_time(comparison)
    standings = tuple(_standing(comparison, name, curves, time) for name in curves)
    usable = [arm.strategy for arm in standings if arm.strategy != RANDOM and arm.usable]
    differences = [_differences(curves[name], curves[RANDOM], time)[0] for name in usable]
    gate = check_gate(curves[RANDOM], differences, begin_s, end_s)
    points = {name: _points(own, time) for name, own in curves.items()}
    return Results(
        measure=measure,
        begin_s=begin_s,
        end_s=end_s,
        gate=gate,
        standings=standings,
        curves=points,
        sweeps=target_sweeps(standings),
        recommendation=recommend(gate, standings, points[RANDOM]),
    )


def _standing(comparison: Comparison, name: str, curves: ByArm, time: Time) -> Standing:
    own, (begin_s, end_s) = curves[name], time
    others = dict.fromkeys((RANDOM, STRONG_RANDOM, str(Arm.parse(name).by_lot)))
    baselines = [baseline for baseline in others if baseline in curves and baseline != name]
    against = {baseline: _difference(baseline, own, curves[baseline], time) for baseline in baselines}
    spent = spending([trial for seed, trial in comparison.of(name).items() if seed in own])
    return Standing(
        images=spent.images,
        objects=spent.objects,
        object_s=spent.object_s,
        iou_mae=spent.iou_mae,
        iou_spearman=spent.iou_spearman,
        chosen_by_fallback=spent.chosen_by_fallback,
        machine_s=spent.machine_s,
        strategy=name,
        seeds=len(own),
        start=estimate([curve.quality[0] for curve in own.values()]),
        end=estimate([curve.at(end_s) for curve in own.values()]),
        area=estimate([curve.mean(begin_s, end_s) for curve in own.values()]),
        against={baseline: difference for baseline, difference in against.items() if difference is not None},
        reach=reach(own, curves[RANDOM], begin_s, end_s),
    )


def _difference(baseline: str, own: Curves, other: Curves, time: Time) -> Difference | None:
    """`None` if the two have no seed in common."""
    ends, areas = _differences(own, other, time)
    return Difference(baseline, estimate(ends), estimate(areas), p_value(ends)) if ends else None


def _differences(own: Curves, other: Curves, time: Time) -> tuple[list[float], list[float]]:
    """At the end, and of mean quality, by the seeds in common."""
    begin_s, end_s = time
    pairs = [(own[seed], other[seed]) for seed in seeds_of_both(own, other)]
    ends = [float(mine.at(end_s) - theirs.at(end_s)) for mine, theirs in pairs]
    return ends, [mine.mean(begin_s, end_s) - theirs.mean(begin_s, end_s) for mine, theirs in pairs]


def _points(own: Curves, time: Time) -> tuple[CurvePoint, ...]:
    times_s = np.linspace(*time, CURVE_STEPS + 1)
    drawn = stack(own, tuple(own), times_s)
    sds = drawn.std(axis=0, ddof=1) if len(drawn) > 1 else [None] * len(times_s)
    return tuple(
        CurvePoint(float(at_s), float(mean), None if sd is None else float(sd))
        for at_s, mean, sd in zip(times_s, drawn.mean(axis=0), sds, strict=True)
    )
