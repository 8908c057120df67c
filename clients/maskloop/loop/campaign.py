"""One arm of a run, from the first batch to a spent budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from maskloop.errors import InvalidBudget
from maskloop.labelers import Labeler
from maskloop.loop.buying import buy
from maskloop.loop.outcomes import Arm, Purchase
from maskloop.loop.planning.plan import Plan
from maskloop.loop.rounds import run_round
from maskloop.loop.session import CampaignSession
from maskloop.values import SupervisionKind


def run_campaign(
    session: CampaignSession, labeler: Labeler, plan: Plan, tell: Callable[[Arm], None], rng: np.random.Generator
) -> Arm:
    """Spend the plan's budget: a first batch, counts, then rounds until nothing more is bought.

    Args:
        session: of the campaign.
        labeler: who labels.
        plan: how the budget is spent.
        tell: is shown the arm after every round.
        rng: makes the draws of forecasts that rules for stopping ask for.

    Raises:
        InvalidBudget: no image of the pool fits the budget.
    """
    arm = Arm(begin(session, labeler, plan))
    while not arm.stopped_because:
        done = run_round(session, labeler, plan, arm, rng)
        arm = replace(arm, rounds=(*arm.rounds, done), stopped_because=done.stopped_because)
        tell(arm)
    return arm


def begin(session: CampaignSession, labeler: Labeler, plan: Plan) -> Purchase:
    """Buy the first batch, and then the counts that the strategy needs. Returns the first batch.

    Raises:
        InvalidBudget: no image of the pool fits the budget.
    """
    first, goal = plan.first_batch, plan.initial
    if first.is_prepared:
        session.prepare_selection(0, first)
    initial = buy("round-00", session, labeler, kind=SupervisionKind.FULL, goal=goal, strategy=first)
    if not initial.labeled:
        raise InvalidBudget("the budget buys no image of the pool: each costs more than there is", field="budget")
    if plan.needs_counts and not initial.exhausted and plan.batch(1, session.ledger) is not None:
        buy("round-00-counts", session, labeler, kind=SupervisionKind.COUNTS, goal=plan.counts)
    return initial
