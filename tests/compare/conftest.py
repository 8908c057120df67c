"""Comparisons made up from a formula: quality levels off over annotator time, with noise between seeds."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from maskloop.compare.values import Comparison, Point, Setting, Trial

ROUNDS = 5
OBJECT_S = 79.0


def a_trial(
    strategy: str, seed: int, gain: float = 0.0, noise: float = 0.0, rise: float = 0.1, cost: float = 1.0
) -> Trial:
    """Five models, 20 objects more each; quality goes from .4 up to .4 + rise + gain, with normal noise."""
    rng = np.random.default_rng([seed, len(strategy)])
    spent = [OBJECT_S * 20 * (1 + cost * number) for number in range(ROUNDS)]
    share = [1 - np.exp(-2.5 * number / (ROUNDS - 1)) for number in range(ROUNDS)]
    iou = [0.4 + (rise + gain) * one + noise * rng.normal() for one in share]
    points = tuple(
        Point(
            spent_s=at_s,
            spent_s_by_kind={"counts": 0.1 * at_s, "full": 0.9 * at_s},
            labeled_images=10 * (number + 1),
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


@pytest.fixture
def comparison() -> Callable[..., Comparison]:
    """Makes comparisons; see `a_comparison`."""
    return a_comparison
