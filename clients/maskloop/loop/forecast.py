"""What a budget will take, before it is spent: images, rounds, and time of the machine."""

from __future__ import annotations

import math
from dataclasses import dataclass

from maskloop.loop.data import Data
from maskloop.loop.plan import FIRST_LOOK, INITIAL_SHARE, MOST_INITIAL, ROUNDS, Plan
from maskloop.values import Counts

TRAIN_S = {"compact": 70.0}
"""Seconds of one training with its calibration, measured on 2 CPU cores without a GPU, by recipe."""
READ_IMAGE_S = 0.01
"""Seconds to score or evaluate one image, on the same."""


@dataclass(frozen=True)
class Forecast:
    """What one arm will take. `rounds` counts trained models; seconds are the machine's, `None` for recipes that were
    not measured."""

    initial_images: int
    images: int
    counted: int
    rounds: int
    round_s: float | None

    @property
    def machine_s(self) -> float | None:
        """Seconds of the machine over all rounds."""
        return None if self.round_s is None else self.rounds * self.round_s


def forecast(plan: Plan, data: Data, recipe: str) -> Forecast:
    """Expect of the pool what the test images cost: their labels are known, the pool's are not to be looked at."""
    counts = [Counts.of(image.objects) for image in data.test]
    full_s = sum(plan.costs.full_label(one) for one in counts) / len(counts)
    counts_s = sum(plan.costs.counts_label(one) for one in counts) / len(counts)
    pool = len(data.pool)
    initial = min(_initial_images(plan, full_s), pool, _affordable(plan, full_s))
    counted = min(int(plan.counts_s / counts_s), pool - initial)
    open_images = counted if plan.needs_counts else pool - initial
    later_s = max(1.0, full_s - counts_s) if plan.needs_counts else full_s  # nothing, where all are empty
    if plan.budget.seconds is None:
        later = float((plan.budget.images or 0) - initial)
    else:
        later = (plan.budget.seconds - initial * full_s - counted * counts_s) / later_s
    rounds, later = _rounds(plan, min(max(0.0, later), open_images), later_s)
    read_s = (counted + len(data.test)) * READ_IMAGE_S
    round_s = TRAIN_S[recipe] + read_s if recipe in TRAIN_S else None
    return Forecast(initial, initial + int(later), counted, rounds + 1, round_s)


def _affordable(plan: Plan, full_s: float) -> int:
    return plan.budget.images or math.floor((plan.budget.seconds or 0.0) / full_s)


def _initial_images(plan: Plan, full_s: float) -> int:
    asked = plan.asked_initial
    if asked is not None:
        return asked.images or math.floor((asked.seconds or 0.0) / full_s)
    third = INITIAL_SHARE * (plan.budget.images or (plan.budget.seconds or 0.0) / full_s)
    return min(max(FIRST_LOOK, round(third)), MOST_INITIAL)


def _rounds(plan: Plan, later: float, later_s: float) -> tuple[int, float]:
    """Rounds after the first batch, and the images they buy."""
    if plan.asked_batch is None:
        rounds = ROUNDS if plan.max_rounds is None else plan.max_rounds
        return min(rounds, math.floor(later)), later if rounds else 0.0
    each = plan.asked_batch.images or max(1.0, (plan.asked_batch.seconds or 0.0) / later_s)
    rounds = math.ceil(later / each)
    if plan.max_rounds is not None and rounds > plan.max_rounds:
        return plan.max_rounds, plan.max_rounds * each
    return rounds, later
