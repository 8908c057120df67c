"""`report.csv`: one row for each round of each arm, for people with a spreadsheet."""

from __future__ import annotations

import csv
import io

from maskloop.report.values import RoundReport, RunReport

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

    After the measures that every round has come, by name, the metrics that any round has.
    """
    kinds = sorted({kind for _, rounds in report.arms() for one in rounds for kind in one.spent_s_by_kind})
    metrics = sorted({name for _, rounds in report.arms() for one in rounds for name in one.metrics})
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    machine = [f"machine_{part}_s" for part in MACHINE]
    writer.writerow(["arm", *MEASURES, *metrics, *[f"spent_{kind}_s" for kind in kinds], "batch_images", *machine])
    for name, rounds in report.arms():
        writer.writerows([name, *_cells(one, metrics, kinds)] for one in rounds)
    return text.getvalue().encode()


def _cells(one: RoundReport, metrics: list[str], kinds: list[str]) -> list[object]:
    measures = [*(getattr(one, name) for name in MEASURES), *map(one.metrics.get, metrics)]
    spent = [one.spent_s_by_kind.get(kind, 0.0) for kind in kinds]
    machine = [getattr(one.seconds, part) for part in MACHINE]
    return [*measures, *spent, len(one.batch), *machine]
