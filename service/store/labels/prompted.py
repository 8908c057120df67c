"""Rows of what was offered for prompts, by a model version or by another network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from maskloop.masks import Mask
from maskloop.values import ObjectProposal
from service.store.database.database import Transaction
from service.store.images import chunks
from service.store.tables import images
from service.store.tables import prompted_proposals as prompted


def keep_prompted(
    tx: Transaction,
    project_id: str,
    image_id: str,
    proposals: Iterable[ObjectProposal],
    *,
    model_version: str,
    now: datetime,
) -> None:
    """Keep masks that were offered for prompts; those that are there already stay as they are, as new as the others.

    Args:
        model_version: what offered them; of a network that is no version, its name.
    """
    offered = {proposal.id: proposal for proposal in proposals}
    known = prompted_proposals(tx, project_id, image_id, offered)
    rows = [
        {
            "project_id": project_id,
            "id": proposal.id,
            "image_id": image_id,
            "model_version": model_version,
            "category_id": proposal.category_id,
            "rle": proposal.mask.rle,
            "predicted_iou": proposal.predicted_iou,
            "confidence": proposal.confidence,
            "created_at": now,
        }
        for proposal in offered.values()
        if proposal.id not in known
    ]
    if rows:
        tx.execute(insert(prompted), rows)
    for some in chunks(list(known)):
        again = (prompted.c.project_id == project_id) & (prompted.c.image_id == image_id) & prompted.c.id.in_(some)
        tx.execute(update(prompted).where(again).values(created_at=now))


def forget_prompted(tx: Transaction, before: datetime) -> int:
    """Forget masks that were last offered before a moment; what labels name is kept beside them. Returns how many."""
    return tx.execute(delete(prompted).where(prompted.c.created_at < before)).rowcount


def prompted_proposals(
    tx: Transaction, project_id: str, image_id: str, ids: Iterable[str]
) -> dict[str, ObjectProposal]:
    """Those of an image's masks of these ids that were offered for prompts, whatever the version."""
    found: dict[str, ObjectProposal] = {}
    for some in chunks(list(ids)):
        of_image = (images.c.project_id == prompted.c.project_id) & (images.c.id == prompted.c.image_id)
        query = (
            select(prompted, images.c.height, images.c.width)
            .join(images, of_image)
            .where(
                prompted.c.project_id == project_id,
                prompted.c.image_id == image_id,
                prompted.c.id.in_(some),
            )
        )
        for row in tx.execute(query):
            mask = Mask(row.height, row.width, row.rle)
            found[row.id] = ObjectProposal(row.category_id, mask, row.predicted_iou, row.confidence, row.id)
    return found


def has_prompted(tx: Transaction, project_id: str, model_version: str) -> bool:
    """Whether anything was offered for prompts in a project's images under this name."""
    query = select(prompted.c.id).where(prompted.c.project_id == project_id, prompted.c.model_version == model_version)
    return tx.execute(query.limit(1)).one_or_none() is not None
