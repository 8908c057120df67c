"""The annotation network beside the second one: mean IoU, and the shape of Bellver et al., Tables 5, 9 and 10."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from maskloop.pages.wording import say_number
from maskloop.report.final_metrics import measure
from maskloop.report.report import RoundReport, RunReport
from maskloop.report.student_network import PseudoLabel, StudentNetwork, pseudo_picture_file
from maskloop.report.summary import TIE, last_measured
from maskloop.values import SupervisionKind

MEASURES = {
    "mean_iou": "mean IoU",
    "ap": "AP",
    "ap50": "AP50",
    "ap70": "AP70",
    "ar": "AR",
    "ar50": "AR50",
    "ar70": "AR70",
    "f50": "F50",
    "ssim": "SSIM",
}
TOLD, FINDS = "told classes and counts", "finds by itself"


@dataclass(frozen=True)
class NetworkRow:
    """One network: what it learnt from, the annotator seconds these took, counts included, and its `MEASURES`."""

    arm: str
    network: str
    test: str
    strong: int
    pseudo: int
    spent_s: float
    counts_s: float
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Proposed:
    """A pseudo-label and its picture as a data URI."""

    label: PseudoLabel
    uri: str


def network_rows(report: RunReport) -> list[NetworkRow]:
    """Two rows for each arm that has a student network."""
    return [
        row
        for (name, rounds), second in zip(report.arms(), report.seconds(), strict=True)
        if second is not None and (last := last_measured(rounds)) is not None
        for row in _rows(name, last, second)
    ]


def say_networks(report: RunReport) -> str:
    """Which of the campaign's own two networks is the better one; "" where they do not do the same task."""
    first, second = last_measured(report.rounds), report.second
    if second is None or second.first_is_told or first is None or first.mean_iou is None:
        return ""
    gain = second.mean_iou - first.mean_iou
    found = "no difference worth the name" if abs(gain) < TIE else "it is better" if gain > 0 else "it is worse"
    return (
        f"The second one has a mean IoU of {say_number(second.mean_iou)}, the annotation network "
        f"{say_number(first.mean_iou)}: {found}."
    )


def proposed_pictures(workdir: Path, report: RunReport) -> list[Proposed]:
    """Pseudo-labels of the campaign's own student network, as far as they were drawn."""
    shown = report.second.shown if report.second else ()
    found = ((label, pseudo_picture_file(workdir, label.file_name)) for label in shown)
    return [Proposed(label, _data_uri(path)) for label, path in found if path.is_file()]


def _rows(name: str, last: RoundReport, second: StudentNetwork) -> Iterator[NetworkRow]:
    counts_s = last.spent_s_by_kind.get(SupervisionKind.COUNTS.value, 0.0)
    spent = (last.spent_s, counts_s)
    first = tuple(measure(last, each) for each in MEASURES)
    yield NetworkRow(
        name, "annotation network", TOLD if second.first_is_told else FINDS, last.labeled_images, 0, *spent, first
    )
    measured = {"mean_iou": second.mean_iou, "ap": second.ap, "ap50": second.ap50, **second.metrics}
    values = tuple(measured.get(each) for each in MEASURES)
    yield NetworkRow(name, "student network", FINDS, second.labeled_images, second.pseudo_images, *spent, values)


def _data_uri(path: Path) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(path.read_bytes()).decode()}"
