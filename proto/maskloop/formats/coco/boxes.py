"""Boxes as a COCO file: annotations with `bbox` (x, y, width, height in pixels) and without a segmentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from maskloop.errors import InvalidLabel
from maskloop.formats.coco.writing import SizedImage, coco_document
from maskloop.values import Box, Category


def boxes_document(
    categories: Iterable[Category],
    images: Iterable[SizedImage],
    boxes: Mapping[str, Sequence[Box]],
    scores: Mapping[str, Sequence[float]] | None = None,
) -> dict[str, object]:
    """A COCO document of boxes.

    Args:
        categories: the vocabulary.
        images: every image to list; one without `boxes` is listed and empty.
        boxes: by file name.
        scores: predicted IoU in [0, 1] of each object, by file name; becomes the annotation's `score`.

    Raises:
        InvalidLabel: a box's category is not in the vocabulary.
    """
    vocabulary, listed = list(categories), list(images)
    document = coco_document(vocabulary, listed, {})
    known = {category.id for category in vocabulary}
    annotations: list[dict[str, object]] = []
    for image_id, image in enumerate(listed, start=1):
        for place, box in enumerate(boxes.get(image.file_name, ())):
            if box.category_id not in known:
                raise InvalidLabel(f"image {image.file_name}: category {box.category_id} is not in the vocabulary")
            score = {} if scores is None else {"score": scores[image.file_name][place]}
            annotations.append(_annotation(len(annotations) + 1, image_id, box) | score)
    return {**document, "annotations": annotations}


def _annotation(id_: int, image_id: int, box: Box) -> dict[str, object]:
    return {
        "id": id_,
        "image_id": image_id,
        "category_id": box.category_id,
        "bbox": [box.x, box.y, box.width, box.height],
        "area": box.width * box.height,
        "iscrowd": 0,
    }
