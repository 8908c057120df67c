"""`report.csv`: one row for each round of each arm, for people with a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from maskloop.report.report import RoundReport, RunReport
from maskloop.report.student_network import StudentNetwork

MEASURES = (
    "round",
    "model_version",
    "labeled_images",
    "boxed_images",
    "marked_images",
    "spent_s",
    "mean_iou",
    "ap50",
    "ap",
    "iou_mae",
    "iou_spearman",
    "iou_mae_reference",
    "iou_spearman_reference",
    "iou_spearman_shuffled",
    "target_iou",
    "not_decoded",
)
MACHINE = ("train", "score", "select", "evaluate")


def to_csv(report: RunReport) -> bytes:
    """UTF-8 CSV with a header; unmeasured cells are empty, `machine_*_s` are wall-clock seconds.

    After the measures that every round has come, by name, the metrics that any round has. An arm's student network, if
    any arm has one, is the row after its rounds, in round "student"; `pseudo_images` then says from how many images
    with pseudo-labels a network learnt.
    """
    kinds = sorted({kind for _, rounds in report.arms() for row in rounds for kind in row.spent_s_by_kind})
    metrics = sorted({name for _, rounds in report.arms() for row in rounds for name in row.metrics})
    spent, machine = [f"spent_{kind}_s" for kind in kinds], [f"machine_{part}_s" for part in MACHINE]
    pseudo = ["pseudo_images"] if any(report.students()) else []
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["arm", *MEASURES, *metrics, *spent, "batch_images", *machine, *pseudo], restval="")
    writer.writeheader()
    for (arm, rounds), student in zip(report.arms(), report.students(), strict=True):
        for row in rounds:
            cells = _round_cells(row) | ({"pseudo_images": 0} if pseudo else {})
            writer.writerow({"arm": arm, **dict.fromkeys(spent, 0.0), **cells})
        if student is not None:
            cells = _student_cells(student, rounds[-1], metrics)
            writer.writerow({"arm": arm, **dict.fromkeys(spent, 0.0), **cells})
    return text.getvalue().encode()


def _round_cells(row: RoundReport) -> dict[str, object]:
    measures = {name: getattr(row, name) for name in MEASURES}
    machine = {f"machine_{part}_s": getattr(row.seconds, part) for part in MACHINE}
    return {**row.metrics, **measures, **_spent(row), "batch_images": len(row.batch), **machine}


def _student_cells(student: StudentNetwork, last: RoundReport, metrics: Sequence[str]) -> dict[str, object]:
    """What its arm had spent by its last round is what it cost: pseudo-labels cost nothing more."""
    measured = {name: value for name, value in student.metrics.items() if name in (*metrics, *MEASURES)}
    return {
        **measured,
        "round": "student",
        "model_version": student.model_version,
        "labeled_images": student.labeled_images,
        "spent_s": last.spent_s,
        "mean_iou": student.mean_iou,
        "ap50": student.ap50,
        "ap": student.ap,
        **_spent(last),
        "batch_images": 0,
        "machine_train_s": student.train_s,
        "machine_score_s": student.score_s,
        "machine_select_s": 0.0,
        "machine_evaluate_s": student.evaluate_s,
        "pseudo_images": student.pseudo_images,
    }


def _spent(row: RoundReport) -> dict[str, object]:
    return {f"spent_{kind}_s": seconds for kind, seconds in row.spent_s_by_kind.items()}
