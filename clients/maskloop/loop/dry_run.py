"""What a budget will take, before it is spent: images, rounds, and time of the machine."""

from __future__ import annotations

import math
from dataclasses import dataclass

from maskloop.datasets.read import Data
from maskloop.loop.plan import FIRST_LOOK, INITIAL_SHARE, MOST_INITIAL, ROUNDS, Plan
from maskloop.values import Counts

TRAIN_S = {"compact": 70.0}
"""Seconds of one training with its calibration, measured on 2 CPU cores without a GPU, by recipe."""
CLASSIFY_S = {"compact": 14.0}
"""Seconds of one training of a classifier with its rehearsal, on the same."""
READ_IMAGE_S = 0.01
"""Seconds to score or evaluate one image, on the same."""


@dataclass(frozen=True)
class Forecast:
    """What one arm will take.

    Args:
        initial_images: of the first batch.
        images: labeled in all.
        counted: images that are counted.
        rounds: networks that the campaign trains, a second one apart.
        machine_s: the machine's seconds, a student network's too; `None` for recipes that were not measured.
        looks: at candidate OoD images, at most: nobody knows yet how many will fool a classifier.
        second: whether a student network is trained.
    """

    initial_images: int
    images: int
    counted: int
    rounds: int
    machine_s: float | None
    looks: int = 0
    second: bool = False

    @property
    def trainings(self) -> int:
        """Rounds, and the student network."""
        return self.rounds + self.second


def forecast(plan: Plan, data: Data, recipe: str, classifier: str = "compact", second: str = "") -> Forecast:
    """Expect of the pool what the test images cost: their labels are known, the pool's are not to be looked at.

    Args:
        plan: of the arm.
        data: on which it runs.
        recipe, classifier: names of recipes.
        second: that of a student network, "" for none.
    """
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
        left_s = later * plan.expected_full_s
    else:
        left_s = plan.budget.seconds - initial * full_s - counted * counts_s
        later = left_s / later_s
    rounds, later = _rounds(plan, min(max(0.0, later), open_images), later_s)
    looks = _looks(plan, left_s, later * later_s, rounds, len(data.candidates))
    if plan.budget.seconds is not None:
        later = min(later, (left_s - looks * plan.costs.ood_check()) / later_s)
    images = initial + int(later)
    parts_s = [
        *[_train_s(recipe, counted + len(data.test))] * (rounds + 1),
        *[_train_s(second, pool - images + len(data.test))] * bool(second),
        *[_classify_s(classifier, len(data.candidates))] * (rounds if looks else 0),
    ]
    known_s = [one for one in parts_s if one is not None]
    machine_s = sum(known_s) if len(known_s) == len(parts_s) else None
    return Forecast(initial, images, counted, rounds + 1, machine_s, looks, bool(second))


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


def _looks(plan: Plan, left_s: float, later_s: float, rounds: int, candidates: int) -> int:
    """Looks at candidate OoD images, at most: of `left_s` before `rounds` that spend `later_s` evenly on labels."""
    looks = 0
    for _ in range(rounds):
        found = min(plan.most_ood_checks(left_s), candidates - looks)
        looks += found
        left_s = max(0.0, left_s - found * plan.costs.ood_check() - later_s / rounds)
    return looks


def _train_s(recipe: str, read_images: int) -> float | None:
    """Seconds of a network that is trained and reads images; `None` if they were not measured."""
    return TRAIN_S[recipe] + read_images * READ_IMAGE_S if recipe in TRAIN_S else None


def _classify_s(recipe: str, read_images: int) -> float | None:
    """The same of a classifier."""
    return CLASSIFY_S[recipe] + read_images * READ_IMAGE_S if recipe in CLASSIFY_S else None
