"""COCO, a whole data set: annotations.json, with runs or polygons, beside train.txt and test.txt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from maskloop.formats.coco import boxes_document, coco_document
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.formats.polygons import polygons_of
from maskloop.formats.tools.writing import (
    Losses,
    Outlines,
    boxed_alone,
    check_objects,
    is_known,
    used_images,
    write_lines,
)


def write_coco_folder(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.RLE) -> Losses:
    """Write annotations.json, train.txt and test.txt. Crowd regions are runs, whatever `outlines` says, as COCO has it.

    Raises:
        InvalidDataset: an object has no pixel.
    """
    check_objects(dataset)
    losses, lists = Losses(), {"train": list[str](), "test": list[str]()}
    known: list[DatasetImage] = []
    for image, side in used_images(dataset):
        if is_known(image):
            known.append(image)
            lists[side].append(image.file_name)
        else:
            losses.add("images without a label left out, which COCO takes for empty ones")
    document = coco_document(dataset.categories, known, {image.file_name: image.objects for image in known})
    annotations = [*_annotations(document, known, outlines), *_boxes(dataset, known)]
    numbered = [{**annotation, "id": id_} for id_, annotation in enumerate(annotations, 1)]
    write_atomically(folder / "annotations.json", json.dumps({**document, "annotations": numbered}).encode())
    for side, names in lists.items():
        if names:
            write_lines(folder / f"{side}.txt", names)
    return losses


def coco_picture(image: DatasetImage, side: str) -> PurePosixPath | None:
    """Where the picture of an image lies in the folder; `None` for one that is left out."""
    return PurePosixPath("images", image.file_name) if is_known(image) else None


def _annotations(
    document: Mapping[str, Any], known: list[DatasetImage], outlines: Outlines
) -> Iterator[dict[str, Any]]:
    items = (item for image in known for item in image.objects)
    for annotation, item in zip(document["annotations"], items, strict=True):
        if outlines is Outlines.POLYGONS and not item.crowd:
            flat = [[value for point in polygon for value in point] for polygon in polygons_of(item.mask)]
            yield {**annotation, "segmentation": flat}
        else:
            yield annotation


def _boxes(dataset: Dataset, known: list[DatasetImage]) -> list[dict[str, Any]]:
    boxes = {image.file_name: boxed_alone(image) for image in known}
    document: Mapping[str, Any] = boxes_document(dataset.categories, known, boxes)
    annotations: list[dict[str, Any]] = document["annotations"]
    return annotations
