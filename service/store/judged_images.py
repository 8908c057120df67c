"""What labels say is in an image, whatever their kind; and candidate out-of-distribution images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, and_, select

from maskloop.values import Image, OodAnswer, Split, SupervisionKind
from service.store.database import Transaction
from service.store.images import image_of
from service.store.label_rows import IMAGE_FIELDS, answer_of, image_beside, said_by
from service.store.tables import IS_CURRENT, images, labels

_BEST_FIRST = (SupervisionKind.FULL, SupervisionKind.COUNTS, SupervisionKind.OOD_CHECK)


@dataclass(frozen=True)
class JudgedImage:
    """An image, the ids of the categories that are in it, and the label that says so best."""

    image: Image
    categories: frozenset[int]
    label_id: str


def judged_images(tx: Transaction, project_id: str) -> Iterator[JudgedImage]:
    """Images of the pool, for training, or out of distribution, of which labels say what is in them, by image id.

    A full label says it better than counts do, and counts better than an answer.
    """
    return _judged(tx, _telling(project_id, _BEST_FIRST))


def empty_images(tx: Transaction, project_id: str) -> Iterator[JudgedImage]:
    """Those of `judged_images` that have no full label and hold nothing; no mask is read."""
    full = select(labels.c.image_id).where(
        labels.c.project_id == project_id, labels.c.kind == SupervisionKind.FULL.value, IS_CURRENT
    )
    said = _telling(project_id, (SupervisionKind.COUNTS, SupervisionKind.OOD_CHECK))
    return (one for one in _judged(tx, said.where(labels.c.image_id.not_in(full))) if not one.categories)


def _telling(project_id: str, kinds: Iterable[SupervisionKind]) -> Select[Any]:
    """Current labels of these kinds, beside their images."""
    beside = select(labels, *(images.c[name] for name in IMAGE_FIELDS)).join(
        images, and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id)
    )
    of_kinds = labels.c.kind.in_([kind.value for kind in kinds])
    return beside.where(labels.c.project_id == project_id, of_kinds, IS_CURRENT, images.c.split != Split.TEST.value)


def _judged(tx: Transaction, found: Select[Any]) -> Iterator[JudgedImage]:
    """Each image with the label that says it best."""
    for _, rows in groupby(tx.execute(found.order_by(labels.c.image_id)), attrgetter("image_id")):
        best = min(rows, key=lambda row: _BEST_FIRST.index(SupervisionKind(row.kind)))
        yield JudgedImage(image_beside(best, best.image_id), frozenset(said_by(best).by_category), best.id)


def candidate_images(tx: Transaction, project_id: str) -> Iterator[Image]:
    """Images of split OOD that have neither an answer nor a full label, by image id."""
    known = select(labels.c.image_id).where(
        labels.c.project_id == project_id,
        labels.c.kind.in_([SupervisionKind.OOD_CHECK.value, SupervisionKind.FULL.value]),
        IS_CURRENT,
    )
    found = select(images).where(
        images.c.project_id == project_id, images.c.split == Split.OOD.value, images.c.id.not_in(known)
    )
    return map(image_of, tx.execute(found.order_by(images.c.id)))


def ood_answers(tx: Transaction, project_id: str) -> dict[str, OodAnswer]:
    """The current answers of all images that have one, by image id in the order in which they were given."""
    found = select(labels.c.image_id, labels.c.counts).where(
        labels.c.project_id == project_id, labels.c.kind == SupervisionKind.OOD_CHECK.value, IS_CURRENT
    )
    return {row.image_id: answer_of(row.counts) for row in tx.execute(found.order_by(labels.c.number))}
