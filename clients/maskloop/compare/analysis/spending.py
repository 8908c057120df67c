"""What an arm's seconds went to, and how far its predicted IoUs could be relied on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from maskloop.compare.analysis.comparison import Trial
from maskloop.compare.analysis.results import Spending


def spending(trials: Sequence[Trial]) -> Spending:
    """Add up the trials of an arm, at least one."""
    points = [point for trial in trials for point in trial.points]
    choices = [point for point in points if point.chosen_images]
    objects = sum(point.chosen_objects for point in points)
    seconds = sum(trial.points[-1].spent_s - trial.initial_s for trial in trials)
    return Spending(
        images=sum(point.chosen_images for point in points) / len(trials),
        objects=objects / len(trials),
        object_s=seconds / objects if objects else None,
        iou_mae=_mean(point.iou_mae for point in points),
        iou_spearman=_mean(point.iou_spearman for point in points),
        chosen_by_fallback=sum(bool(point.fallback) for point in choices) / len(choices) if choices else 0.0,
        machine_s=sum(point.machine_s for point in points) / len(trials),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
