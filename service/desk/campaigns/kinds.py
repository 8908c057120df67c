"""Which kinds of labels to buy next."""

from __future__ import annotations

import math
from collections.abc import Sequence

from maskloop.errors import InvalidArgument, InvalidBudget, UnsupportedSupervision
from maskloop.values import MARKS, Campaign, KindsPlan, Project, SupervisionKind
from selection.kinds.plan import plan_kinds
from service.pool.expected_costs import Helped
from service.pool.kinds import measured_networks, stock_of
from service.store import Transaction

FULL = SupervisionKind.FULL
TAUGHT = (FULL, *MARKS)


def check_kinds(kinds: Sequence[SupervisionKind]) -> tuple[SupervisionKind, ...]:
    """The weaker kinds among those that are to be divided.

    Raises:
        InvalidArgument: one comes twice, or full is not among them.
        UnsupportedSupervision: networks that outline learn nothing from one.
    """
    if len(set(kinds)) < len(kinds):
        raise InvalidArgument(f"{', '.join(kinds)}: a kind is there twice", field="kinds")
    if FULL not in kinds:
        raise InvalidArgument("networks learn what an outline is from full labels: add full", field="kinds")
    for kind in kinds:
        if kind not in TAUGHT:
            raise UnsupportedSupervision(
                f"networks that outline learn nothing from labels of kind {kind}", field="kinds"
            )
    return tuple(kind for kind in kinds if kind is not FULL)


def divide(
    tx: Transaction,
    project: Project,
    campaign: Campaign,
    weak: Sequence[SupervisionKind],
    *,
    seconds: float,
    seed: int,
    helped: Helped | None,
) -> KindsPlan:
    """Divide seconds, as far as the campaign has so many left.

    Raises:
        InvalidBudget: it has none left.
        InvalidArgument: the seconds are none.
    """
    stock = stock_of(tx, project, campaign, weak, helped)
    left_s = campaign.left_s if math.isfinite(campaign.left_s) else campaign.left_images * stock.full_s
    if left_s <= 0:
        raise InvalidBudget(f"campaign {campaign.id} has nothing left to divide", field="seconds")
    return plan_kinds(measured_networks(tx, project.id), stock, min(seconds, left_s), left_s, seed)
