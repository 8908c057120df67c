"""Labels to export: which there are at one moment, then some of them at a time.

A label never changes and is never removed, so those that are read later are those that were there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Text, and_, cast, func, select

from maskloop.values import Image, Review, SupervisionKind
from service.store.database.database import Database, Transaction
from service.store.labels.label_rows import IMAGE_FIELDS, LEAST_BYTES, image_beside, label_of
from service.store.labels.labels import LabeledImage
from service.store.labels.review_rows import review_of
from service.store.tables import IS_CURRENT, images, labels

AT_ONCE = 200  # labels that one query asks for
_IS_OF = and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id)
_OF_IMAGES = [images.c[name] for name in IMAGE_FIELDS]
_BESIDE = select(labels, *_OF_IMAGES).join(images, _IS_OF)
_IMAGES = select(labels.c.project_id, labels.c.image_id, labels.c.review, *_OF_IMAGES).join(images, _IS_OF)


def current_label_ids(tx: Transaction, project_id: str, kind: SupervisionKind) -> list[str]:
    """Ids of a project's current labels of a kind, in the order of their images' ids."""
    query = select(labels.c.id).where(labels.c.project_id == project_id, labels.c.kind == kind.value, IS_CURRENT)
    return list(tx.execute(query.order_by(labels.c.image_id)).scalars())


def read_labels(database: Database, label_ids: Sequence[str], most_bytes: int) -> Iterator[list[LabeledImage]]:
    """Labels by id, as many at a time as `most_bytes` hold, at least one. No transaction is open in between."""
    for begin in range(0, len(label_ids), AT_ONCE):
        asked = label_ids[begin : begin + AT_ONCE]
        with database.read() as tx:
            weights = _weights(tx, asked)
        for some in _packs(asked, weights, most_bytes):
            with database.read() as tx:
                read = _read(tx, some)
            yield read


def read_images(database: Database, label_ids: Sequence[str]) -> Iterator[tuple[Image, Review | None]]:
    """The images of labels by id, with what became of proposals for each; no mask of a label is read."""
    for begin in range(0, len(label_ids), AT_ONCE):
        asked = _IMAGES.where(labels.c.id.in_(label_ids[begin : begin + AT_ONCE])).order_by(labels.c.image_id)
        with database.read() as tx:
            rows = tx.execute(asked).all()
        for row in rows:
            review = None if row.review is None else review_of(row.review, row.height, row.width)
            yield image_beside(row, row.image_id), review


def _weights(tx: Transaction, label_ids: Sequence[str]) -> dict[str, int]:
    """How many characters each label takes as it is stored, about."""
    objects, review = func.length(cast(labels.c.objects, Text)), func.length(cast(labels.c.review, Text))
    rows: Any = tx.execute(select(labels.c.id, objects, review).where(labels.c.id.in_(label_ids)))
    return {row[0]: LEAST_BYTES + (row[1] or 0) + (row[2] or 0) for row in rows}


def _packs(label_ids: Sequence[str], weights: Mapping[str, int], most_bytes: int) -> Iterator[list[str]]:
    """Ids in their order, as many at a time as weigh no more than this, at least one."""
    pack: list[str] = []
    weight = 0
    for label_id in label_ids:
        if pack and weight + weights[label_id] > most_bytes:
            yield pack
            pack, weight = [], 0
        pack.append(label_id)
        weight += weights[label_id]
    yield pack


def _read(tx: Transaction, label_ids: Sequence[str]) -> list[LabeledImage]:
    """In the order of the ids. The database is not asked for an order: it would sort what the masks take as well."""
    rows = {row.id: row for row in tx.execute(_BESIDE.where(labels.c.id.in_(label_ids)))}
    return [LabeledImage(image_beside(rows[each], rows[each].image_id), label_of(rows[each])) for each in label_ids]
