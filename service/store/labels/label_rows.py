"""Labels as rows, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Row

from maskloop.masks import Mask
from maskloop.values import (
    BACKGROUND,
    Box,
    BoxesLabel,
    Counts,
    FullLabel,
    Image,
    ImageLevelLabel,
    Label,
    LabelContent,
    ObjectLabel,
    OodAnswer,
    Point,
    PointsLabel,
    Scribble,
    ScribblesLabel,
    Split,
    SupervisionKind,
)
from service.store.labels.review_rows import review_row, with_review

IMAGE_FIELDS = ("file_name", "uri", "width", "height", "sha256", "split")
"""Columns of an image that stand beside its label's."""
LEAST_BYTES = 16  # of a number or a pair, with what names it


def image_beside(row: Row[Any], image_id: str) -> Image:
    """The image of a row that has IMAGE_FIELDS as well."""
    facts = {name: getattr(row, name) for name in IMAGE_FIELDS}
    return Image(id=image_id, project_id=row.project_id, **{**facts, "split": Split(row.split)})


@dataclass(frozen=True)
class StoredForm:
    """How the content of one kind stands in the columns `counts` and `objects`, one of which is NULL.

    Args:
        columns: what goes into the columns.
        content: reads it back; a full label's row has its image's `height` and `width` as well.
        shown: what the row shows, in numbers; no mask is decoded.
    """

    columns: Callable[[Any], dict[str, object]]
    content: Callable[[Row[Any]], LabelContent]
    shown: Callable[[Row[Any]], Counts]


def label_of(row: Row[Any]) -> Label:
    """The label of a row; one of a full label has its image's `height` and `width` as well."""
    return Label(
        id=row.id,
        project_id=row.project_id,
        image_id=row.image_id,
        content=STORED_FORMS[SupervisionKind(row.kind)].content(row),
        annotator=row.annotator,
        cost_s=row.cost_s,
        created_at=row.created_at,
        seconds_spent=row.seconds_spent,
        campaign_id=row.campaign_id,
        supersedes=row.supersedes,
        superseded_by=row.superseded_by,
    )


def row_of(label: Label) -> dict[str, object]:
    """A label as its row."""
    shown = label.shown
    return {
        "id": label.id,
        "project_id": label.project_id,
        "image_id": label.image_id,
        "kind": label.kind.value,
        "annotator": label.annotator,
        "campaign_id": label.campaign_id,
        "cost_s": label.cost_s,
        "seconds_spent": label.seconds_spent,
        "counts": None,
        "objects": None,
        "review": None,
        **STORED_FORMS[label.kind].columns(label.content),
        "categories_present": shown.categories,
        "objects_present": shown.objects,
        "outline_length": label.content.outline_length,
        "supersedes": label.supersedes,
        "superseded_by": label.superseded_by,
        "created_at": label.created_at,
    }


def weight_of(row: Row[Any]) -> int:
    """How many bytes a label takes on the wire, about."""
    proposals = () if row.review is None else row.review["proposals"]
    return LEAST_BYTES + sum(map(_weight, row.objects or ())) + sum(map(_weight, proposals))


def _weight(stored: list[Any]) -> int:
    return sum(len(part) if isinstance(part, str) else LEAST_BYTES for part in stored)


def shown_by(row: Row[Any]) -> Counts:
    """What a label's row shows, in numbers; no mask is decoded."""
    return STORED_FORMS[SupervisionKind(row.kind)].shown(row)


def categories_in(row: Row[Any]) -> frozenset[int]:
    """Ids of the categories that a label's row says are in its image, those of crowds as well."""
    if row.objects is not None:
        return frozenset(category_id for category_id, *_ in row.objects) - {BACKGROUND}
    return frozenset(shown_by(row).by_category)


def counts_of(stored: dict[str, int]) -> Counts:
    """Counts as the column `counts` keeps them."""
    return Counts({int(category_id): count for category_id, count in stored.items()})


def answer_of(stored: dict[str, int]) -> OodAnswer:
    """An answer as the column `counts` keeps it: the category that is there, or none."""
    return OodAnswer(next(iter(counts_of(stored).by_category), 0))


def _counts_columns(content: Counts | ImageLevelLabel | OodAnswer) -> dict[str, object]:
    return {"counts": {str(key): count for key, count in content.shown.by_category.items()}}


def _counts_content(row: Row[Any]) -> Counts:
    return counts_of(row.counts)


def _image_level_content(row: Row[Any]) -> ImageLevelLabel:
    return ImageLevelLabel(tuple(counts_of(row.counts).by_category))


def _answer_content(row: Row[Any]) -> OodAnswer:
    return answer_of(row.counts)


_CROWD = {False: (), True: ("crowd",)}
"""What stands behind an object's mask: nothing, as of old, or that it is a crowd."""


def _full_columns(content: FullLabel) -> dict[str, object]:
    objects = [[item.category_id, item.mask.rle.decode(), *_CROWD[item.crowd]] for item in content.objects]
    return {"objects": objects, "review": review_row(content)}


def _full_content(row: Row[Any]) -> FullLabel:
    objects = tuple(
        ObjectLabel(category_id, Mask(row.height, row.width, rle.encode()), crowd=bool(crowd))
        for category_id, rle, *crowd in row.objects
    )
    return with_review(objects, row.review, row.height, row.width)


def _full_shown(row: Row[Any]) -> Counts:
    return Counts(Counter(category_id for category_id, _, *crowd in row.objects if not crowd))


def _boxes_columns(content: BoxesLabel) -> dict[str, object]:
    return {"objects": [[item.category_id, item.x, item.y, item.width, item.height] for item in content.boxes]}


def _boxes_content(row: Row[Any]) -> BoxesLabel:
    return BoxesLabel(tuple(Box(*stored) for stored in row.objects))


def _points_columns(content: PointsLabel) -> dict[str, object]:
    return {"objects": [[item.category_id, item.x, item.y] for item in content.points]}


def _points_content(row: Row[Any]) -> PointsLabel:
    return PointsLabel(tuple(Point(*stored) for stored in row.objects))


def _scribbles_columns(content: ScribblesLabel) -> dict[str, object]:
    return {"objects": [[item.category_id, *map(list, item.path)] for item in content.scribbles]}


def _scribbles_content(row: Row[Any]) -> ScribblesLabel:
    return ScribblesLabel(tuple(Scribble(category_id, tuple(path)) for category_id, *path in row.objects))


def _objects_shown(row: Row[Any]) -> Counts:
    return Counts(Counter(category_id for category_id, *_ in row.objects if category_id != BACKGROUND))


STORED_FORMS: Mapping[SupervisionKind, StoredForm] = {
    SupervisionKind.IMAGE_LEVEL: StoredForm(_counts_columns, _image_level_content, _counts_content),
    SupervisionKind.COUNTS: StoredForm(_counts_columns, _counts_content, _counts_content),
    SupervisionKind.POINTS: StoredForm(_points_columns, _points_content, _objects_shown),
    SupervisionKind.SCRIBBLES: StoredForm(_scribbles_columns, _scribbles_content, _objects_shown),
    SupervisionKind.BOXES: StoredForm(_boxes_columns, _boxes_content, _objects_shown),
    SupervisionKind.FULL: StoredForm(_full_columns, _full_content, _full_shown),
    SupervisionKind.OOD_CHECK: StoredForm(_counts_columns, _answer_content, _counts_content),
}
