"""Rows of labels. A label is never changed; a correction supersedes it, and both stay."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, and_, bindparam, cast, func, insert, select, update
from sqlalchemy.engine import Row

from maskloop.errors import LabelNotFound
from maskloop.values import MARKS, Counts, FullLabel, Image, Label, Split, SupervisionKind
from service.store.database.database import Transaction
from service.store.images import chunks, image_of
from service.store.labels.label_rows import IMAGE_FIELDS, counts_of, image_beside, label_of, row_of, weight_of
from service.store.pagination import Page, PageRequest
from service.store.pool_ids import TELLING_EMPTY, needless_ids
from service.store.tables import IS_CURRENT, images, labels

_WITH_SIZE = select(labels, images.c.height, images.c.width).join(
    images, and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id)
)
ROWS_AT_ONCE = 4  # that a driver may hold
_HOLDS = select(labels.c.image_id, labels.c.kind, labels.c.objects_present).where(
    IS_CURRENT, labels.c.kind.in_([kind.value for kind in TELLING_EMPTY])
)
_IS_COUNTS = labels.c.kind == Counts.kind.value
_IS_FULL = labels.c.kind == FullLabel.kind.value
_INSERT = insert(labels)
_SUPERSEDE = update(labels).where(labels.c.id == bindparam("old_id")).values(superseded_by=bindparam("new_id"))
_CURRENT = select(labels.c.id, labels.c.image_id, labels.c.kind).where(
    labels.c.project_id == bindparam("project_id"),
    labels.c.image_id.in_(bindparam("ids", expanding=True)),
    IS_CURRENT,
)
_COUNTED = select(
    labels.c.image_id, labels.c.categories_present, labels.c.objects_present, labels.c.cost_s, labels.c.superseded_by
).where(
    labels.c.project_id == bindparam("project_id"),
    _IS_COUNTS,
    labels.c.image_id.in_(bindparam("ids", expanding=True)),
)
_SAYS_MOST = [kind.value for kind in (FullLabel.kind, *MARKS, Counts.kind)]
"""Kinds that tell how many objects an image holds, the one that says most of them first."""
_TELLING = select(labels.c.image_id, labels.c.kind, labels.c.categories_present, labels.c.objects_present).where(
    labels.c.project_id == bindparam("project_id"),
    labels.c.kind.in_(_SAYS_MOST),
    labels.c.image_id.in_(bindparam("ids", expanding=True)),
    IS_CURRENT,
)
_FULL = labels.alias("full_labels")
_IS_FULL_OF_IMAGE = and_(
    _FULL.c.project_id == images.c.project_id,
    _FULL.c.image_id == images.c.id,
    _FULL.c.kind == FullLabel.kind.value,
    _FULL.c.superseded_by == "",
)


@dataclass(frozen=True)
class LabeledImage:
    """An image and its current label of a kind."""

    image: Image
    label: Label


@dataclass(frozen=True)
class CountedImage:
    """What labels say of an image in numbers, and what the project paid for its counts in seconds."""

    categories: int
    objects: int
    paid_s: float


def insert_labels(tx: Transaction, new: Sequence[Label]) -> None:
    """Add labels; those they supersede are no longer current."""
    corrections = [{"old_id": label.supersedes, "new_id": label.id} for label in new if label.supersedes]
    if corrections:
        tx.execute(_SUPERSEDE, corrections)
    if new:
        tx.execute(_INSERT, [row_of(label) for label in new])


def get_labels(tx: Transaction, project_id: str, label_ids: Sequence[str]) -> list[Label]:
    """Labels by id, in the order asked for.

    Raises:
        LabelNotFound: one of them is not in the project.
    """
    kept: dict[str, Label] = {}
    for ids in chunks(label_ids):
        rows = tx.execute(_WITH_SIZE.where(labels.c.project_id == project_id, labels.c.id.in_(ids)))
        kept.update((row.id, label_of(row)) for row in rows)
    for label_id in label_ids:
        if label_id not in kept:
            raise LabelNotFound(f"project {project_id} has no label {label_id!r}", field="label_id")
    return [kept[label_id] for label_id in label_ids]


def current_labels(
    tx: Transaction, project_id: str, image_ids: Sequence[str]
) -> dict[tuple[str, SupervisionKind], str]:
    """Ids of the current labels of some images, by image id and kind."""
    current: dict[tuple[str, SupervisionKind], str] = {}
    for ids in chunks(image_ids):
        rows = tx.execute(_CURRENT, {"project_id": project_id, "ids": ids})
        current.update(((row.image_id, SupervisionKind(row.kind)), row.id) for row in rows)
    return current


def list_labels(
    tx: Transaction,
    project_id: str,
    page: PageRequest,
    *,
    image_id: str = "",
    kind: SupervisionKind | None = None,
    include_superseded: bool = False,
    annotator: str = "",
) -> Page[Label]:
    """A project's labels, oldest first, of one annotator or of all for ""; pages of large ones are short."""
    query = _WITH_SIZE.where(labels.c.project_id == project_id, labels.c.number > page.after_number)
    if image_id:
        query = query.where(labels.c.image_id == image_id)
    if kind is not None:
        query = query.where(labels.c.kind == kind.value)
    if annotator:
        query = query.where(labels.c.annotator == annotator)
    if not include_superseded:
        query = query.where(IS_CURRENT)
    asked = query.order_by(labels.c.number).limit(page.size + 1).execution_options(yield_per=ROWS_AT_ONCE)
    rows, page = page.take(tx.execute(asked), weight_of)
    return page.cut([label_of(row) for row in rows], [str(row.number) for row in rows])


def full_labels(tx: Transaction, project_id: str, splits: Iterable[Split]) -> Iterator[LabeledImage]:
    """Current full labels of the images of some splits, by image id; read as they are consumed."""
    return labels_beside_images(tx, project_id, SupervisionKind.FULL, splits)


def labels_beside_images(
    tx: Transaction, project_id: str, kind: SupervisionKind, splits: Iterable[Split]
) -> Iterator[LabeledImage]:
    """Current labels of a kind of the images of some splits, by image id; read as they are consumed."""
    for row in tx.execute(_beside_images(project_id, kind, splits).order_by(labels.c.image_id)):
        yield LabeledImage(image_beside(row, row.image_id), label_of(row))


def newest_full_labels(tx: Transaction, project_id: str, splits: Iterable[Split], most: int) -> list[LabeledImage]:
    """The newest current full labels of the images of some splits, newest first."""
    query = _beside_images(project_id, SupervisionKind.FULL, splits).order_by(labels.c.number.desc()).limit(most)
    return [LabeledImage(image_beside(row, row.image_id), label_of(row)) for row in tx.execute(query)]


def _beside_images(project_id: str, kind: SupervisionKind, splits: Iterable[Split]) -> Select[Any]:
    return (
        select(labels, *(images.c[name] for name in IMAGE_FIELDS))
        .join(images, and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id))
        .where(
            labels.c.project_id == project_id,
            labels.c.kind == kind.value,
            IS_CURRENT,
            images.c.split.in_([str(split) for split in splits]),
        )
    )


def full_label_sizes(tx: Transaction, project_id: str, split: Split) -> tuple[int, int]:
    """Current full labels of the images of a split, and the objects that they show together."""
    query = (
        select(func.count(), func.coalesce(func.sum(_FULL.c.objects_present), 0))
        .select_from(images)
        .join(_FULL, _IS_FULL_OF_IMAGE)
        .where(images.c.project_id == project_id, images.c.split == split.value)
    )
    row: Any = tx.execute(query).one()
    return int(row[0]), int(row[1])


def counts_to_score(tx: Transaction, project_id: str) -> Iterator[tuple[Image, Counts]]:
    """Pool images with counts of at least one object and without a full label, by image id."""
    query = (
        select(images, labels.c.counts)
        .join(labels, and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id))
        .join(_FULL, _IS_FULL_OF_IMAGE, isouter=True)
        .where(
            labels.c.project_id == project_id,
            _IS_COUNTS,
            IS_CURRENT,
            labels.c.objects_present > 0,
            images.c.split == Split.POOL.value,
            _FULL.c.id.is_(None),
        )
        .order_by(images.c.id)
    )
    for row in tx.execute(query):
        yield image_of(row), counts_of(row.counts)


def pool_counts(tx: Transaction, project_id: str) -> Iterator[tuple[Image, Counts | None, float]]:
    """Pool images without a full label, with their counts (`None` if unknown) and what was paid for these, by id."""
    is_counts = and_(_IS_COUNTS, labels.c.project_id == project_id)
    as_text = cast(labels.c.counts, Text).label("counts")
    current = select(labels.c.image_id, as_text).where(is_counts, IS_CURRENT).subquery()
    paid = select(labels.c.image_id, func.sum(labels.c.cost_s).label("paid_s")).where(is_counts)
    paid_by_image = paid.group_by(labels.c.image_id).subquery()
    full = select(labels.c.image_id).where(labels.c.project_id == project_id, _IS_FULL, IS_CURRENT)
    query = (
        select(images, current.c.counts, paid_by_image.c.paid_s)
        .join(current, current.c.image_id == images.c.id, isouter=True)
        .join(paid_by_image, paid_by_image.c.image_id == images.c.id, isouter=True)
        .where(images.c.project_id == project_id, images.c.split == Split.POOL.value, images.c.id.not_in(full))
        .order_by(images.c.id)
    )
    said: dict[str | None, Counts | None] = {None: None}  # most images of a large pool say what others say
    for row in tx.execute(query):
        if row.counts not in said:
            said[row.counts] = counts_of(json.loads(row.counts))
        yield image_of(row), said[row.counts], row.paid_s or 0.0


def images_to_score(tx: Transaction, project_id: str) -> Iterator[Image]:
    """Pool images without a full label, counted or not, by image id."""
    query = (
        select(images)
        .join(_FULL, _IS_FULL_OF_IMAGE, isouter=True)
        .where(images.c.project_id == project_id, images.c.split == Split.POOL.value, _FULL.c.id.is_(None))
        .order_by(images.c.id)
    )
    for row in tx.execute(query):
        yield image_of(row)


def unjudged_images(tx: Transaction, project_id: str) -> Iterator[Image]:
    """Those of `images_to_score` of which nobody has said that they hold nothing."""
    empty = _told_empty(tx.execute(_HOLDS.where(labels.c.project_id == project_id)))
    return (image for image in images_to_score(tx, project_id) if image.id not in empty)


def counted_images(tx: Transaction, project_id: str, image_ids: Sequence[str]) -> dict[str, CountedImage]:
    """What is known of those images that were counted. Corrections change the counts, not what was paid."""
    rows: list[Row[Any]] = []
    for ids in chunks(image_ids):
        rows.extend(tx.execute(_COUNTED, {"project_id": project_id, "ids": ids}))
    paid: dict[str, float] = {}
    for row in rows:
        paid[row.image_id] = paid.get(row.image_id, 0.0) + row.cost_s
    return {
        row.image_id: CountedImage(row.categories_present, row.objects_present, paid[row.image_id])
        for row in rows
        if not row.superseded_by
    }


def told_images(tx: Transaction, project_id: str, image_ids: Sequence[str]) -> dict[str, CountedImage]:
    """Those of which any label tells how many objects there are: the mark that says most, or else counts. Only counts
    make the next label cheaper."""
    counted = counted_images(tx, project_id, image_ids)
    told: dict[str, CountedImage] = {}
    for ids in chunks(image_ids):
        rows = tx.execute(_TELLING, {"project_id": project_id, "ids": ids}).all()
        for row in sorted(rows, key=lambda row: -_SAYS_MOST.index(row.kind)):
            paid_s = counted[row.image_id].paid_s if row.image_id in counted else 0.0
            told[row.image_id] = CountedImage(row.categories_present, row.objects_present, paid_s)
    return told


def holding_nothing(tx: Transaction, project_id: str, image_ids: Sequence[str]) -> set[str]:
    """Those of some pool images of which current counts, or else image-level labels, say that they hold nothing."""
    of_project = _HOLDS.where(labels.c.project_id == project_id)
    parts = (of_project.where(labels.c.image_id.in_(ids)) for ids in chunks(image_ids))
    return {image_id for query in parts for image_id in _told_empty(tx.execute(query))}


def _told_empty(rows: Iterable[Row[Any]]) -> set[str]:
    objects: dict[str, dict[str, int]] = {}
    for row in rows:
        objects.setdefault(row.image_id, {})[row.kind] = row.objects_present
    best_first = [kind.value for kind in TELLING_EMPTY]
    return {
        image_id for image_id, said in objects.items() if said[next(kind for kind in best_first if kind in said)] == 0
    }


def images_without_need(tx: Transaction, project_id: str, kind: SupervisionKind) -> set[str]:
    """Images that need no label of this kind (any more): labeled, or known to hold nothing if it tells how many."""
    return {image_id.decode() for image_id in needless_ids(tx, project_id, kind).tolist()}
