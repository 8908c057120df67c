"""`compare.csv`: one row for each model of each trial, for people with a spreadsheet."""

from __future__ import annotations

import csv
import io

from maskloop.compare.analysis.comparison import Comparison, Point

BEFORE = ("spent_s", "labeled_images", "mean_iou", "ap50", "ap", "iou_mae", "iou_spearman", "head_trusted", "fallback")
AFTER = ("target_iou", "chosen_images", "chosen_objects", "chosen_s", "chosen_iou", "machine_s")


def to_csv(comparison: Comparison) -> bytes:
    """UTF-8 CSV with a header: `strategy`, `seed`, `round` from 0 on, then the fields of `Point` by name, `spent_s` by
    kind as `spent_KIND_s`. Unmeasured cells are empty."""
    trials = comparison.trials
    kinds = sorted({kind for trial in trials for point in trial.points for kind in point.spent_s_by_kind})
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["strategy", "seed", "round", *BEFORE, *AFTER, *[f"spent_{kind}_s" for kind in kinds]])
    for trial in trials:
        for number, point in enumerate(trial.points):
            writer.writerow([trial.strategy, trial.seed, number, *_cells(point, kinds)])
    return text.getvalue().encode()


def _cells(point: Point, kinds: list[str]) -> list[object]:
    values = [getattr(point, name) for name in (*BEFORE, *AFTER)]
    spent = [point.spent_s_by_kind.get(kind, 0.0) for kind in kinds]
    return [round(one, 6) if isinstance(one, float) else one for one in (*values, *spent)]
