"""The annotation network beside its student, as Bellver et al. show them, Tables 5, 9 and 10, and which is better."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from maskloop.pages.html import data_uri
from maskloop.pages.wording import say_a_measure, say_number
from maskloop.report.report import RoundReport, RunReport
from maskloop.report.student_network import PseudoLabel, StudentNetwork, pseudo_picture_file
from maskloop.report.summary import last_measured
from maskloop.values import SupervisionKind
from maskloop.values.measures import is_noise, measured

MEASURES = {
    "pq": "panoptic quality",
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
COUNT_CONDITIONED, COUNT_FREE = "told classes and counts", "finds by itself"


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
        for (name, rounds), student in zip(report.arms(), report.students(), strict=True)
        if student is not None and rounds
        for row in _rows(name, last_measured(rounds, report.decided_by) or rounds[-1], student)
    ]


def say_networks(report: RunReport) -> str:
    """Which of the campaign's own two networks is the better one; "" where they do not do the same task."""
    measure, student = report.decided_by, report.student
    first = last_measured(report.rounds, measure)
    if student is None or student.annotation_count_conditioned or first is None:
        return ""
    ours, theirs = measured(student, measure), measured(first, measure)
    if ours is None or theirs is None:
        return ""
    better = "it is better" if ours > theirs else "it is worse"
    outcome = "no difference worth the name" if is_noise(ours - theirs, measure) else better
    return (
        f"The student has {say_a_measure(measure)} of {say_number(ours)}, the annotation network "
        f"{say_number(theirs)}: {outcome}."
    )


def proposed_pictures(workdir: Path, report: RunReport) -> list[Proposed]:
    """Pseudo-labels of the campaign's own student network, as far as they were drawn."""
    shown = report.student.shown if report.student else ()
    pictures = ((label, pseudo_picture_file(workdir, label.file_name)) for label in shown)
    return [Proposed(label, data_uri(path)) for label, path in pictures if path.is_file()]


def _rows(name: str, last: RoundReport, student: StudentNetwork) -> Iterator[NetworkRow]:
    counts_s = last.spent_s_by_kind.get(SupervisionKind.COUNTS.value, 0.0)
    spent = (last.spent_s, counts_s)
    test = COUNT_CONDITIONED if student.annotation_count_conditioned else COUNT_FREE
    values = tuple(measured(last, each) for each in MEASURES)
    yield NetworkRow(name, "annotation network", test, last.labeled_images, 0, *spent, values)
    values = tuple(measured(student, each) for each in MEASURES)
    yield NetworkRow(name, "student network", COUNT_FREE, student.labeled_images, student.pseudo_images, *spent, values)
