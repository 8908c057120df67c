"""One arm of a run, from the test images and the first batch to a spent budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from maskloop.errors import Cancelled, InvalidBudget
from maskloop.labelers import Labeler
from maskloop.loop.buying import buy
from maskloop.loop.outcomes import Arm, Purchase
from maskloop.loop.planning.plan import Plan
from maskloop.loop.record.decisions import round_name
from maskloop.loop.revisions import take_revisions
from maskloop.loop.rounds import run_round
from maskloop.loop.session import CampaignSession
from maskloop.loop.weak_start import begin_weakly
from maskloop.loop.which_kinds import divide_first_batch, marks_beside_first
from maskloop.values import UNAIDED, Split, Strategy, SupervisionKind

RANDOM = Strategy("random")
TEST, FIRST, COUNTS = "test", "round-00", "round-00-counts"


def run_campaign(
    session: CampaignSession, labeler: Labeler, plan: Plan, tell: Callable[[Arm], None], rng: np.random.Generator
) -> Arm:
    """Spend the plan's budget: test images, a first batch, counts, then rounds until nothing more is bought.

    What people have mended meanwhile is taken in before each round. When something was mended after the last one, a
    further network learns from it.

    Args:
        session: of the campaign.
        labeler: who labels.
        plan: how the budget is spent.
        tell: is shown the arm after every round, and before people are waited for in one.
        rng: makes the draws of forecasts that rules for stopping ask for.

    Raises:
        InvalidBudget: no image of the pool fits the budget.
        Cancelled: the run was to end before a network could learn.
    """
    test = buy_test_images(session, labeler, plan)
    arm = Arm(begin(session, labeler, plan), test=test)
    while _goes_on(arm, session, labeler):
        done = run_round(session, labeler, plan, arm, tell=tell, rng=rng)
        arm = replace(arm, rounds=(*arm.rounds, done), stopped_because=done.stopped_because)
        tell(arm)
    session.decisions.close()
    session.give_back()
    say_what_books_lack(session)
    return arm


def say_what_books_lack(session: CampaignSession) -> None:
    """Tell where the server has charged what the run does not know of any more, since its notes were lost."""
    charged_s = session.client.get_campaign(project_id=session.project_id, campaign_id=session.campaign_id).spent_s
    if abs(charged_s - session.ledger.spent_s) >= 1.0:
        session.progress.note(
            f"The server has charged {charged_s:.0f} s and this run knows of {session.ledger.spent_s:.0f} s: "
            "its notes are not whole. Labels are; the report's times and rounds are not."
        )


def _goes_on(arm: Arm, session: CampaignSession, labeler: Labeler) -> bool:
    """Whether there is another round: for a budget that is left, or for labels that people have mended."""
    ended = bool(arm.stopped_because)
    mended = take_revisions(
        f"before-{len(arm.rounds) + 1}", session, labeler, is_measured=bool(arm.rounds), is_last=ended
    )
    return mended or not ended


def buy_test_images(session: CampaignSession, labeler: Labeler, plan: Plan) -> Purchase:
    """Have test images drawn from the pool and labeled, where the data has none."""
    if plan.test is None:
        return Purchase()
    return buy(TEST, session, labeler, kind=SupervisionKind.FULL, goal=plan.test, strategy=RANDOM, for_split=Split.TEST)


def begin(session: CampaignSession, labeler: Labeler, plan: Plan) -> Purchase:
    """Buy image-level labels if asked for, the first batch, and the marks and counts beside it. Returns the batch.

    Raises:
        InvalidBudget: no image of the pool fits the budget.
        Cancelled: the run was to end before anything was labeled.
    """
    help_ = begin_weakly(session, labeler, plan, session.training.seed) if plan.weak else UNAIDED
    plan = divide_first_batch(session, plan)
    first, goal = plan.first_batch, plan.initial(session.ledger)
    if first.is_prepared:
        session.prepare_selection(0, first)
    initial = buy(FIRST, session, labeler, kind=SupervisionKind.FULL, goal=goal, strategy=first, assistance=help_)
    if not initial.labeled and session.is_over():
        raise Cancelled("the run ended before anything was labeled that a network could learn from")
    if not initial.labeled:
        raise InvalidBudget("the budget buys no image of the pool: each costs more than there is", field="budget")
    for marks in marks_beside_first(plan, session.ledger):
        buy(round_name(0, marks.kind), session, labeler, kind=marks.kind, goal=marks)
    if plan.needs_counts and not initial.exhausted and plan.batch(1, session.ledger) is not None:
        buy(COUNTS, session, labeler, kind=SupervisionKind.COUNTS, goal=plan.counts)
    return initial
