"""What labels took: those whose time people measured, and those that were made with proposals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, func, select
from sqlalchemy.engine import Row

from maskloop.costs.timed_label import MODELLED, TimedLabel
from maskloop.values import LABEL_KINDS, Campaign, Counts, FullLabel, Split, SupervisionKind, charged_seconds
from service.store.database.database import Transaction
from service.store.labels.label_rows import label_of, shown_by
from service.store.labels.review_rows import shown_ious
from service.store.tables import images, labels

ROWS_AT_ONCE = 16  # of labels, whose masks may be of many megabytes


@dataclass(frozen=True)
class TimedReview:
    """A full label that was made with proposals, its measured seconds, and what its image's counts had cost by plan."""

    label: FullLabel
    seconds_spent: float
    counts_paid_s: float


@dataclass(frozen=True)
class ReviewedLabel:
    """A full label that was made with proposals: its planned cost in seconds, without what its image's counts had cost
    already, and that; categories present, and predicted IoUs of the proposals that were shown."""

    cost_s: float
    counts_paid_s: float
    categories: int
    shown_ious: tuple[float, ...]


def latest_reviews(tx: Transaction, project_id: str, number: int) -> list[ReviewedLabel]:
    """The latest first labels that campaigns paid for and that were made with proposals, newest first."""
    paid = _paid_for_counts(project_id)
    query = (
        select(labels.c.cost_s, paid.c.paid_s, labels.c.categories_present, labels.c.review)
        .join(paid, paid.c.image_id == labels.c.image_id, isouter=True)
        .where(
            labels.c.project_id == project_id,
            labels.c.kind == FullLabel.kind.value,
            labels.c.campaign_id != "",
            labels.c.supersedes == "",
            labels.c.review.is_not(None),
        )
        .order_by(labels.c.number.desc())
        .limit(number)
    )
    return [
        ReviewedLabel(row.cost_s, row.paid_s or 0.0, row.categories_present, tuple(shown_ious(row.review)))
        for row in tx.execute(query)
    ]


def latest_reviewed(tx: Transaction, project_id: str, number: int) -> list[FullLabel]:
    """The latest current full labels that were made with proposals, newest first."""
    query = (
        select(labels, images.c.height, images.c.width)
        .join(images, and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id))
        .where(
            labels.c.project_id == project_id,
            labels.c.kind == FullLabel.kind.value,
            labels.c.superseded_by == "",
            labels.c.review.is_not(None),
        )
        .order_by(labels.c.number.desc())
        .limit(number)
    )
    contents = (label_of(row).content for row in tx.execute(query))
    return [content for content in contents if isinstance(content, FullLabel)]


def latest_charged_s(tx: Transaction, campaign: Campaign, kind: SupervisionKind, most: int) -> list[float]:
    """Seconds that a campaign was charged for its latest first labels of a kind, newest first, test images apart."""
    query = (
        select(labels.c.cost_s, labels.c.seconds_spent)
        .join(images, and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id))
        .where(
            labels.c.project_id == campaign.project_id,
            labels.c.campaign_id == campaign.id,
            labels.c.kind == kind.value,
            labels.c.supersedes == "",
            images.c.split != Split.TEST.value,
        )
        .order_by(labels.c.number.desc())
        .limit(most)
    )
    return [charged_seconds(row.cost_s, row.seconds_spent) for row in tx.execute(query)]


def timed_labels(tx: Transaction, project_id: str) -> Iterator[TimedLabel]:
    """First labels whose time was measured and that were made without proposals, oldest first; read as they are
    consumed."""
    for row in _timed(tx, project_id, labels.c.review.is_(None)):
        kind = SupervisionKind(row.kind)
        paid_s = (row.paid_s or 0.0) if LABEL_KINDS[kind].builds_on_counts else 0.0
        yield TimedLabel(kind, shown_by(row), row.seconds_spent, paid_s, row.outline_length)


def timed_reviews(tx: Transaction, project_id: str) -> Iterator[TimedReview]:
    """First labels whose time was measured and that were made with proposals, oldest first; read as they are
    consumed."""
    for row in _timed(tx, project_id, labels.c.review.is_not(None)):
        content = label_of(row).content
        if isinstance(content, FullLabel):
            yield TimedReview(content, row.seconds_spent, row.paid_s or 0.0)


def _paid_for_counts(project_id: str) -> Subquery:
    """What each image's counts have cost, as planned."""
    counted = labels.alias("counted")
    return (
        select(counted.c.image_id, func.sum(counted.c.cost_s).label("paid_s"))
        .where(counted.c.project_id == project_id, counted.c.kind == Counts.kind.value)
        .group_by(counted.c.image_id)
        .subquery()
    )


def _timed(tx: Transaction, project_id: str, which: ColumnElement[bool]) -> Iterator[Row[Any]]:
    paid = _paid_for_counts(project_id)
    query = (
        select(labels, paid.c.paid_s, images.c.height, images.c.width)
        .join(images, and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id))
        .join(paid, paid.c.image_id == labels.c.image_id, isouter=True)
        .where(
            labels.c.project_id == project_id,
            labels.c.kind.in_([kind.value for kind in MODELLED]),
            labels.c.supersedes == "",
            labels.c.seconds_spent.is_not(None),
            which,
        )
        .order_by(labels.c.number)
    )
    yield from tx.execute(query.execution_options(yield_per=ROWS_AT_ONCE))
