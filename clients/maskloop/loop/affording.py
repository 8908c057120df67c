"""What a campaign can still pay: planned costs, and labels that nobody measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskloop.loop.session import CampaignSession
from maskloop.values import LabelDraft, SkipReason

ROUNDING_S = 1e-6
"""Costs come in whole milliseconds; what their sums differ by is not money."""


def over_budget(session: CampaignSession, costs_s: Mapping[str, float]) -> dict[str, SkipReason]:
    """The images that do not fit what is left when those before them are bought.

    Args:
        session: of the campaign.
        costs_s: planned seconds by image id, in the order of buying.
    """
    left_s, over = session.ledger.left_s, {}
    for image_id, cost_s in costs_s.items():
        if cost_s > left_s + ROUNDING_S:
            over[image_id] = SkipReason.OVER_BUDGET
        else:
            left_s -= cost_s
    return over


def unaffordable(session: CampaignSession, drafts: Sequence[LabelDraft]) -> dict[str, SkipReason]:
    """The images of first labels that the campaign cannot pay beside what it has promised for images still with people.

    Measured seconds are charged even beyond the budget, so that a label which has them is too much only by a budget of
    images.
    """
    promised_s, promised_images = session.books.promised({draft.image_id for draft in drafts})
    left_s = max(0.0, session.ledger.left_s - promised_s)
    left_images = max(0.0, session.ledger.left_images - promised_images)
    over: dict[str, SkipReason] = {}
    for draft in drafts:
        cost_s, images = _planned_s(session, draft), int(draft.content.counted_by_budget)
        if cost_s > left_s + ROUNDING_S or images > left_images:
            over[draft.image_id] = SkipReason.OVER_BUDGET
        else:
            left_s, left_images = left_s - cost_s, left_images - images
    return over


def _planned_s(session: CampaignSession, draft: LabelDraft) -> float:
    if draft.seconds_spent is not None:
        return 0.0
    return draft.content.cost_s(session.costs, session.ledger.counts_paid_s.get(draft.image_id, 0.0))
