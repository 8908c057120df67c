"""Buying: select, have labeled and submit, batch after batch, until a goal is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from maskloop.labelers import Answers, Labeler
from maskloop.loop.affording import ROUNDING_S, over_budget, unaffordable
from maskloop.loop.goals import Goal
from maskloop.loop.outcomes import Bought, Purchase
from maskloop.loop.planning.before_outlines import BEFORE_OUTLINES
from maskloop.loop.record.books import HandedOut
from maskloop.loop.record.decisions import NOTHING, wish_to_json
from maskloop.loop.session import CampaignSession
from maskloop.values import (
    UNAIDED,
    Assist,
    Assistance,
    Batch,
    Budget,
    Label,
    SkipReason,
    Split,
    Strategy,
    SupervisionKind,
)


def buy(
    name: str,
    session: CampaignSession,
    labeler: Labeler,
    *,
    kind: SupervisionKind,
    goal: Goal,
    strategy: Strategy | None = None,
    for_split: Split | None = None,
    assistance: Assistance = UNAIDED,
) -> Purchase:
    """Select, have labeled and submit until the goal is reached, nothing is to be had, or the run is to end.

    Args:
        name: of the tasks; each further one has its number appended.
        session: of the campaign.
        labeler: who labels.
        kind: of the labels.
        goal: how much to ask for next, given what was bought so far.
        strategy: for these batches alone, the campaign's when `None`.
        for_split: that images are to join with their labels; TEST, or `None` to learn from them.
        assistance: how people are helped.
    """
    batches: list[Bought] = []
    select_s = 0.0
    while (wish := _next_wish(name, len(batches) + 1, session, goal)) is not None:
        task = name if not batches else f"{name}-{len(batches) + 1}"
        batch, seconds = session.select_batch(
            task, kind, wish, strategy=strategy, for_split=for_split, assistance=assistance
        )
        select_s += seconds
        if not batch.picks:
            return Purchase(tuple(batches), exhausted=True, select_s=select_s)
        batches.append(buy_batch(task, batch, session, labeler, assistance))
        if batches[-1].later:  # the rest of the batch is still to come: no others in its place
            break
        if not batches[-1].picks and affords_nothing(
            session, labeler, assistance.assist
        ):  # the server would hand out each in turn
            return Purchase(tuple(batches), exhausted=True, select_s=select_s)
    return Purchase(tuple(batches), select_s=select_s)


def is_begun(name: str, session: CampaignSession) -> bool:
    """Whether a purchase of this name was begun, in this process or before it."""
    return _wish_name(name, 1) in session.decisions


def buy_batch(
    name: str, batch: Batch, session: CampaignSession, labeler: Labeler, assistance: Assistance = UNAIDED
) -> Bought:
    """Have the batch labeled and hand the labels in; what is known not to fit the budget is passed over.

    What people have labeled is never lost: seconds that they measured are charged, even beyond the budget; a label that
    by plan costs more than is left is kept, and charged to nobody.
    """
    decided = f"{name}/answered"
    answered = session.decisions.get(decided)
    if answered is None or (_says_nothing(answered) and not session.books.submitted_before(batch)):
        answered = _answer(HandedOut(name, batch, (), assistance), session, labeler)
        if not (_says_nothing(answered) and session.is_over()):  # people are to be asked again when the run goes on
            session.decisions.note(decided, answered)
    labels = session.books.enter(answered["labels"], batch)
    if labels:
        session.progress.spent(session.ledger)
    session.ledger.passed_over |= {image: SkipReason(reason) for image, reason in answered["passed_over"].items()}
    if decided in session.decisions:
        session.books.tasks.append(HandedOut(name, batch, tuple(answered["handed_out"]), assistance))
    if answered["later"] and batch.kind in BEFORE_OUTLINES:
        session.leave_for_later(batch)  # an outline says more than what is still to come, and does not wait for it
    elif answered["later"]:
        session.books.open_batches.append(batch)
    return _bought(batch, labels, answered["later"])


def affords_nothing(session: CampaignSession, labeler: Labeler, assist: Assist = Assist.NONE) -> bool:
    """Whether every image that is left is known to cost more than is left; nobody knows where only people do."""
    ledger = session.ledger
    done = ledger.labeled | ledger.passed_over.keys()
    pool = (image.id for image in session.images.values() if image.split is Split.POOL and image.id not in done)
    return all(_is_too_dear(session, image_id, labeler, assist) for image_id in pool)


def _wish_name(name: str, number: int) -> str:
    return f"{name}/wish-{number}"


def _next_wish(name: str, number: int, session: CampaignSession, goal: Goal) -> Budget | None:
    """How much to ask for next, as it was decided when it was first asked."""
    decided = _wish_name(name, number)
    if session.is_over() and decided not in session.decisions:
        if number > 1:  # what follows is decided on what was bought so far, whoever goes on with the run
            session.decisions.note(decided, NOTHING)
        return None
    if decided not in session.decisions:
        session.keep_leases()  # what people still have is not to be chosen again
    wish = session.decisions.make(decided, lambda: wish_to_json(goal.next_batch(session.ledger)))
    return Budget(**wish) if wish else None


def _says_nothing(answered: Mapping[str, Any]) -> bool:
    """Whether people have said nothing yet of a batch, and may still."""
    return bool(answered["later"]) and not answered["labels"] and not answered["passed_over"]


def _answer(task: HandedOut, session: CampaignSession, labeler: Labeler) -> dict[str, Any]:
    """Have a batch answered; what came of it, as decisions keep it."""
    name, batch = task.name, task.batch
    paid_s = {pick.image_id: session.ledger.counts_paid_s.get(pick.image_id, 0.0) for pick in batch.picks}
    whole = session.task(replace(task, image_ids=tuple(paid_s)), paid_s)
    over = over_budget(session, labeler.costs_s(whole, batch.picks))
    session.pass_over(batch, over)
    wanted = tuple(pick.image_id for pick in batch.picks if pick.image_id not in over)
    answers = Answers(())
    if wanted:
        session.books.open_batches.append(batch)
        answers = labeler.label(session.task(replace(task, image_ids=wanted), paid_s))
    session.pass_over(batch, answers.passed_over)
    unpaid = unaffordable(session, answers.drafts)
    if wanted:
        session.books.open_batches.remove(batch)
    passed_over = {**over, **answers.passed_over, **unpaid}
    session.pass_over(batch, unpaid)
    labels = [
        *session.submit_labels(name, batch, [draft for draft in answers.drafts if draft.image_id not in unpaid]),
        *session.submit_unpaid(name, batch, [draft for draft in answers.drafts if draft.image_id in unpaid]),
    ]
    return {
        "labels": [label.id for label in labels],
        "passed_over": {image: reason.value for image, reason in passed_over.items()},
        "handed_out": list(wanted),
        "later": len(answers.later),
    }


def _bought(batch: Batch, labels: Sequence[Label], later: int) -> Bought:
    by_image = {label.image_id: label for label in labels}
    picks = tuple((pick, by_image[pick.image_id]) for pick in batch.picks if pick.image_id in by_image)
    return Bought(batch, picks, later)


def _is_too_dear(session: CampaignSession, image_id: str, labeler: Labeler, assist: Assist) -> bool:
    paid_s = session.ledger.counts_paid_s.get(image_id, 0.0)
    return labeler.least_cost_s(image_id, SupervisionKind.FULL, paid_s, assist) > session.ledger.left_s + ROUNDING_S
