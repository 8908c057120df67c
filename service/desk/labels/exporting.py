"""Labels of a kind as one document, made while it is read: nobody holds the whole of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from maskloop.formats.coco.boxes import boxes_document
from maskloop.formats.coco.writing import coco_document
from maskloop.formats.marks import points_document, scribbles_document
from maskloop.values import BoxesLabel, Category, FullLabel, LabelContent, PointsLabel, ScribblesLabel, SupervisionKind
from service.store import Database
from service.store.labels.exported_labels import read_images, read_labels
from service.store.labels.labels import LabeledImage

MOST_BYTES = 1024 * 1024  # of labels that an export holds at a time
Content = TypeVar("Content", bound=LabelContent)
Document = Callable[[Sequence[Category], Sequence[LabeledImage]], Mapping[str, Any]]


def document_of(
    database: Database, kind: SupervisionKind, categories: Sequence[Category], label_ids: Sequence[str]
) -> Iterator[tuple[str, object]]:
    """Keys and values of the document of these labels, all of one kind in `DOCUMENTS`; lists come as iterators."""
    make = DOCUMENTS[kind]
    some = read_labels(database, label_ids, MOST_BYTES)
    if kind in BY_FILE_NAME:
        return (pair for labeled in some for pair in make(categories, labeled).items())
    lists = {"images": _images(database, label_ids), "annotations": _annotations(make, categories, some)}
    return ((key, lists.get(key, value)) for key, value in make(categories, ()).items())


def _images(database: Database, label_ids: Sequence[str]) -> Iterator[Mapping[str, object]]:
    """The images of a COCO document."""
    for number, (image, review) in enumerate(read_images(database, label_ids), start=1):
        document: Mapping[str, Any] = coco_document(
            (), [image], {}, reviews={image.file_name: review} if review else {}
        )
        (told,) = document["images"]
        yield {**told, "id": number}


def _annotations(
    make: Document, categories: Sequence[Category], read: Iterator[list[LabeledImage]]
) -> Iterator[Mapping[str, object]]:
    """The annotations of a COCO document, numbered on, as are the images that they are of.

    What has been told is let go of at once: many may read documents slowly, of labels of many megabytes.
    """
    number = images = 0
    for labeled in read:
        made, told = deque(make(categories, labeled)["annotations"]), len(labeled)
        labeled.clear()
        while made:
            annotation = made.popleft()
            number += 1
            yield {**annotation, "id": number, "image_id": images + annotation["image_id"]}
        images += told


def _masks(categories: Sequence[Category], labeled: Sequence[LabeledImage]) -> Mapping[str, Any]:
    full = _of_kind(labeled, FullLabel)
    reviews = {name: said.review for name, said in full.items() if said.review}
    objects = {name: said.objects for name, said in full.items()}
    return coco_document(categories, [item.image for item in labeled], objects, reviews=reviews)


def _boxes(categories: Sequence[Category], labeled: Sequence[LabeledImage]) -> Mapping[str, Any]:
    boxes = {name: said.boxes for name, said in _of_kind(labeled, BoxesLabel).items()}
    return boxes_document(categories, [item.image for item in labeled], boxes)


def _points(categories: Sequence[Category], labeled: Sequence[LabeledImage]) -> Mapping[str, Any]:
    said = _of_kind(labeled, PointsLabel)
    return points_document(categories, said, said)


def _scribbles(categories: Sequence[Category], labeled: Sequence[LabeledImage]) -> Mapping[str, Any]:
    said = _of_kind(labeled, ScribblesLabel)
    return scribbles_document(categories, said, said)


def _of_kind(labeled: Sequence[LabeledImage], content: type[Content]) -> dict[str, Content]:
    """What labels of this class say, by the file name of their image."""
    said = {item.image.file_name: item.label.content for item in labeled}
    return {name: each for name, each in said.items() if isinstance(each, content)}


DOCUMENTS: Mapping[SupervisionKind, Document] = {
    SupervisionKind.FULL: _masks,
    SupervisionKind.BOXES: _boxes,
    SupervisionKind.SCRIBBLES: _scribbles,
    SupervisionKind.POINTS: _points,
}
"""How labels of a kind are exported; those of other kinds are not."""
BY_FILE_NAME = (SupervisionKind.SCRIBBLES, SupervisionKind.POINTS)
"""Kinds whose document has a key for each image; those of others are COCO's."""
