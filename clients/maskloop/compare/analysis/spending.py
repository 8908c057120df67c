"""What an arm's seconds went to, and how far its predicted IoUs could be relied on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from maskloop.compare.analysis.comparison import Trial
from maskloop.compare.analysis.results import Spending
from maskloop.values import SupervisionKind


def spending(trials: Sequence[Trial]) -> Spending:
    """Add up the trials of an arm, at least one."""
    points = [point for trial in trials for point in trial.points]
    choices = [point for point in points if point.chosen_images]
    objects = sum(point.chosen_objects for point in points)
    seconds = sum(map(_seconds_of_outlines, trials))
    return Spending(
        images=sum(point.chosen_images for point in points) / len(trials),
        objects=objects / len(trials),
        object_s=seconds / objects if objects else None,
        iou_mae=_mean(point.iou_mae for point in points),
        iou_spearman=_mean(point.iou_spearman for point in points),
        chosen_by_fallback=sum(bool(point.fallback) for point in choices) / len(choices) if choices else 0.0,
        machine_s=sum(point.machine_s for point in points) / len(trials),
    )


def _seconds_of_outlines(trial: Trial) -> float:
    """Seconds of outlines after the first batch, and of all counts: marks on further images outline nothing."""
    first, last = trial.points[0].spent_s_by_kind, trial.points[-1].spent_s_by_kind
    outlines, counts = SupervisionKind.FULL, SupervisionKind.COUNTS
    return last.get(outlines, 0.0) - first.get(outlines, 0.0) + last.get(counts, 0.0)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
