"""Budgets, ways of choosing, and the images handed out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from maskloop.errors import InvalidBudget
from maskloop.values.assistance import UNAIDED, Assistance
from maskloop.values.labels import SupervisionKind
from maskloop.values.projects import Split
from maskloop.values.strategies import Strategy

DAY_S = 86_400.0
MOST_SECONDS, MOST_IMAGES = 1e10, 10**9
"""Of a budget that a person writes down."""


class SkipReason(StrEnum):
    """Why an annotator passes over an image."""

    OVER_BUDGET = "over_budget"
    UNUSABLE = "unusable"
    UNSURE = "unsure"
    OFF_TOPIC = "off_topic"


@dataclass(frozen=True)
class Budget:
    """Annotator time (`seconds`) or a number of fully labeled images (`images`); exactly one is set."""

    seconds: float | None = None
    images: int | None = None

    def __post_init__(self) -> None:
        if (self.seconds is None) == (self.images is None):
            raise InvalidBudget("a budget is either seconds or a number of images", field="budget")
        amount = self.seconds if self.seconds is not None else float(self.images or 0)
        if not (0 < amount < math.inf):
            raise InvalidBudget(f"a budget of {amount:g} buys nothing", field="budget")

    @classmethod
    def parse(cls, text: str, workday_s: float = DAY_S) -> Budget:
        """Read `90m`, `3h`, `2.5d` or `200images`; a day has `workday_s` seconds.

        Raises:
            InvalidBudget: the text is none of these, not positive, or more than anybody has.
        """
        match = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*(s|m|h|d|images?)\s*", text)
        if not match:
            raise InvalidBudget(f"budget {text!r} is none of 90m, 3h, 2.5d, 200images", field="budget")
        amount, unit = float(match[1]), match[2]
        if amount <= 0:
            raise InvalidBudget(f"budget {text!r} buys nothing", field="budget")
        if unit.startswith("image"):
            if not amount.is_integer():
                raise InvalidBudget(f"budget {text!r}: images come whole", field="budget")
            if amount > MOST_IMAGES:
                raise InvalidBudget(f"budget {text!r} is more than {MOST_IMAGES} images", field="budget")
            return cls(images=int(amount))
        seconds = amount * {"s": 1.0, "m": 60.0, "h": 3600.0, "d": workday_s}[unit]
        if seconds > MOST_SECONDS:
            raise InvalidBudget(f"budget {text!r} is more than three centuries of work", field="budget")
        return cls(seconds=seconds)


@dataclass(frozen=True)
class Campaign:
    """One budget spent on a project by one strategy and seed. The server keeps the spending.

    `spent_s` is what was charged: measured seconds where people reported them, planned ones elsewhere. By kind, what
    was planned and what was measured stand beside it. `reserved_s` is promised to open leases, as planned.

    `labeled_images` counts full labels. `test_images` and `test_spent_s` are the part of `labeled_images` and `spent_s`
    that went into the test split.
    """

    id: str
    project_id: str
    budget: Budget
    strategy: Strategy
    seed: int
    spent_s: float = 0.0
    reserved_s: float = 0.0
    labeled_images: int = 0
    reserved_images: int = 0
    spent_s_by_kind: Mapping[SupervisionKind, float] = field(default_factory=dict)
    measured_s_by_kind: Mapping[SupervisionKind, float] = field(default_factory=dict)
    created_at: datetime | None = None
    test_images: int = 0
    test_spent_s: float = 0.0
    planned_s_by_kind: Mapping[SupervisionKind, float] = field(default_factory=dict)

    @property
    def left_s(self) -> float:
        """Seconds neither spent nor promised, never below 0; infinite when the budget counts images.

        Measured seconds may have gone beyond the budget, or have left less than is promised: people did work.
        """
        if self.budget.seconds is None:
            return math.inf
        return max(0.0, self.budget.seconds - self.spent_s - self.reserved_s)

    @property
    def left_images(self) -> float:
        """Images neither labeled nor promised; infinite when the budget counts seconds."""
        if self.budget.images is None:
            return math.inf
        return self.budget.images - self.labeled_images - self.reserved_images


AT_RANDOM = "random draw"
"""What the reason of a pick says that was drawn at random: no network had a say in it."""


@dataclass(frozen=True)
class Pick:
    """One chosen image: why, with which score (`None` when nothing was scored), at which planned cost.

    The reason of one drawn at random contains `AT_RANDOM`. `proposed_by` is the model version whose proposals are shown
    of it, where several help with the batch; "" where its assistance says whose they are.
    """

    image_id: str
    reason: str
    cost_s: float
    score: float | None = None
    proposed_by: str = ""


@dataclass(frozen=True)
class Batch:
    """Images handed to one annotator under a lease, in the order of selection.

    `strategy` is the one that chose, as `str(Strategy)` spells it; `fallback` says why it is not the one asked for, ""
    when it is. `exhausted` says that fewer were given than asked for, because no other image is open or affordable.
    `target_iou` is the beta that was used, `None` for strategies without one. `for_split` is the split that its images
    join with their labels, `None` where they stay in theirs. `assistance` is how people are helped with it.
    """

    id: str
    project_id: str
    campaign_id: str
    annotator: str
    kind: SupervisionKind
    strategy: str
    picks: tuple[Pick, ...]
    expires_at: datetime
    exhausted: bool = False
    model_version: str = ""
    target_iou: float | None = None
    fallback: str = ""
    for_split: Split | None = None
    assistance: Assistance = UNAIDED
