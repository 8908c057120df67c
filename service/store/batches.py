"""Rows of batches, their picks (the leases), and what campaigns pass over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, bindparam, insert, select, update
from sqlalchemy.engine import Row

from maskloop.errors import BatchNotFound
from maskloop.values import (
    AT_RANDOM,
    UNAIDED,
    Assist,
    Assistance,
    Batch,
    BatchRecord,
    Campaign,
    Pick,
    PickState,
    SkipReason,
    Split,
    SupervisionKind,
    charged_seconds,
)
from service.store.database.database import Transaction
from service.store.images import chunks
from service.store.pagination import Page, PageRequest
from service.store.tables import IS_LEASED, batches, labels, picks, skips

NO_SPLIT = ""  # of a batch whose images stay in theirs

_INSERT_BATCH = insert(batches)
_INSERT_PICKS = insert(picks)
_OPEN_BATCHES = select(batches.c.id, batches.c.expires_at).where(
    batches.c.project_id == bindparam("project_id"),
    batches.c.campaign_id == bindparam("campaign_id"),
    batches.c.annotator == bindparam("annotator"),
    batches.c.kind == bindparam("kind"),
    batches.c.for_split == bindparam("for_split"),
    batches.c.open,
)
_OVERDUE = select(batches.c.id).where(
    batches.c.project_id == bindparam("project_id"), batches.c.expires_at <= bindparam("now"), batches.c.open
)
_HOLDERS = (
    select(picks.c.image_id, batches.c.id, batches.c.annotator)
    .join(batches, batches.c.id == picks.c.batch_id)
    .where(
        picks.c.project_id == bindparam("project_id"),
        picks.c.image_id.in_(bindparam("ids", expanding=True)),
        IS_LEASED,
    )
)
_SKIPS = select(skips.c.campaign_id, skips.c.image_id).where(
    skips.c.project_id == bindparam("project_id"), skips.c.image_id.in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True)
class Holder:
    """Who holds an image's lease."""

    batch_id: str
    annotator: str


def insert_batch(tx: Transaction, batch: Batch) -> None:
    """Add a batch of one image or more; all its picks are open."""
    row = {
        "id": batch.id,
        "project_id": batch.project_id,
        "campaign_id": batch.campaign_id,
        "annotator": batch.annotator,
        "kind": batch.kind.value,
        "strategy": batch.strategy,
        "fallback": batch.fallback,
        "model_version": batch.model_version,
        "target_iou": batch.target_iou,
        "for_split": batch.for_split or NO_SPLIT,
        "assistance": None if batch.assistance == UNAIDED else asdict(batch.assistance),
        "exhausted": batch.exhausted,
        "expires_at": batch.expires_at,
        "open": True,
    }
    tx.execute(_INSERT_BATCH, row)
    tx.execute(_INSERT_PICKS, [_pick_row(batch, position) for position in range(len(batch.picks))])


def get_batch(tx: Transaction, project_id: str, batch_id: str) -> BatchRecord:
    """Read a batch.

    Raises:
        BatchNotFound: the project has none of that id.
    """
    query = select(batches).where(batches.c.project_id == project_id, batches.c.id == batch_id)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise BatchNotFound(f"project {project_id} has no batch {batch_id!r}", field="batch_id")
    chosen = tx.execute(select(picks).where(picks.c.batch_id == batch_id).order_by(picks.c.position)).all()
    return _record(row, chosen)


def list_batches(
    tx: Transaction, project_id: str, page: PageRequest, *, campaign_id: str = "", annotator: str = ""
) -> Page[BatchRecord]:
    """A project's batches by id, of one campaign or of all for "", of one annotator likewise."""
    query = select(batches).where(batches.c.project_id == project_id, batches.c.id > page.after)
    if campaign_id:
        query = query.where(batches.c.campaign_id == campaign_id)
    if annotator:
        query = query.where(batches.c.annotator == annotator)
    rows = tx.execute(query.order_by(batches.c.id).limit(page.size + 1)).all()
    chosen: dict[str, list[Row[Any]]] = {row.id: [] for row in rows}
    for ids in chunks(list(chosen)):
        of_these = select(picks).where(picks.c.batch_id.in_(ids)).order_by(picks.c.batch_id, picks.c.position)
        for pick in tx.execute(of_these):
            chosen[pick.batch_id].append(pick)
    return page.cut([_record(row, chosen[row.id]) for row in rows], list(chosen))


def find_open_batch(
    tx: Transaction, campaign: Campaign, annotator: str, kind: SupervisionKind, for_split: Split | None = None
) -> BatchRecord | None:
    """The batch of that kind and for that split whose images the annotator still holds for the campaign, if any.

    Renewing an old one can leave two; the one that lasts longest is meant.
    """
    whose = {"project_id": campaign.project_id, "campaign_id": campaign.id, "annotator": annotator}
    rows = tx.execute(_OPEN_BATCHES, {**whose, "kind": kind.value, "for_split": for_split or NO_SPLIT}).all()
    if not rows:
        return None
    return get_batch(tx, campaign.project_id, max(rows, key=lambda row: (row.expires_at, row.id)).id)


def overdue_batches(tx: Transaction, project_id: str, now: datetime) -> list[BatchRecord]:
    """Batches that still hold images though their lease ran out."""
    ids = list(tx.execute(_OVERDUE, {"project_id": project_id, "now": now}).scalars())
    return [get_batch(tx, project_id, batch_id) for batch_id in ids]


def holders(tx: Transaction, project_id: str, image_ids: Sequence[str]) -> dict[str, Holder]:
    """Who holds which of the images."""
    holders_by_id: dict[str, Holder] = {}
    for ids in chunks(image_ids):
        rows = tx.execute(_HOLDERS, {"project_id": project_id, "ids": ids})
        holders_by_id.update((row.image_id, Holder(row.id, row.annotator)) for row in rows)
    return holders_by_id


def leased_images(tx: Transaction, project_id: str) -> set[str]:
    """Ids of all images somebody holds."""
    held = select(picks.c.image_id).where(picks.c.project_id == project_id, IS_LEASED)
    return set(tx.execute(held).scalars().all())


def labeled_picks(tx: Transaction, project_id: str, campaign_id: str) -> Iterator[tuple[str, float, float]]:
    """(model version, score, charged seconds) of each full label to learn from that a campaign chose by scores; its
    corrections are charged as well."""
    query = (
        select(picks.c.image_id, batches.c.model_version, picks.c.score, labels.c.cost_s, labels.c.seconds_spent)
        .join(batches, batches.c.id == picks.c.batch_id)
        .join(
            labels,
            and_(
                labels.c.project_id == batches.c.project_id,
                labels.c.image_id == picks.c.image_id,
                labels.c.kind == batches.c.kind,
                labels.c.campaign_id == batches.c.campaign_id,
            ),
        )
        .where(
            batches.c.project_id == project_id,
            batches.c.campaign_id == campaign_id,
            batches.c.kind == SupervisionKind.FULL.value,
            batches.c.for_split == NO_SPLIT,
            picks.c.state == PickState.LABELED.value,
            picks.c.score.is_not(None),
        )
        .order_by(picks.c.image_id, picks.c.batch_id)
    )
    for (_, version, score), rows in groupby(tx.execute(query), key=lambda row: tuple(row[:3])):
        yield version, score, sum(charged_seconds(row.cost_s, row.seconds_spent) for row in rows)


def images_drawn_at_random(tx: Transaction, project_id: str, campaign_id: str) -> list[str]:
    """Ids of the images that a campaign drew at random and that have their full label, ascending; those of the test
    split are left out, by which nothing is decided."""
    query = (
        select(picks.c.image_id)
        .join(batches, batches.c.id == picks.c.batch_id)
        .where(
            batches.c.project_id == project_id,
            batches.c.campaign_id == campaign_id,
            batches.c.kind == SupervisionKind.FULL.value,
            batches.c.for_split == NO_SPLIT,
            picks.c.state == PickState.LABELED.value,
            picks.c.reason.contains(AT_RANDOM, autoescape=True),
        )
        .order_by(picks.c.image_id)
    )
    return list(tx.execute(query).scalars())


def set_pick_states(tx: Transaction, record: BatchRecord, image_ids: Sequence[str], state: PickState) -> BatchRecord:
    """Change what became of some picks, and whether the batch still holds anything. Returns the batch as it is now."""
    changed = and_(picks.c.batch_id == record.batch.id, picks.c.image_id == bindparam("image"))
    if image_ids:
        one_by_one = [{"image": image_id} for image_id in image_ids]
        tx.execute(update(picks).where(changed).values(state=state.value), one_by_one)
    after = replace(record, states={**record.states, **dict.fromkeys(image_ids, state)})
    still_open = PickState.OPEN in after.states.values()
    tx.execute(update(batches).where(batches.c.id == record.batch.id).values(open=still_open))
    return after


def set_expiry(tx: Transaction, record: BatchRecord, expires_at: datetime) -> BatchRecord:
    """Change when a batch's leases expire. Returns the batch as it is now."""
    tx.execute(update(batches).where(batches.c.id == record.batch.id).values(expires_at=expires_at))
    return replace(record, batch=replace(record.batch, expires_at=expires_at))


def end_leases_by(tx: Transaction, latest: datetime) -> None:
    """Let all leases end at a time, that would end later."""
    tx.execute(update(batches).where(batches.c.open, batches.c.expires_at > latest).values(expires_at=latest))


def insert_skip(tx: Transaction, batch: Batch, image_id: str, reason: SkipReason, now: datetime) -> None:
    """Note that the batch's campaign passes over an image; a second time changes nothing."""
    whose = {"project_id": batch.project_id, "campaign_id": batch.campaign_id, "image_id": image_id}
    known = select(skips.c.reason).where(*(skips.c[name] == value for name, value in whose.items()))
    if tx.execute(known).one_or_none() is None:
        row = {**whose, "annotator": batch.annotator, "reason": reason.value, "created_at": now}
        tx.execute(insert(skips), row)


def skips_of(tx: Transaction, project_id: str, campaign_id: str) -> set[str]:
    """Ids of the images a campaign passes over."""
    query = select(skips.c.image_id).where(skips.c.project_id == project_id, skips.c.campaign_id == campaign_id)
    return set(tx.execute(query).scalars().all())


def skips_of_images(tx: Transaction, project_id: str, image_ids: Sequence[str]) -> dict[str, set[str]]:
    """Ids of the campaigns that pass over the images, by image id."""
    campaigns_by_image: dict[str, set[str]] = {}
    for ids in chunks(image_ids):
        for row in tx.execute(_SKIPS, {"project_id": project_id, "ids": ids}):
            campaigns_by_image.setdefault(row.image_id, set()).add(row.campaign_id)
    return campaigns_by_image


def _pick_row(batch: Batch, position: int) -> dict[str, object]:
    pick = batch.picks[position]
    return {
        "batch_id": batch.id,
        "position": position,
        "project_id": batch.project_id,
        "image_id": pick.image_id,
        "reason": pick.reason,
        "score": pick.score,
        "cost_s": pick.cost_s,
        "state": PickState.OPEN.value,
        "proposed_by": pick.proposed_by,
    }


def _record(row: Row[Any], chosen: Sequence[Row[Any]]) -> BatchRecord:
    batch = Batch(
        id=row.id,
        project_id=row.project_id,
        campaign_id=row.campaign_id,
        annotator=row.annotator,
        kind=SupervisionKind(row.kind),
        strategy=row.strategy,
        picks=tuple(Pick(each.image_id, each.reason, each.cost_s, each.score, each.proposed_by) for each in chosen),
        expires_at=row.expires_at,
        exhausted=row.exhausted,
        model_version=row.model_version,
        target_iou=row.target_iou,
        fallback=row.fallback,
        for_split=Split(row.for_split) if row.for_split else None,
        assistance=UNAIDED if row.assistance is None else _assistance(row.assistance),
    )
    return BatchRecord(batch, {pick.image_id: PickState(pick.state) for pick in chosen})


def _assistance(stored: Mapping[str, Any]) -> Assistance:
    return Assistance(**{**stored, "assist": Assist(stored["assist"]), "among": tuple(stored.get("among", ()))})
