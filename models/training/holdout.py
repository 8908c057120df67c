"""Labeled images held out of a training, so that what it came to can be measured on images it has not seen."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

TINY = 1e-9  # of a share whose product is a whole number but for rounding
MIN_IMAGES = 8  # with fewer labeled images none is held out, and no head is fitted


class Identified(Protocol):
    """Whatever is an image's: an example of it, in any form."""

    @property
    def image_id(self) -> str:
        """The image's id."""


Item = TypeVar("Item", bound=Identified)


def hold_out(items: Sequence[Item], share: float, seed: int) -> tuple[list[Item], list[Item]]:
    """Those to learn from and those held out, by a seeded hash of the image's id, each in the order given.

    Args:
        share: held out, in [0, 1/2]. Zero, or fewer than `MIN_IMAGES` items, holds nothing out.
    """
    if not share or len(items) < MIN_IMAGES:
        return list(items), []
    shuffled = deal_folds([item.image_id for item in items], 1, seed)[0]
    chosen = {shuffled[int(place / share)] for place in range(math.ceil(len(items) * share - TINY))}
    learnt = [item for item in items if item.image_id not in chosen]
    return learnt, [item for item in items if item.image_id in chosen]


def deal_folds(image_ids: Iterable[str], folds: int, seed: int) -> list[list[str]]:
    """Deal ids into `folds` lists whose sizes differ by one at most, in the order of a seeded hash."""

    def draw(image_id: str) -> bytes:
        return hashlib.sha256(f"{seed}:{image_id}".encode()).digest()

    shuffled = sorted(image_ids, key=draw)
    return [shuffled[fold::folds] for fold in range(folds)]
