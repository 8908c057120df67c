"""Small reports to start from; every test changes only what it is about."""

from collections.abc import Callable

import pytest

from maskloop.report import ChosenImage, EvaluatedScore, RoundReport, RunReport, Setup
from maskloop.values import Category


def _round(number: int, spent_s: float, quality: float | None, **changes: object) -> RoundReport:
    values: dict[str, object] = {
        "round": number,
        "model_version": f"v{number}",
        "labeled_images": 10 + 5 * number,
        "spent_s": spent_s,
        "ap50": 0.5,
        "ap": 0.3,
        "mean_iou": quality,
        "iou_mae": 0.08,
        "iou_spearman": 0.9,
        "target_iou": 0.3,
        "spent_s_by_kind": {"counts": 100.0, "full": spent_s - 100.0},
        "evaluated": (EvaluatedScore("t1", 0.2, 0.3, 1), EvaluatedScore("t2", 0.6, 0.5, 4)),
    }
    metrics = {**({} if quality is None else {"pq": quality}), **changes.pop("metrics", {})}  # type: ignore[dict-item]
    return RoundReport(**(values | {"metrics": metrics} | changes))  # type: ignore[arg-type]


def _report(**changes: object) -> RunReport:
    chosen = ChosenImage("a", 0.31, "0.01 from the target 0.30", 79.0, "a.jpg")
    values: dict[str, object] = {
        "project": "balloons",
        "strategy": "mask_guided",
        "seed": 7,
        "budget_s": 7200.0,
        "spent_s": 7200.0,
        "spent_s_by_kind": {"counts": 100.0, "full": 7100.0},
        "stopped_because": "the budget is spent",
        "rounds": (_round(0, 1800.0, 0.31, batch=(chosen,)), _round(1, 7200.0, 0.61)),
        "setup": Setup(command="al-loop --budget 2h", categories=(Category(1, "balloon"),)),
    }
    return RunReport(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def a_round() -> Callable[..., RoundReport]:
    """`a_round(number, spent_s, quality, **changes)`: its panoptic quality, and its mean IoU."""
    return _round


@pytest.fixture
def a_report() -> Callable[..., RunReport]:
    """`a_report(**changes)` of a finished two-round campaign without a baseline: 0.31 at 30 min, 0.61 at 2 h."""
    return _report
