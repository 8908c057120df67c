"""What is bought before the first outline, so that the first batch is reviewed rather than drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maskloop.loop.goals import ImageLevelGoal, KindGoal
from maskloop.values import MARKS, SupervisionKind

BEFORE_OUTLINES = (SupervisionKind.IMAGE_LEVEL, *reversed(MARKS))
"""Kinds that an outline makes needless, the cheapest first."""


@dataclass(frozen=True)
class WeakStart:
    """Labels that cost seconds, and the network that learns from them alone.

    Args:
        kind: of the labels, of `BEFORE_OUTLINES`.
        share: of the budget that they take, in (0, 1).
        recipe: of the network that proposes by them, with what differs from it.
    """

    kind: SupervisionKind
    share: float
    recipe: str
    overrides: Mapping[str, object] = field(default_factory=dict)

    def goal(self, budget_s: float, one_s: float) -> KindGoal | ImageLevelGoal:
        """The labels of a budget of so many seconds, of which one should take `one_s`."""
        if self.kind is SupervisionKind.IMAGE_LEVEL:
            return ImageLevelGoal(self.share * budget_s, one_s)
        return KindGoal(self.kind, self.share * budget_s, one_s)
