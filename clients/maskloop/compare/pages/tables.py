"""`compare.csv` and `summary.csv`, for people with a spreadsheet: UTF-8 with a header, unmeasured cells empty."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import fields

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM, Comparison
from maskloop.compare.analysis.results import Estimate, Reach, Results, Standing
from maskloop.compare.pages.summary import SettingResults, Summary
from maskloop.values.measures import MEASURES

BEFORE = ("spent_s", "labeled_images", *MEASURES, "iou_mae", "iou_spearman", "head_trusted", "fallback")
AFTER = ("target_iou", "chosen_images", "chosen_objects", "chosen_s", "chosen_iou", "machine_s")
AGAINST = {RANDOM: "random", STRONG_RANDOM: "strong_random"}
MEANS = ("images", "objects", "object_s", "iou_mae", "iou_spearman", "chosen_by_fallback", "machine_s")

Row = Mapping[str, object]


def comparison_csv(comparison: Comparison) -> bytes:
    """One row for each model of each trial: `strategy`, `seed`, `round` from 0 on, then the fields of `Point` by name,
    `spent_s` by kind as `spent_KIND_s`."""
    points = [(trial, number, point) for trial in comparison.trials for number, point in enumerate(trial.points)]
    kinds = sorted({kind for _, _, point in points for kind in point.spent_s_by_kind})
    header = ["strategy", "seed", "round", *BEFORE, *AFTER, *[f"spent_{kind}_s" for kind in kinds]]
    rows = [
        {"strategy": trial.strategy, "seed": trial.seed, "round": number}
        | {name: getattr(point, name) for name in (*BEFORE, *AFTER)}
        | {f"spent_{kind}_s": point.spent_s_by_kind.get(kind, 0.0) for kind in kinds}
        for trial, number, point in points
    ]
    return _csv(header, rows)


def summary_csv(summary: Summary) -> bytes:
    """One row for each arm of each comparison and measure: names of `Standing`'s fields, estimates as four columns."""
    rows = [
        _cells(setting, results, arm)
        for setting in summary.settings
        for results in setting.results.values()
        for arm in results.standings
    ]
    return _csv(list(dict.fromkeys(name for row in rows for name in row)), rows)


def _csv(header: Sequence[str], rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: round(cell, 6) if isinstance(cell, float) else cell for name, cell in row.items()})
    return text.getvalue().encode()


def _cells(setting: SettingResults, results: Results, arm: Standing) -> Row:
    cells: dict[str, object] = {
        "setting": setting.name,
        "measure": results.measure,
        "gate_passed": results.gate.passed,
        "strategy": arm.strategy,
        "seeds": arm.seeds,
        **_estimate("start", arm.start),
        **_estimate("end", arm.end),
        **_estimate("area", arm.area),
    }
    for baseline, name in AGAINST.items():
        difference = arm.against.get(baseline)
        cells |= _estimate(f"end_against_{name}", difference.end if difference else None)
        cells[f"p_against_{name}"] = difference.p if difference else None
        cells |= _estimate(f"area_against_{name}", difference.area if difference else None)
    cells |= {f"reach_{field.name}": getattr(arm.reach, field.name, None) for field in fields(Reach)}
    return cells | {name: getattr(arm, name) for name in MEANS}


def _estimate(name: str, estimate: Estimate | None) -> dict[str, object]:
    return {f"{name}_{part}": getattr(estimate, part, None) for part in ("mean", "sd", "low", "high")}
