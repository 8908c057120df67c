"""Choosing a batch: walk the candidates from the wanted key outward, and take what the budget affords."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from maskloop.errors import InvalidArgument
from maskloop.values import Pick, Strategy
from selection.candidates import Candidates
from selection.strategies import find_strategy

# Seconds are sums of floats: a label that fits but for their rounding fits.
ROUNDING_S = 1e-6


@dataclass(frozen=True)
class Quote:
    """What a label is expected to cost, and what it costs at the least, in seconds; equal when counts were bought."""

    cost_s: float
    least_s: float


@dataclass(frozen=True)
class Limits:
    """What is asked for (`images` or `seconds`, one of them) and what may be spent (`left_s`, `left_images`)."""

    left_s: float
    left_images: float = math.inf
    images: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.images is None) == (self.seconds is None):
            raise InvalidArgument("a batch is asked for by a number of images or by seconds", field="amount")
        asked = self.images if self.images is not None else self.seconds
        if not (asked is not None and 0 < asked < math.inf):
            raise InvalidArgument(f"a batch of {asked} cannot be asked for", field="amount")


@dataclass(frozen=True)
class Selection:
    """Picks in order of selection. `exhausted`: fewer than asked for, because nothing else is open or affordable.
    `target_iou`: the beta that was used, `None` for strategies without one."""

    picks: tuple[Pick, ...]
    target_iou: float | None
    exhausted: bool


def select_batch(
    candidates: Candidates,
    strategy: Strategy,
    labeled_images: int,
    limits: Limits,
    quote: Callable[[str], Quote],
) -> Selection:
    """Choose a batch of open images within the limits.

    An image that costs more than is left is passed over. One whose expected cost does not fit, but whose least cost
    does, is taken at what is left and ends the batch: only looking at it tells.

    Args:
        candidates: open images under this strategy's keys.
        strategy: which strategy, and its target.
        labeled_images: fully labeled images so far, which `auto` targets go by.
        limits: what is asked for, and what may be spent.
        quote: planned cost of one image's label.

    Raises:
        InvalidArgument: unknown strategy.
    """
    entry = find_strategy(strategy.name)
    wanted = entry.target(strategy.target_iou, labeled_images)
    picks: list[Pick] = []
    spent_s = 0.0
    full = False
    for image_id, key in candidates.nearest(wanted):
        left_s = limits.left_s - spent_s
        if full or len(picks) >= limits.left_images or left_s <= 0:
            break
        price = quote(image_id)
        if price.least_s > left_s + ROUNDING_S:
            continue
        if picks and limits.seconds is not None and spent_s + price.cost_s > limits.seconds + ROUNDING_S:
            full = True
            break
        cost_s = min(price.cost_s, left_s)
        score = key if entry.needs_scores else None
        picks.append(Pick(image_id, entry.reason(key, wanted), cost_s, score))
        spent_s += cost_s
        full = _is_full(limits, len(picks), spent_s)
    return Selection(tuple(picks), wanted if entry.has_target_iou else None, exhausted=not full)


def _is_full(limits: Limits, images: int, seconds: float) -> bool:
    if limits.images is not None:
        return images >= limits.images
    return limits.seconds is not None and seconds >= limits.seconds - ROUNDING_S
