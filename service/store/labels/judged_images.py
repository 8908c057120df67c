"""What labels say is in an image, whatever their kind; and candidate out-of-distribution images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select

from maskloop.values import Image, OodAnswer, Split, SupervisionKind
from service.store.database.database import Transaction
from service.store.images import chunks, image_of
from service.store.labels.label_rows import IMAGE_FIELDS, answer_of, categories_in, image_beside, label_of
from service.store.labels.labels import LabeledImage
from service.store.tables import IS_CURRENT, images, labels


class TrainingUse(StrEnum):
    """What a network that outlines learns from a label of one kind."""

    SAMPLE = "sample"  # its masks
    WEAK = "weak"  # what it says of objects, where the network's recipe can; else, whether its image holds nothing
    EMPTY_IMAGE = "empty_image"  # nothing, unless it says that its image holds nothing


TRAINING_USES: Mapping[SupervisionKind, TrainingUse] = {
    SupervisionKind.FULL: TrainingUse.SAMPLE,
    SupervisionKind.BOXES: TrainingUse.WEAK,
    SupervisionKind.SCRIBBLES: TrainingUse.WEAK,
    SupervisionKind.POINTS: TrainingUse.WEAK,
    SupervisionKind.COUNTS: TrainingUse.WEAK,
    SupervisionKind.IMAGE_LEVEL: TrainingUse.WEAK,
    SupervisionKind.OOD_CHECK: TrainingUse.EMPTY_IMAGE,
}
"""What each kind is for, the one that says best what is in an image first."""


@dataclass(frozen=True)
class JudgedImage:
    """An image, the ids of the categories that are in it, and the label that says so best."""

    image: Image
    categories: frozenset[int]
    label_id: str


def judged_images(tx: Transaction, project_id: str) -> Iterator[JudgedImage]:
    """Images of the pool, for training, or out of distribution, of which labels say what is in them, by image id.

    A full label says it better than boxes do, boxes better than strokes, strokes better than points, points better than
    counts, counts better than an image-level label, and that better than an answer.
    """
    return _judged(tx, _telling(project_id, TRAINING_USES))


def empty_images(tx: Transaction, project_id: str) -> Iterator[JudgedImage]:
    """Those of `judged_images` that no label outlines and that hold nothing; no mask or box is read."""
    kinds = [kind for kind, use in TRAINING_USES.items() if use is not TrainingUse.SAMPLE]
    said = _telling(project_id, kinds).where(labels.c.image_id.not_in(_outlined(project_id)))
    return (image for image in _judged(tx, said) if not image.categories)


def count_pool(tx: Transaction, project_id: str) -> int:
    """Images of the pool, labeled ones included."""
    query = select(func.count()).where(images.c.project_id == project_id, images.c.split == Split.POOL.value)
    return int(tx.execute(query).scalar_one())


def labeled_sizes(tx: Transaction, project_id: str, most_pixels: int) -> tuple[int, int, int]:
    """Images that are not for testing and of which current labels say anything, the objects that they show, and their
    pixels, of each image at most `most_pixels`."""
    area = images.c.height * images.c.width
    of_image = (
        select(
            func.max(labels.c.objects_present).label("objects"),
            func.max(case((area > most_pixels, most_pixels), else_=area)).label("pixels"),
        )
        .join(images, and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id))
        .where(labels.c.project_id == project_id, IS_CURRENT, images.c.split != Split.TEST.value)
        .group_by(labels.c.image_id)
        .subquery()
    )
    total = (func.coalesce(func.sum(of_image.c[name]), 0) for name in ("objects", "pixels"))
    row: Any = tx.execute(select(func.count(), *total).select_from(of_image)).one()
    return int(row[0]), int(row[1]), int(row[2])


def weak_images(tx: Transaction, project_id: str, kinds: Collection[SupervisionKind]) -> Iterator[LabeledImage]:
    """Images of the pool, for training, or out of distribution, that nobody outlined and of which labels of `kinds` say
    that they hold something, with the label that says most of it, by image id."""
    wanted = [kind for kind in kinds if TRAINING_USES.get(kind) is TrainingUse.WEAK]
    said = _telling(project_id, wanted).where(labels.c.image_id.not_in(_outlined(project_id)))
    for row in _best(tx, said):
        if row.objects_present:
            yield LabeledImage(image_beside(row, row.image_id), label_of(row))


def _outlined(project_id: str) -> Select[Any]:
    """Ids of the images that somebody outlined."""
    return select(labels.c.image_id).where(
        labels.c.project_id == project_id, _is_one_of(_kinds_for(TrainingUse.SAMPLE)), IS_CURRENT
    )


def _kinds_for(use: TrainingUse) -> list[SupervisionKind]:
    return [kind for kind, kinds_use in TRAINING_USES.items() if kinds_use is use]


def _is_one_of(kinds: Iterable[SupervisionKind]) -> ColumnElement[bool]:
    return labels.c.kind.in_([kind.value for kind in kinds])


def _telling(project_id: str, kinds: Iterable[SupervisionKind]) -> Select[Any]:
    """Current labels of these kinds, beside their images."""
    beside = select(labels, *(images.c[name] for name in IMAGE_FIELDS)).join(
        images, and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id)
    )
    return beside.where(
        labels.c.project_id == project_id, _is_one_of(kinds), IS_CURRENT, images.c.split != Split.TEST.value
    )


def _judged(tx: Transaction, query: Select[Any]) -> Iterator[JudgedImage]:
    """Each image with the label that says it best."""
    for best in _best(tx, query):
        yield JudgedImage(image_beside(best, best.image_id), categories_in(best), best.id)


def _best(tx: Transaction, query: Select[Any]) -> Iterator[Row[Any]]:
    """Of each image the label that says most of it, by image id."""
    best_first = list(TRAINING_USES)
    for _, rows in groupby(tx.execute(query.order_by(labels.c.image_id)), attrgetter("image_id")):
        yield min(rows, key=lambda row: best_first.index(SupervisionKind(row.kind)))


def images_by_kind(
    tx: Transaction, project_id: str, label_ids: Sequence[str] | None = None
) -> Counter[SupervisionKind]:
    """Number of images by the kind of the label that says best what is in them.

    Args:
        tx: the transaction.
        project_id: of the project.
        label_ids: of the labels, current or not; `None` for all current ones of images that are not for testing.
    """
    of = select(labels.c.image_id, labels.c.kind).where(labels.c.project_id == project_id, _is_one_of(TRAINING_USES))
    if label_ids is None:
        beside = and_(images.c.project_id == labels.c.project_id, images.c.id == labels.c.image_id)
        parts = [of.join(images, beside).where(IS_CURRENT, images.c.split != Split.TEST.value)]
    else:
        parts = [of.where(labels.c.id.in_(ids)) for ids in chunks(label_ids)]
    best_first = list(TRAINING_USES)
    best: dict[str, int] = {}
    for row in (row for part in parts for row in tx.execute(part)):
        place = best_first.index(SupervisionKind(row.kind))
        best[row.image_id] = min(place, best.get(row.image_id, place))
    return Counter(best_first[place] for place in best.values())


def candidate_images(tx: Transaction, project_id: str) -> Iterator[Image]:
    """Images of split OOD that have neither an answer nor a full label, by image id."""
    known = select(labels.c.image_id).where(
        labels.c.project_id == project_id, _is_one_of(OodAnswer.done_by), IS_CURRENT
    )
    query = select(images).where(
        images.c.project_id == project_id, images.c.split == Split.OOD.value, images.c.id.not_in(known)
    )
    return map(image_of, tx.execute(query.order_by(images.c.id)))


def ood_answers(tx: Transaction, project_id: str) -> dict[str, OodAnswer]:
    """The current answers of all images that have one, by image id in the order in which they were given."""
    query = select(labels.c.image_id, labels.c.counts).where(
        labels.c.project_id == project_id, labels.c.kind == OodAnswer.kind.value, IS_CURRENT
    )
    return {row.image_id: answer_of(row.counts) for row in tx.execute(query.order_by(labels.c.number))}
