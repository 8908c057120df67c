"""Choosing a batch: walk the candidates from the best on, and take what the budget affords."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from maskloop.errors import InvalidArgument
from maskloop.values import Pick
from selection.candidates import Candidates

# Seconds are sums of floats: a label that fits but for their rounding fits.
ROUNDING_S = 1e-6
MOST_TOO_DEAR = 20_000
"""So many images in a row that cost more than is left end the walk: of a million it would take minutes."""


@dataclass(frozen=True)
class Quote:
    """What a label is expected to cost, and what it costs at the least, in seconds; equal when it is known."""

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
    """Picks in order of selection. `exhausted`: fewer than asked for, because nothing else is open or affordable."""

    picks: tuple[Pick, ...]
    exhausted: bool


def select_batch(
    candidates: Candidates, limits: Limits, quote: Callable[[str], Quote], *, look_further: int = 0
) -> Selection:
    """Choose the best open images within the limits.

    An image that costs more than is left is passed over, `MOST_TOO_DEAR` in a row at the most. One whose expected cost
    does not fit, but whose least cost does, is taken at what is left and ends the batch: only looking at it tells.

    Args:
        candidates: images, best first.
        limits: what is asked for, and what may be spent.
        quote: planned cost of one image's label.
        look_further: a batch asked for in seconds ends at the first image that does not fit into these; so many
            further ones are tried to fill it.
    """
    picks: list[Pick] = []
    spent_s, passed_over, too_dear = 0.0, 0, 0
    full = False
    for image_id, reason, score in candidates:
        left_s = limits.left_s - spent_s
        if full or len(picks) >= limits.left_images or left_s <= 0 or too_dear == MOST_TOO_DEAR:
            break
        price = quote(image_id)
        if price.least_s > left_s + ROUNDING_S:
            too_dear += 1
            continue
        too_dear = 0
        if picks and limits.seconds is not None and spent_s + price.cost_s > limits.seconds + ROUNDING_S:
            full = passed_over >= look_further
            passed_over += 1
            continue
        cost_s = min(price.cost_s, left_s)
        picks.append(Pick(image_id, reason, cost_s, score))
        spent_s += cost_s
        full = _is_full(limits, len(picks), spent_s)
    return Selection(tuple(picks), exhausted=not (full or passed_over))


def _is_full(limits: Limits, images: int, seconds: float) -> bool:
    if limits.images is not None:
        return images >= limits.images
    return limits.seconds is not None and seconds >= limits.seconds - ROUNDING_S
