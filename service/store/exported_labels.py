"""Labels to export: which there are at one moment, then some of them at a time.

A label never changes and is never removed, so those that are read later are those that were there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import and_, select

from maskloop.values import Image, Review, SupervisionKind
from service.store.database import Database, Transaction
from service.store.label_rows import IMAGE_FIELDS, image_beside, label_of, weight_of
from service.store.labels import ROWS_AT_ONCE, LabeledImage
from service.store.review_rows import review_of
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
    begin = 0
    while begin < len(label_ids):
        with database.read() as tx:
            some = _first(tx, label_ids[begin : begin + AT_ONCE], most_bytes)
        yield some
        begin += len(some)


def read_images(database: Database, label_ids: Sequence[str]) -> Iterator[tuple[Image, Review | None]]:
    """The images of labels by id, with what became of proposals for each; no mask of a label is read."""
    for begin in range(0, len(label_ids), AT_ONCE):
        asked = _IMAGES.where(labels.c.id.in_(label_ids[begin : begin + AT_ONCE])).order_by(labels.c.image_id)
        with database.read() as tx:
            rows = tx.execute(asked).all()
        for row in rows:
            review = None if row.review is None else review_of(row.review, row.height, row.width)
            yield image_beside(row, row.image_id), review


def _first(tx: Transaction, label_ids: Sequence[str], most_bytes: int) -> list[LabeledImage]:
    query = _BESIDE.where(labels.c.id.in_(label_ids)).order_by(labels.c.image_id)
    some: list[LabeledImage] = []
    weight = 0
    for row in tx.execute(query.execution_options(yield_per=ROWS_AT_ONCE)):
        weight += weight_of(row)
        if some and weight > most_bytes:
            break
        some.append(LabeledImage(image_beside(row, row.image_id), label_of(row)))
    return some
