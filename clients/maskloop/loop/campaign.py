"""One arm of a run, from the first batch to a spent budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from maskloop.errors import InvalidBudget
from maskloop.labelers import Labeler
from maskloop.loop.hard_ood_round import Lookalikes, check_hard_ood
from maskloop.loop.plan import Plan
from maskloop.loop.rounds import Measured, Purchase, buy, choose, measure
from maskloop.loop.session import CampaignSession
from maskloop.loop.stopping import why_stop
from maskloop.values import Budget, SkipReason, Split, SupervisionKind


@dataclass(frozen=True)
class Arm:
    """What an arm has come to: its first batch, its rounds, and why it stopped ("" while it runs).

    `lookalikes` goes by the number of the round that looked at them.
    """

    initial: Purchase
    rounds: tuple[tuple[Measured, Purchase], ...] = ()
    lookalikes: Mapping[int, Lookalikes] = field(default_factory=dict)
    stopped_because: str = ""


def run_campaign(
    session: CampaignSession, labeler: Labeler, plan: Plan, tell: Callable[[Arm], None], rng: np.random.Generator
) -> Arm:
    """Spend the plan's budget: a first batch, counts, then rounds until nothing more is bought.

    Counts are bought again before a round for which too few counted images are left. Before it chooses, a round has
    candidate OoD images looked at, where the plan has a share for them.

    The last round trains and measures a model on everything that was bought, and chooses nothing.

    Args:
        annotator: the campaign.
        labeler: who labels.
        plan: how the budget is spent.
        tell: is shown the arm after every round.
        rng: makes the draws of forecasts that rules for stopping ask for.

    Raises:
        InvalidBudget: no image of the pool fits the budget.
    """
    arm = Arm(begin(session, labeler, plan))
    exhausted = arm.initial.exhausted
    while not arm.stopped_because:
        number = len(arm.rounds) + 1
        measured = measure(number, session)
        so_far = [*(one for one, _ in arm.rounds), measured]
        reason = why_stop(plan.stop_when, so_far, session.ledger.end_s, rng)
        wish = None if reason else plan.batch(number, session.ledger)
        lookalikes = dict(arm.lookalikes)
        if wish is not None and (looks := plan.looks(session.ledger)) is not None:
            lookalikes[number] = check_hard_ood(number, session, labeler, looks)
        counted = wish is not None and count_more(number, wish, session, labeler, plan)
        purchase = Purchase()
        if wish is not None and (counted or not exhausted):
            still = plan.rest(wish, session.ledger)
            purchase = choose(measured, session, labeler, still, plan.strategy)
        if not purchase.labeled:
            reason = reason or why_stopped(number, session, plan)
        exhausted = purchase.exhausted
        rounds = (*arm.rounds, (measured, purchase))
        arm = replace(arm, rounds=rounds, lookalikes=lookalikes, stopped_because=reason)
        tell(arm)
    return arm


def begin(session: CampaignSession, labeler: Labeler, plan: Plan) -> Purchase:
    """Buy the first batch, and then the counts that the strategy needs. Returns the first batch.

    Raises:
        InvalidBudget: no image of the pool fits the budget.
    """
    if plan.first_batch.is_prepared:
        session.prepare_selection(0, plan.first_batch)
    initial = buy(
        "round-00", session, labeler, kind=SupervisionKind.FULL, still=plan.initial, strategy=plan.first_batch
    )
    if not initial.labeled:
        raise InvalidBudget("the budget buys no image of the pool: each costs more than there is", field="budget")
    if plan.needs_counts and not initial.exhausted and plan.batch(1, session.ledger) is not None:
        buy("round-00-counts", session, labeler, kind=SupervisionKind.COUNTS, still=plan.counts)
    return initial


def count_more(number: int, wish: Budget, session: CampaignSession, labeler: Labeler, plan: Plan) -> bool:
    """Buy counts before round `number` if its wish would run out of counted images. Returns whether any were bought."""
    ledger = session.ledger
    still = plan.more_counts(wish, ledger, len(_candidates(session, plan) - ledger.labeled - ledger.passed_over.keys()))
    if still is None:
        return False
    return bool(buy(f"round-{number:02d}-counts", session, labeler, kind=SupervisionKind.COUNTS, still=still).labeled)


def why_stopped(number: int, session: CampaignSession, plan: Plan) -> str:
    """Why round `number` bought nothing, for a person."""
    ledger = session.ledger
    if plan.max_rounds is not None and number > plan.max_rounds:
        return f"--max-rounds {plan.max_rounds} is reached"
    if ledger.left_images < 1:
        return f"all {plan.budget.images} images of the budget are labeled"
    dear = {image for image, reason in ledger.passed_over.items() if reason is SkipReason.OVER_BUDGET}
    if _candidates(session, plan) - ledger.labeled - (ledger.passed_over.keys() - dear):
        return f"{ledger.left_s:.0f} s of the budget are left, and the cheapest image that is left costs more"
    if plan.needs_counts:
        return "every counted image is labeled; a larger --counts-share counts more"
    return "every image of the pool is labeled"


def _candidates(session: CampaignSession, plan: Plan) -> set[str]:
    """The images the strategy may choose from: the pool, or what of it is counted and holds something."""
    if plan.needs_counts:
        return {image for image, objects in session.ledger.counted_objects.items() if objects}
    return {image.id for image in session.images.values() if image.split is Split.POOL}
