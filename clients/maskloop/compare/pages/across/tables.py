"""`verdict.csv`: one row for each arm of each comparison and measure."""

from __future__ import annotations

import csv
import io
from dataclasses import fields

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.compare.analysis.results import Difference, Estimate, Judgement, Reach, Standing
from maskloop.compare.pages.across.values import Result, Verdict

ESTIMATE = ("mean", "sd", "low", "high")
AGAINST = {RANDOM: "random", STRONG_RANDOM: "strong_random"}
MEANS = ("images", "objects", "object_s", "iou_mae", "iou_spearman", "chosen_by_fallback", "machine_s")


def to_csv(verdict: Verdict) -> bytes:
    """UTF-8 CSV with a header: names of `Standing`'s fields, estimates as four columns each; unmeasured cells are
    empty."""
    text = io.StringIO(newline="")
    rows = [
        _cells(result, judgement, arm)
        for result in verdict.results
        for judgement in result.judgements.values()
        for arm in judgement.standings
    ]
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _cells(result: Result, judgement: Judgement, arm: Standing) -> dict[str, object]:
    cells: dict[str, object] = {
        "setting": result.name,
        "measure": judgement.measure,
        "gate_passed": judgement.gate.passed,
        "strategy": arm.strategy,
        "seeds": arm.seeds,
        **_estimate("start", arm.start),
        **_estimate("end", arm.end),
        **_estimate("area", arm.area),
    }
    for baseline, name in AGAINST.items():
        cells |= _against(name, arm.against.get(baseline))
    reach = {f"reach_{one.name}": getattr(arm.reach, one.name, None) for one in fields(Reach)}
    return {name: _short(value) for name, value in (cells | reach | {one: getattr(arm, one) for one in MEANS}).items()}


def _against(name: str, found: Difference | None) -> dict[str, object]:
    end = _estimate(f"end_against_{name}", found.end if found else None)
    area = _estimate(f"area_against_{name}", found.area if found else None)
    return {**end, f"p_against_{name}": found.p if found else None, **area}


def _estimate(name: str, found: Estimate | None) -> dict[str, object]:
    return {f"{name}_{part}": getattr(found, part, None) for part in ESTIMATE}


def _short(value: object) -> object:
    return round(value, 6) if isinstance(value, float) else value
