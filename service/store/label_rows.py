"""Labels as rows, and back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy.engine import Row

from maskloop.masks import Mask
from maskloop.values import Counts, Image, Label, ObjectLabel, OodAnswer, Split, SupervisionKind

IMAGE_FIELDS = ("file_name", "uri", "width", "height", "sha256", "split")
"""Columns of an image that stand beside its label's."""


def image_beside(row: Row[Any], image_id: str) -> Image:
    """The image of a row that has IMAGE_FIELDS as well."""
    facts = {name: getattr(row, name) for name in IMAGE_FIELDS}
    return Image(id=image_id, project_id=row.project_id, **{**facts, "split": Split(row.split)})


def label_of(row: Row[Any]) -> Label:
    """The label of a row; one of a full label has its image's `height` and `width` as well."""
    return Label(
        id=row.id,
        project_id=row.project_id,
        image_id=row.image_id,
        kind=SupervisionKind(row.kind),
        annotator=row.annotator,
        cost_s=row.cost_s,
        created_at=row.created_at,
        counts=counts_of(row.counts) if row.kind == SupervisionKind.COUNTS else None,
        answer=answer_of(row.counts) if row.kind == SupervisionKind.OOD_CHECK else None,
        objects=tuple(
            ObjectLabel(category_id, Mask(row.height, row.width, rle.encode()))
            for category_id, rle in row.objects or ()
        ),
        seconds_spent=row.seconds_spent,
        campaign_id=row.campaign_id,
        supersedes=row.supersedes,
        superseded_by=row.superseded_by,
    )


def counts_of(stored: dict[str, int]) -> Counts:
    """Counts as the column `counts` keeps them."""
    return Counts({int(category_id): count for category_id, count in stored.items()})


def answer_of(stored: dict[str, int]) -> OodAnswer:
    """An answer as the column `counts` keeps it: the category that is there, or none."""
    return OodAnswer(next(iter(counts_of(stored).by_category), 0))


def said_by(row: Row[Any]) -> Counts:
    """What a label says, without its masks."""
    if row.counts is not None:
        return counts_of(row.counts)
    return Counts(Counter(category_id for category_id, _ in row.objects or ()))


def row_of(label: Label) -> dict[str, object]:
    """A label as its row."""
    shown = label.shown
    full = label.kind is SupervisionKind.FULL
    return {
        "id": label.id,
        "project_id": label.project_id,
        "image_id": label.image_id,
        "kind": label.kind.value,
        "annotator": label.annotator,
        "campaign_id": label.campaign_id,
        "cost_s": label.cost_s,
        "seconds_spent": label.seconds_spent,
        "counts": None if full else {str(key): count for key, count in shown.by_category.items()},
        "objects": [[item.category_id, item.mask.rle.decode()] for item in label.objects] if full else None,
        "categories_present": shown.categories,
        "objects_present": shown.objects,
        "supersedes": label.supersedes,
        "superseded_by": label.superseded_by,
        "created_at": label.created_at,
    }
