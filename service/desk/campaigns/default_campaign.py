"""The campaign of a batch that names none: a project's only one, or one that begins by itself."""

from __future__ import annotations

from datetime import datetime

from maskloop.errors import InvalidArgument, PermissionDenied
from maskloop.values import Budget, Campaign, Project, Strategy
from service.desk.callers import own_name
from service.store import Transaction
from service.store.audit import add_audit
from service.store.campaigns import get_campaign, insert_campaign, list_campaigns
from service.store.pagination import PageRequest

DEFAULT_ID = "default"
WORKING_WEEK_S = 40 * 3600.0
"""What a campaign may spend that nobody gave a budget; UpdateCampaignBudget changes it."""


def campaign_of(tx: Transaction, project: Project, campaign_id: str, now: datetime) -> Campaign:
    """The campaign of that id; for "" the project's only one, begun if there is none, unless an annotator calls.

    One that begins by itself is called `default`, chooses by `mask_guided`, and has a working week of 40 hours.

    Raises:
        CampaignNotFound: the project has none of that id.
        InvalidArgument: none is named, and the project has several.
        PermissionDenied: there is none, and an annotator calls.
    """
    if campaign_id:
        return get_campaign(tx, project.id, campaign_id)
    there = list_campaigns(tx, project.id, PageRequest.of(2, "")).items
    if len(there) > 1:
        names = " and ".join(campaign.id for campaign in there)
        raise InvalidArgument(
            f"project {project.id} has more than one campaign, {names} among them; name the one that is to pay",
            field="campaign_id",
        )
    if there:
        return get_campaign(tx, project.id, there[0].id)
    if own_name():
        raise PermissionDenied(f"project {project.id} has no campaign; a lead begins one", field="campaign_id")
    budget, strategy = Budget(seconds=WORKING_WEEK_S), Strategy("mask_guided")
    insert_campaign(tx, Campaign(DEFAULT_ID, project.id, budget, strategy, seed=0, created_at=now))
    add_audit(tx, now, "SelectBatch", project.id, subjects={"campaign": DEFAULT_ID})
    return get_campaign(tx, project.id, DEFAULT_ID)
