"""Labels whose time was measured."""

from __future__ import annotations

from dataclasses import dataclass

from maskloop.costs.cost_model import LABEL_PRICES
from maskloop.errors import InvalidArgument
from maskloop.values import LABEL_KINDS, MEAN_OUTLINE_LENGTH, Counts, SupervisionKind

MODELLED = tuple(kind for kind in LABEL_KINDS if LABEL_PRICES[kind].item_s())
"""Kinds whose price has items to estimate; each has a field of its name in `CostEstimates`."""


@dataclass(frozen=True)
class TimedLabel:
    """A first label (no correction) with its measured time.

    Args:
        kind: one of MODELLED.
        counts: what it says, or how many objects of each category it outlines.
        seconds_spent: measured seconds.
        counts_paid_s: what the image's counts had cost by plan, which a full label's plan is reduced by.
        outline_length: of all objects together, in sides of a square of the image's area; `None` if nobody knows.
    """

    kind: SupervisionKind
    counts: Counts
    seconds_spent: float
    counts_paid_s: float = 0.0
    outline_length: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in MODELLED:
            raise InvalidArgument(
                f"times of {self.kind} are not modelled; those of {' and '.join(MODELLED)} are", field="kind"
            )

    @property
    def mean_length(self) -> float:
        """Of one object's outline, in sides; the prior's mean where nobody knows."""
        if self.outline_length is None or not self.counts.objects:
            return MEAN_OUTLINE_LENGTH
        return self.outline_length / self.counts.objects
