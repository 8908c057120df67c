"""Every way of choosing, in one dict: how images are scored, and what score is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument
from selection import mask_guided, random_order

Keys = Callable[[Sequence[str], NDArray[np.float64] | None, int], NDArray[np.float64]]


@dataclass(frozen=True)
class StrategyEntry:
    """One strategy.

    Args:
        keys: (ids, scores or `None`, seed) -> (n,) float64; run once per score table and seed.
        target: (target IoU or `None` for auto, labeled images) -> the key that is wanted.
        reason: (key, wanted key) -> why the image was chosen, for a person.
        needs_scores: whether a model must have scored the pool before.
        has_target_iou: whether the wanted key is a target IoU (and is reported as one).
    """

    keys: Keys
    target: Callable[[float | None, int], float]
    reason: Callable[[float, float], str]
    needs_scores: bool
    has_target_iou: bool


STRATEGIES: dict[str, StrategyEntry] = {
    "mask_guided": StrategyEntry(
        mask_guided.keys, mask_guided.target, mask_guided.reason, needs_scores=True, has_target_iou=True
    ),
    "random": StrategyEntry(
        random_order.keys, random_order.target, random_order.reason, needs_scores=False, has_target_iou=False
    ),
}


def find_strategy(name: str) -> StrategyEntry:
    """Look a strategy up.

    Raises:
        InvalidArgument: there is none of that name.
    """
    if name not in STRATEGIES:
        known = ", ".join(sorted(STRATEGIES))
        raise InvalidArgument(f"there is no strategy {name!r}; there are {known}", field="strategy.name")
    return STRATEGIES[name]
