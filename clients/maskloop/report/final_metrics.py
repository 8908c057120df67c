"""All measures of the networks that the arms ended with, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maskloop.report.report import RoundReport, RunReport
from maskloop.report.summary import last_measured
from maskloop.values.measures import measured

NAMES: Mapping[str, str] = {
    "pq": "panoptic quality",
    "rq": "recognition quality",
    "sq": "segmentation quality",
    "mean_iou": "mean IoU",
    "ap": "AP",
    "ap25": "AP25",
    "ap50": "AP50",
    "ap70": "AP70",
    "ap75": "AP75",
    "ar": "AR",
    "f50": "F50",
    "object_f1": "object F1",
    "dice": "Dice",
    "abo": "ABO",
    "miou": "mIoU",
    "ssim": "SSIM",
    "boundary_f1": "boundary F1",
    "cl_dice": "centreline Dice",
    "length_found": "length found",
}
"""Names of `Evaluation` and of its metrics, as tables say them."""


@dataclass(frozen=True)
class Table:
    """Rows of one value an arm; `None` where it was not measured."""

    arms: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]


def final_measures(report: RunReport) -> Table:
    """Every measure that any arm's last network has."""
    ends = _ends(report)
    rows = ((title, tuple(measured(row, name) for row in ends.values())) for name, title in NAMES.items())
    return Table(tuple(ends), tuple(row for row in rows if any(value is not None for value in row[1])))


def final_ap50_by_category(report: RunReport) -> Table:
    """AP50 of each category of the project that the test images show."""
    ends = _ends(report)
    shown = {category for row in ends.values() for category in row.ap50_by_category}
    return Table(
        tuple(ends),
        tuple(
            (category.name, tuple(row.ap50_by_category.get(category.id) for row in ends.values()))
            for category in sorted(report.setup.categories)
            if category.id in shown
        ),
    )


def _ends(report: RunReport) -> dict[str, RoundReport]:
    lasts = {name: last_measured(rounds, report.decided_by) for name, rounds in report.arms()}
    return {name: last for name, last in lasts.items() if last is not None}
