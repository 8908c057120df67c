"""Boxes as a COCO file: annotations with `bbox` (x, y, width, height in pixels) and without a segmentation."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from maskloop.errors import InvalidDataset, InvalidLabel
from maskloop.formats.coco.writing import SizedImage, coco_document
from maskloop.formats.files import read_text
from maskloop.formats.problems import Problems
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


def read_finished_boxes(
    file: Path, expected: Mapping[str, tuple[int, int]], categories: Iterable[Category]
) -> dict[str, tuple[Box, ...]]:
    """The boxes of the `expected` images, {file name: (width, height)}, from a COCO file a labeling tool wrote.

    Images and categories are matched as `read_finished_coco` does; segmentations are not read. What sticks out of the
    image is cut off.

    Raises:
        InvalidDataset: expected images are missing, have another size, or hold what does not hold together.
    """
    problems = Problems(file)
    document = _load(file)
    names = _matched(document, expected, problems)
    theirs = {entry.get("id"): entry.get("name") for entry in _entries(document, "categories", problems)}
    ours = {category.name: category.id for category in categories}
    boxes: dict[str, list[Box]] = {name: [] for name in names.values()}
    for place, entry in enumerate(_entries(document, "annotations", problems)):
        name = names.get(entry.get("image_id"))
        if name is not None:
            with problems.about(f"annotation {entry.get('id', place)} (in {name})"):
                boxes[name].append(_box(entry, theirs.get(entry.get("category_id")), ours, expected[name]))
    problems.raise_if_any()
    return {name: tuple(boxes[name]) for name in expected}


def _load(file: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise InvalidDataset(f"{file} is not JSON: {error}", field=str(file)) from error
    if not isinstance(document, dict):
        raise InvalidDataset(f"{file} holds a JSON {type(document).__name__}, not an object", field=str(file))
    return document


def _entries(document: Mapping[str, Any], key: str, problems: Problems) -> list[Mapping[str, Any]]:
    """The objects of the list at `key` whose ids are numbers or texts."""
    entries = document.get(key)
    if not isinstance(entries, list):
        problems.add(key, "the list is missing" if entries is None else "this is not a list")
        return []
    kept: list[Mapping[str, Any]] = []
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict):
            problems.add(f"{key}[{place}]", f"is a {type(entry).__name__}, not an object")
        elif any(isinstance(entry.get(name), (dict, list)) for name in ("id", "image_id", "category_id")):
            problems.add(f"{key}[{place}]", "an id of it is neither a whole number nor a text")
        else:
            kept.append(entry)
    return kept


def _matched(
    document: Mapping[str, Any], expected: Mapping[str, tuple[int, int]], problems: Problems
) -> dict[Any, str]:
    """Which expected file name each image's id stands for."""
    names: dict[Any, str] = {}
    for entry in _entries(document, "images", problems):
        said = str(entry.get("file_name"))
        name = said if said in expected else PurePosixPath(said).name
        if name not in expected:
            continue
        width, height = expected[name]
        if name in names.values():
            problems.add(f"image {entry.get('id')}", f"{name} is there twice")
        elif (entry.get("width"), entry.get("height")) != (width, height):
            size = f"{entry.get('width')} x {entry.get('height')}"
            problems.add(f"image {entry.get('id')}", f"{name} has {size} pixels, not {width} x {height}")
        names[entry.get("id")] = name
    for name in expected:
        if name not in names.values():
            problems.add(name, "the file does not list this image")
    return names


def _box(entry: Mapping[str, Any], category: object, ours: Mapping[str, int], size: tuple[int, int]) -> Box:
    if category not in ours:
        raise InvalidDataset(f"category {category!r} is none of {', '.join(ours)}")
    if entry.get("iscrowd"):
        raise InvalidDataset("it is a crowd; box each object of it")
    sides = entry.get("bbox")
    if not isinstance(sides, list) or len(sides) != 4 or not all(map(_is_number, sides)):
        raise InvalidDataset(f"its bbox is {'missing' if sides is None else sides}, not four numbers")
    box = Box(ours[str(category)], *map(float, sides)).crop(0, 0, *size)
    if box is None:
        raise InvalidDataset(f"its bbox {sides} lies outside the {size[0]} x {size[1]} image")
    return box


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
