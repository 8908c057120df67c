"""Buying: select, have labeled and submit, batch after batch, until a goal is reached."""

from __future__ import annotations

from collections.abc import Mapping

from maskloop.labelers import Labeler, Task
from maskloop.loop.goals import Goal
from maskloop.loop.outcomes import Bought, Purchase
from maskloop.loop.session import CampaignSession
from maskloop.values import Batch, FullLabel, ObjectLabel, SkipReason, Split, Strategy, SupervisionKind

ROUNDING_S = 1e-6
"""Costs come in whole milliseconds; what their sums differ by is not money."""


def buy(
    name: str,
    session: CampaignSession,
    labeler: Labeler,
    *,
    kind: SupervisionKind,
    goal: Goal,
    strategy: Strategy | None = None,
) -> Purchase:
    """Select, have labeled and submit until the goal is reached or nothing is to be had.

    Args:
        name: of the tasks; each further one has its number appended.
        session: of the campaign.
        labeler: who labels.
        kind: counts, full or ood_check.
        goal: how much to ask for next, given what was bought so far.
        strategy: for these batches alone, the campaign's when `None`.
    """
    batches: list[Bought] = []
    select_s = 0.0
    while (wish := goal.next_batch(session.ledger)) is not None:
        task = name if not batches else f"{name}-{len(batches) + 1}"
        batch, seconds = session.select_batch(task, kind, wish, strategy)
        select_s += seconds
        if not batch.picks:
            return Purchase(tuple(batches), exhausted=True, select_s=select_s)
        batches.append(buy_batch(task, batch, session, labeler))
        if not batches[-1].picks and affords_nothing(session, labeler):  # the server would hand out each in turn
            return Purchase(tuple(batches), exhausted=True, select_s=select_s)
    return Purchase(tuple(batches), select_s=select_s)


def buy_batch(name: str, batch: Batch, session: CampaignSession, labeler: Labeler) -> Bought:
    """Have the batch labeled and hand the labels in; what does not fit the budget is passed over.

    Once it is labeled, that is only what nobody's clock has measured: people's seconds are spent, and are taken.
    """
    paid_s = {pick.image_id: session.ledger.counts_paid_s.get(pick.image_id, 0.0) for pick in batch.picks}
    expected_s = {pick.image_id: labeler.cost_s(pick, batch.kind, paid_s[pick.image_id]) for pick in batch.picks}
    over = _over_budget(session, expected_s)
    session.pass_over(batch, over)
    wanted = [pick.image_id for pick in batch.picks if pick.image_id not in over]
    if not wanted:
        return Bought(batch, ())
    answers = labeler.label(_task(name, batch, wanted, paid_s, session))
    unmeasured = [draft for draft in answers.drafts if draft.seconds_spent is None]
    costs_s = {draft.image_id: draft.content.cost_s(session.costs, paid_s[draft.image_id]) for draft in unmeasured}
    over = _over_budget(session, costs_s)
    session.pass_over(batch, {**answers.passed_over, **over})
    drafts = [draft for draft in answers.drafts if draft.image_id not in over]
    return Bought(batch, session.submit_labels(name, batch, drafts) if drafts else ())


def affords_nothing(session: CampaignSession, labeler: Labeler) -> bool:
    """Whether every image that is left is known to cost more than is left; nobody knows where only people do."""
    done = session.ledger.labeled | session.ledger.passed_over.keys()
    pool = (image.id for image in session.images.values() if image.split is Split.POOL and image.id not in done)
    return all(_is_too_dear(session, image_id, labeler.known_objects(image_id)) for image_id in pool)


def _task(name: str, batch: Batch, image_ids: list[str], paid_s: Mapping[str, float], session: CampaignSession) -> Task:
    return Task(
        name,
        batch.kind,
        tuple(session.images[image_id] for image_id in image_ids),
        session.categories,
        session.proposals(image_ids, batch.model_version),
        paid_s,
        session.read_image,
        lambda: session.renew_batch(batch),
    )


def _over_budget(session: CampaignSession, costs_s: Mapping[str, float]) -> dict[str, SkipReason]:
    """The images that do not fit what is left when those before them are bought."""
    left_s, over = session.ledger.left_s, {}
    for image_id, cost_s in costs_s.items():
        if cost_s > left_s + ROUNDING_S:
            over[image_id] = SkipReason.OVER_BUDGET
        else:
            left_s -= cost_s
    return over


def _is_too_dear(session: CampaignSession, image_id: str, objects: tuple[ObjectLabel, ...] | None) -> bool:
    if objects is None:
        return False
    cost_s = FullLabel(objects).cost_s(session.costs, session.ledger.counts_paid_s.get(image_id, 0.0))
    return cost_s > session.ledger.left_s + ROUNDING_S
