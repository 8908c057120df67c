"""`report.csv`: one row for each round of each arm, for people with a spreadsheet."""

from __future__ import annotations

import csv
import io

from maskloop.report.report import RoundReport, RunReport
from maskloop.report.student_network import StudentNetwork

MEASURES = (
    "round",
    "model_version",
    "labeled_images",
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
    any arm has one, is the row after its rounds, in round "second"; `pseudo_images` then says from how many images with
    pseudo-labels a network learnt.
    """
    kinds = sorted({kind for _, rounds in report.arms() for one in rounds for kind in one.spent_s_by_kind})
    metrics = sorted({name for _, rounds in report.arms() for one in rounds for name in one.metrics})
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    machine = [f"machine_{part}_s" for part in MACHINE]
    spent = [f"spent_{kind}_s" for kind in kinds]
    pseudo = ["pseudo_images"] * any(report.seconds())
    writer.writerow(["arm", *MEASURES, *metrics, *spent, "batch_images", *machine, *pseudo])
    for (name, rounds), second in zip(report.arms(), report.seconds(), strict=True):
        writer.writerows([name, *_cells(one, metrics, kinds), *[0 for _ in pseudo]] for one in rounds)
        if second is not None:
            writer.writerow([name, *_student_cells(second, rounds[-1], metrics, kinds), second.pseudo_images])
    return text.getvalue().encode()


def _cells(one: RoundReport, metrics: list[str], kinds: list[str]) -> list[object]:
    measures = [*(getattr(one, name) for name in MEASURES), *map(one.metrics.get, metrics)]
    spent = [one.spent_s_by_kind.get(kind, 0.0) for kind in kinds]
    machine = [getattr(one.seconds, part) for part in MACHINE]
    return [*measures, *spent, len(one.batch), *machine]


def _student_cells(second: StudentNetwork, last: RoundReport, metrics: list[str], kinds: list[str]) -> list[object]:
    """What its arm had spent by its last round is what it cost: pseudo-labels cost nothing more."""
    known = {"round": "second", "spent_s": last.spent_s, **vars(second)}
    measures = [known.get(name, second.metrics.get(name)) for name in MEASURES]
    spent = [last.spent_s_by_kind.get(kind, 0.0) for kind in kinds]
    machine = [known.get(f"{part}_s", 0.0) for part in MACHINE]
    return [*measures, *map(second.metrics.get, metrics), *spent, 0, *machine]
