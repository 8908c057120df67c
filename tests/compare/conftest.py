"""Comparisons made up: by a formula, and from curves drawn by hand."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from maskloop.compare.analysis.comparison import Comparison, Point, Setting, Trial

ROUNDS = 5
OBJECT_S = 79.0

Knots = Sequence[tuple[float, float | None]]


def a_trial(
    strategy: str, seed: int, gain: float = 0.0, noise: float = 0.0, rise: float = 0.1, cost: float = 1.0
) -> Trial:
    """Five models, 20 objects more each; quality goes from .4 up to .4 + rise + gain, with normal noise."""
    rng = np.random.default_rng([seed, len(strategy)])
    spent = [OBJECT_S * 20 * (1 + cost * number) for number in range(ROUNDS)]
    share = [1 - np.exp(-2.5 * number / (ROUNDS - 1)) for number in range(ROUNDS)]
    iou = [0.4 + (rise + gain) * each + noise * rng.normal() for each in share]
    points = tuple(
        Point(
            spent_s=at_s,
            spent_s_by_kind={"counts": 0.1 * at_s, "full": 0.9 * at_s},
            labeled_images=10 * (number + 1),
            pq=float(value),
            mean_iou=float(value),
            ap50=float(value) - 0.1,
            ap=0.6 * (float(value) - 0.1),
            iou_mae=0.1,
            iou_spearman=0.7,
            head_trusted=number > 0,
            fallback="" if number else "stratified random chose, for want of labels.",
            target_iou=0.5,
            chosen_images=10 * (number < ROUNDS - 1),
            chosen_objects=20 * (number < ROUNDS - 1),
            chosen_s=OBJECT_S * 20 * (number < ROUNDS - 1),
            machine_s=14.0,
        )
        for number, (at_s, value) in enumerate(zip(spent, iou, strict=True))
    )
    return Trial(strategy, seed, spent[0], points, "the cheapest remaining image does not fit")


def a_comparison(
    gains: Mapping[str, float] | None = None,
    seeds: int = 5,
    done: int | None = None,
    name: str = "nuclei",
    **shape: float,
) -> Comparison:
    """Strategies with what they gain over random; only the first `done` trials have ended."""
    gains = {"random": 0.0, "stratified_random": 0.005, "mask_guided": 0.04} if gains is None else gains
    shape = {"noise": 0.006, **shape}
    trials = [a_trial(strategy, seed, gain, **shape) for strategy, gain in gains.items() for seed in range(seeds)]
    setting = Setting(
        name=name,
        options={"data": f"coco:data/{name}", "recipe": "compact,iterations=100", "image_size": 64, "initial": 10},
        budget_s=OBJECT_S * 20 * ROUNDS,
        budget_images=None,
        pool_images=400,
        test_images=120,
        categories=2,
        command=f"al-loop compare --data coco:data/{name} --budget 2h --seeds 0-{seeds - 1}",
        machine="2 cores",
        versions={"maskloop": "0.1.0"},
    )
    return Comparison(setting, tuple(gains), tuple(range(seeds)), tuple(trials[:done]))


@pytest.fixture(scope="session")
def comparison() -> Callable[..., Comparison]:
    """Makes comparisons; see `a_comparison`."""
    return a_comparison


def _point(spent_s: float, quality: float | None, **changes: object) -> Point:
    values: dict[str, object] = {
        "spent_s": spent_s,
        "spent_s_by_kind": {"full": spent_s},
        "labeled_images": round(spent_s / 200),
        "pq": quality,
        "mean_iou": quality,
        "ap50": quality,
        "ap": quality,
    }
    return Point(**(values | changes))  # type: ignore[arg-type]


def _trial(strategy: str, seed: int, knots: Knots, **changes: object) -> Trial:
    values: dict[str, object] = {
        "strategy": strategy,
        "seed": seed,
        "initial_s": knots[0][0],
        "points": tuple(_point(*knot) for knot in knots),
        "stopped_because": "the budget is spent",
    }
    return Trial(**(values | changes))  # type: ignore[arg-type]


def _setting(**changes: object) -> Setting:
    values: dict[str, object] = {
        "name": "beads",
        "options": {"recipe": "compact", "image_size": 64},
        "budget_s": 3600.0,
        "budget_images": None,
        "pool_images": 400,
        "test_images": 100,
        "categories": 2,
    }
    return Setting(**(values | changes))  # type: ignore[arg-type]


def _comparison(arms: Mapping[str, Mapping[int, Knots]], **changes: object) -> Comparison:
    """Every arm's curves by seed; the strategies and seeds asked for are those that have one."""
    trials = tuple(_trial(name, seed, knots) for name, seeds in arms.items() for seed, knots in seeds.items())
    seeds = tuple(dict.fromkeys(trial.seed for trial in trials))
    values: dict[str, object] = {"setting": _setting(), "strategies": tuple(arms), "seeds": seeds, "trials": trials}
    return Comparison(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def trial_of() -> Callable[..., Trial]:
    """`trial_of(strategy, seed, knots, **changes)`."""
    return _trial


@pytest.fixture(scope="session")
def a_setting() -> Callable[..., Setting]:
    """`a_setting(**changes)`: one hour of budget."""
    return _setting


@pytest.fixture(scope="session")
def comparison_of() -> Callable[..., Comparison]:
    """`comparison_of({strategy: {seed: [(seconds, quality), ...]}}, **changes)`."""
    return _comparison


@pytest.fixture(scope="session")
def a_point() -> Callable[..., Point]:
    """`a_point(spent_s, quality, **changes)`, by every measure."""
    return _point
