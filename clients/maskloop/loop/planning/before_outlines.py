"""What is bought before the first outline, so that the first batch is reviewed rather than drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maskloop.loop.goals import BoxesGoal, ImageLevelGoal
from maskloop.values import SupervisionKind

BEFORE_OUTLINES = (SupervisionKind.IMAGE_LEVEL, SupervisionKind.BOXES)


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

    def goal(self, budget_s: float, one_s: float) -> BoxesGoal | ImageLevelGoal:
        """The labels of a budget of so many seconds, of which one should take `one_s`."""
        kind = BoxesGoal if self.kind is SupervisionKind.BOXES else ImageLevelGoal
        return kind(self.share * budget_s, one_s)
