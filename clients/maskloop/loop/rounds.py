"""A round: train, evaluate, check hard OoD, count, mark, score, select, label, submit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from maskloop.labelers import Labeler
from maskloop.loop.buying import buy, is_begun
from maskloop.loop.goals import OodCheckGoal
from maskloop.loop.helping import help_in_round
from maskloop.loop.oracle import import_true_scores
from maskloop.loop.other_networks import joined_by_others
from maskloop.loop.outcomes import Arm, HardOodRound, Measured, Purchase, Round
from maskloop.loop.planning.plan import Plan
from maskloop.loop.record.decisions import FINISHED, STOP, round_name, wish_to_json
from maskloop.loop.session import CampaignSession
from maskloop.loop.stopping import candidates, why_nothing_more, why_stop
from maskloop.loop.which_kinds import divide_round
from maskloop.values import Budget, Strategy, SupervisionKind


def run_round(
    session: CampaignSession,
    labeler: Labeler,
    plan: Plan,
    so_far: Arm,
    *,
    tell: Callable[[Arm], None],
    rng: np.random.Generator,
) -> Round:
    """The next round of a campaign. The last one trains and evaluates, and buys nothing.

    Args:
        session: of the campaign.
        labeler: who labels.
        plan: how the budget is spent.
        so_far: the first batch and the rounds before.
        tell: is shown what the round has measured, before people are waited for.
        rng: makes the draws of forecasts that rules for stopping ask for.
    """
    number = len(so_far.rounds) + 1
    measured = measure(number, session)
    earlier = [each.measured for each in so_far.rounds]

    def decide() -> dict[str, Any]:
        if session.is_over():
            return {STOP: FINISHED}
        reason = why_stop(plan.stop_when, [*earlier, measured], session.ledger.end_s, rng)
        wish = None if reason else plan.batch(number, session.ledger)
        return wish_to_json(wish) if wish else {STOP: reason or why_nothing_more(number, session, plan)}

    decided = session.decisions.make(round_name(number), decide)
    if STOP in decided:
        return Round(measured, stopped_because=decided[STOP])
    wish = Budget(**decided)
    plan = divide_round(number, wish, measured.model, session, plan)
    goal_of_checks = plan.ood_checks(session.ledger)
    hard_ood = check_hard_ood(number, session, labeler, goal_of_checks) if goal_of_checks else None
    counted = count_more(number, wish, session, labeler, plan)
    shares = plan.shares
    marks = {
        goal.kind: buy(round_name(number, goal.kind), session, labeler, kind=goal.kind, goal=goal)
        for goal in plan.marks_of(shares, wish, session.ledger)
    }
    purchase = Purchase()
    was_begun = is_begun(round_name(number), session)
    if was_begun or counted or not so_far.exhausted or session.decisions.is_reopened:
        assistance = help_in_round(number, measured.model, session, plan)
        score_s = look_at_pool(measured, session, labeler, plan.strategy, for_proposals=bool(assistance.model_version))
        assistance = joined_by_others(number, assistance, session, plan)
        if labeler.waits and not was_begun:
            tell(replace(so_far, rounds=(*so_far.rounds, Round(measured, hard_ood=hard_ood))))
        goal = plan.rest(wish, session.ledger, sum(each.charged_s for each in marks.values()), shares)
        purchase = buy(
            round_name(number), session, labeler, kind=SupervisionKind.FULL, goal=goal, assistance=assistance
        )
        purchase = replace(purchase, score_s=score_s)
        if not was_begun:
            session.decisions.close()
    bought = any(each.labeled for each in (purchase, *marks.values()))
    return Round(measured, purchase, hard_ood, "" if bought else _why_nothing_bought(number, session, plan), marks)


def _why_nothing_bought(number: int, session: CampaignSession, plan: Plan) -> str:
    def say() -> dict[str, str]:
        return {STOP: FINISHED if session.is_over() else why_nothing_more(number, session, plan)}

    return str(session.decisions.make(round_name(number, "nothing"), say)[STOP])


def measure(number: int, session: CampaignSession) -> Measured:
    """Train a model on everything labeled so far, and evaluate it on the test split, if anything can be measured."""
    ledger = session.ledger
    model, train_s = session.train(number)
    evaluation, evaluate_s = session.evaluate(number, model)
    spent, why_not = dict(ledger.spent_s_by_kind), session.test_set.why_not
    labeled = len(ledger.labeled - ledger.tested)
    return Measured(number, model, evaluation, labeled, ledger.spent_s, spent, train_s, evaluate_s, why_not)


def check_hard_ood(number: int, session: CampaignSession, labeler: Labeler, goal: OodCheckGoal) -> HardOodRound:
    """Train a classifier on all labels, and have people check the candidate OoD images that fool it most."""
    classifier = session.train_classifier(number)
    checked = buy(round_name(number, "ood"), session, labeler, kind=SupervisionKind.OOD_CHECK, goal=goal)
    return HardOodRound(classifier, session.hard_candidates(classifier), checked)


def count_more(number: int, wish: Budget, session: CampaignSession, labeler: Labeler, plan: Plan) -> bool:
    """Buy counts before a round whose wish would run out of counted images. Returns whether any were bought."""
    ledger = session.ledger
    counted = candidates(session, plan) - ledger.labeled - ledger.passed_over.keys()
    goal = plan.more_counts(wish, ledger, len(counted))
    if goal is None:
        return False
    return bool(buy(round_name(number, "counts"), session, labeler, kind=SupervisionKind.COUNTS, goal=goal).labeled)


def look_at_pool(
    measured: Measured, session: CampaignSession, labeler: Labeler, strategy: Strategy, *, for_proposals: bool
) -> float:
    """Score the pool with the round's model as far as the strategy needs it, or people are to see its proposals.
    Returns how many seconds that took."""
    needed = strategy.needs_scores or for_proposals
    score_s = session.score_pool(measured.number, measured.model) if needed else 0.0
    if strategy.uses_imported_scores:
        import_true_scores(session, measured.model, labeler)
    if strategy.is_prepared:
        score_s += session.prepare_selection(measured.number, strategy)
    return score_s
