"""Rows of campaigns: budgets, and what became of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.engine import Row

from maskloop.errors import AlreadyExists, CampaignNotFound
from maskloop.values import (
    Budget,
    Campaign,
    FullLabel,
    Label,
    LabelContent,
    Split,
    Strategy,
    SupervisionKind,
    charged_seconds,
)
from service.store.database.database import Transaction
from service.store.pagination import Page, PageRequest
from service.store.tables import campaigns, images, labels, spending
from service.store.tables.columns import whole_ms

_ONE = (campaigns.c.project_id == bindparam("in_project")) & (campaigns.c.id == bindparam("one"))
_FIND = select(campaigns).where(_ONE)
_MOVE = (
    update(campaigns)
    .where(_ONE)
    .values(
        spent_s=campaigns.c.spent_s + bindparam("spent", type_=campaigns.c.spent_s.type),
        reserved_s=campaigns.c.reserved_s + bindparam("reserved", type_=campaigns.c.reserved_s.type),
        labeled_images=campaigns.c.labeled_images + bindparam("labeled"),
        labeled_categories=campaigns.c.labeled_categories + bindparam("categories"),
        labeled_objects=campaigns.c.labeled_objects + bindparam("objects"),
        labeled_length=campaigns.c.labeled_length + bindparam("length"),
        reserved_images=campaigns.c.reserved_images + bindparam("promised"),
    )
)
_TOTALS = select(
    func.sum(campaigns.c.labeled_images),
    func.sum(campaigns.c.labeled_categories),
    func.sum(campaigns.c.labeled_objects),
    func.sum(campaigns.c.labeled_length),
).where(campaigns.c.project_id == bindparam("in_project"))
_SPENDING = select(spending).where(
    spending.c.project_id == bindparam("in_project"), spending.c.campaign_id == bindparam("one")
)


_ON_TEST = (
    select(labels.c.kind, labels.c.supersedes, labels.c.cost_s, labels.c.seconds_spent)
    .select_from(images)
    .join(labels, (labels.c.project_id == images.c.project_id) & (labels.c.image_id == images.c.id))
    .where(
        images.c.project_id == bindparam("in_project"),
        images.c.split == Split.TEST.value,
        labels.c.campaign_id == bindparam("one"),
    )
)


@dataclass(frozen=True)
class FullLabelTotals:
    """Full labels, the categories present and objects they show, and how many sides their outlines are long, each
    summed."""

    labels: int = 0
    categories: int = 0
    objects: int = 0
    length: float = 0.0

    @classmethod
    def of(cls, contents: Sequence[LabelContent]) -> FullLabelTotals:
        """Of labels that outline what they show."""
        shown = [content.shown for content in contents]
        return cls(
            len(contents),
            sum(counts.categories for counts in shown),
            sum(counts.objects for counts in shown),
            math.fsum(content.outline_length for content in contents),
        )


@dataclass(frozen=True)
class Movement:
    """What a use case adds to a campaign's books (or takes off them, below 0); seconds, labels and images."""

    spent_s: float = 0.0
    reserved_s: float = 0.0
    reserved_images: int = 0
    full: FullLabelTotals = FullLabelTotals()


def insert_campaign(tx: Transaction, campaign: Campaign) -> None:
    """Add a campaign.

    Raises:
        AlreadyExists: the project has one of that id.
    """
    if _find(tx, campaign.project_id, campaign.id) is not None:
        raise AlreadyExists(f"project {campaign.project_id} has a campaign {campaign.id} already", field="campaign_id")
    row = {
        "project_id": campaign.project_id,
        "id": campaign.id,
        "budget_s": campaign.budget.seconds,
        "budget_images": campaign.budget.images,
        "strategy": str(campaign.strategy),
        "seed": campaign.seed,
        "created_at": campaign.created_at,
    }
    tx.execute(insert(campaigns), row)


def get_campaign(tx: Transaction, project_id: str, campaign_id: str) -> Campaign:
    """Read a campaign's books; its spending by kind is left out (see `get_campaign_by_kind`).

    Raises:
        CampaignNotFound: the project has none of that id.
    """
    row = _find(tx, project_id, campaign_id)
    if row is None:
        raise CampaignNotFound(f"project {project_id} has no campaign {campaign_id!r}", field="campaign_id")
    return _campaign(row)


def get_campaign_by_kind(tx: Transaction, project_id: str, campaign_id: str) -> Campaign:
    """Read a campaign with its spending by kind, and on the test split.

    Raises:
        CampaignNotFound: the project has none of that id.
    """
    this = {"in_project": project_id, "one": campaign_id}
    rows = tx.execute(_SPENDING, this).all()
    on_test = tx.execute(_ON_TEST, this).all()
    full = [row for row in on_test if row.kind == FullLabel.kind.value and not row.supersedes]
    return replace(
        get_campaign(tx, project_id, campaign_id),
        spent_s_by_kind={SupervisionKind(row.kind): row.charged_s for row in rows},
        planned_s_by_kind={SupervisionKind(row.kind): row.planned_s for row in rows},
        measured_s_by_kind={SupervisionKind(row.kind): row.measured_s for row in rows},
        test_images=len(full),
        test_spent_s=whole_ms(sum(charged_seconds(row.cost_s, row.seconds_spent) for row in on_test)),
    )


def list_campaigns(tx: Transaction, project_id: str, page: PageRequest) -> Page[Campaign]:
    """A project's campaigns by id, with their spending by kind."""
    query = select(campaigns.c.id).where(campaigns.c.project_id == project_id, campaigns.c.id > page.after)
    ids = list(tx.execute(query.order_by(campaigns.c.id).limit(page.size + 1)).scalars())
    return page.cut([get_campaign_by_kind(tx, project_id, campaign_id) for campaign_id in ids], ids)


def campaign_strategies(tx: Transaction, project_id: str) -> list[Strategy]:
    """Of all campaigns of a project."""
    spelt = tx.execute(select(campaigns.c.strategy).where(campaigns.c.project_id == project_id)).scalars()
    return [Strategy.parse(strategy) for strategy in spelt]


def set_budget(tx: Transaction, project_id: str, campaign_id: str, budget: Budget) -> None:
    """Change what may be spent."""
    change = update(campaigns).where(campaigns.c.project_id == project_id, campaigns.c.id == campaign_id)
    tx.execute(change.values(budget_s=budget.seconds, budget_images=budget.images))


def move(tx: Transaction, campaign: Campaign, movement: Movement) -> None:
    """Add a movement to a campaign's books. Who calls this has checked the budget in the same transaction."""
    tx.execute(
        _MOVE,
        {
            "in_project": campaign.project_id,
            "one": campaign.id,
            "spent": movement.spent_s,
            "reserved": movement.reserved_s,
            "labeled": movement.full.labels,
            "categories": movement.full.categories,
            "objects": movement.full.objects,
            "length": movement.full.length,
            "promised": movement.reserved_images,
        },
    )


def charge(tx: Transaction, campaign: Campaign, kind: SupervisionKind, labels: Sequence[Label]) -> None:
    """Enter labels of one kind into a campaign's books; the budget is not asked."""
    this_one = {"project_id": campaign.project_id, "campaign_id": campaign.id, "kind": kind.value}
    this = [spending.c[name] == value for name, value in this_one.items()]
    seconds = {
        "planned_s": sum(label.cost_s for label in labels),
        "measured_s": sum(label.seconds_spent or 0.0 for label in labels),
        "charged_s": sum(label.charged_s for label in labels),
    }
    added = {name: spending.c[name] + amount for name, amount in seconds.items()}
    if not tx.execute(update(spending).where(*this).values(added)).rowcount:
        tx.execute(insert(spending), {**this_one, **seconds})
    move(tx, campaign, Movement(spent_s=seconds["charged_s"]))


def full_label_totals(tx: Transaction, project_id: str) -> FullLabelTotals:
    """Of all full labels that the project's campaigns paid for."""
    row: Any = tx.execute(_TOTALS, {"in_project": project_id}).one()
    return FullLabelTotals(int(row[0] or 0), int(row[1] or 0), int(row[2] or 0), float(row[3] or 0.0))


def _find(tx: Transaction, project_id: str, campaign_id: str) -> Row[Any] | None:
    return tx.execute(_FIND, {"in_project": project_id, "one": campaign_id}).one_or_none()


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        id=row.id,
        project_id=row.project_id,
        budget=Budget(seconds=row.budget_s, images=row.budget_images),
        strategy=Strategy.parse(row.strategy),
        seed=row.seed,
        spent_s=row.spent_s,
        reserved_s=row.reserved_s,
        labeled_images=row.labeled_images,
        reserved_images=row.reserved_images,
        created_at=row.created_at,
    )
