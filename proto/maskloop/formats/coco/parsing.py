"""A COCO instance file as checked values: its categories, its images, and the objects of each image.

Annotations with `iscrowd` 1 are kept, each as one object, because CVAT exports every mask that way. Boxes and areas
are not read: they follow from the masks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.files import read_text
from maskloop.formats.problems import Problems
from maskloop.formats.segmentation import read_segmentation
from maskloop.masks import MAX_PIXELS
from maskloop.values import ObjectLabel

Entry = Mapping[str, object]
Id = int | str

_ONE_OF = {"categories": "category", "images": "image", "annotations": "annotation"}


@dataclass(frozen=True)
class ImageEntry:
    """An image as the file names it; sizes in pixels."""

    file_name: str
    width: int
    height: int


@dataclass(frozen=True)
class CocoFile:
    """What a COCO file says: category names by id, images by id, and the objects of every image, none left out."""

    categories: Mapping[int, str]
    images: Mapping[Id, ImageEntry]
    objects: Mapping[Id, tuple[ObjectLabel, ...]]


def parse_coco(file: Path, problems: Problems) -> CocoFile:
    """Read `file`; each entry that does not hold is noted in `problems` and left out of the answer.

    Raises:
        InvalidDataset: the file cannot be read, or is not a JSON object.
    """
    document = _load(file)
    categories: dict[int, str] = {}
    for name, entry in _entries(document, "categories", problems):
        with problems.about(name):
            categories[_whole(entry, "id")] = _text(entry, "name")
    images: dict[Id, ImageEntry] = {}
    for name, entry in _entries(document, "images", problems):
        with problems.about(name):
            images[_id(entry, "id")] = _image(entry)
    return CocoFile(categories, images, _objects(document, images, problems))


def _load(file: Path) -> Entry:
    try:
        document = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise InvalidDataset(f"{file} is not JSON: {error}", field=str(file)) from error
    if not isinstance(document, dict):
        raise InvalidDataset(f"{file} holds a JSON {type(document).__name__}, not an object", field=str(file))
    return document


def _entries(document: Entry, key: str, problems: Problems) -> Iterator[tuple[str, Entry]]:
    """The objects of the list at `key`, each with its name for a person; an id's second bearer is left out."""
    entries = document.get(key)
    if not isinstance(entries, list):
        problems.add(key, "the list is missing" if entries is None else "this is not a list")
        return
    seen: set[Id] = set()
    for place, entry in enumerate(entries):
        id_ = entry.get("id") if isinstance(entry, dict) else None
        name = f"{key}[{place}]" if id_ is None else f"{_ONE_OF[key]} {id_}"
        if not isinstance(entry, dict):
            problems.add(name, f"is a {type(entry).__name__}, not an object")
        elif isinstance(id_, Id) and id_ in seen:
            problems.add(name, "the id is there twice")
        else:
            if isinstance(id_, Id):
                seen.add(id_)
            yield name, entry


def _objects(document: Entry, images: Mapping[Id, ImageEntry], problems: Problems) -> dict[Id, tuple[ObjectLabel, ...]]:
    outlined: dict[Id, list[ObjectLabel]] = {id_: [] for id_ in images}
    listed = {key: _listed_ids(document, key) for key in ("images", "categories")}
    for name, entry in _entries(document, "annotations", problems):
        with problems.about(name):
            image_id, category_id = _id(entry, "image_id"), _whole(entry, "category_id")
            if image_id not in listed["images"]:
                raise InvalidDataset(f"its image {image_id!r} is not in the file's list of images")
            if category_id not in listed["categories"]:
                raise InvalidDataset(f"its category {category_id} is unknown")
            image = images.get(image_id)
            if image is not None:  # else the image itself is noted already
                mask = read_segmentation(entry.get("segmentation"), image.height, image.width)
                outlined[image_id].append(ObjectLabel(category_id, mask))
    return {id_: tuple(objects) for id_, objects in outlined.items()}


def _listed_ids(document: Entry, key: str) -> set[Id]:
    entries = document.get(key)
    ids = [entry.get("id") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return {id_ for id_ in ids if isinstance(id_, Id)}


def _image(entry: Entry) -> ImageEntry:
    image = ImageEntry(_text(entry, "file_name"), _whole(entry, "width"), _whole(entry, "height"))
    if min(image.width, image.height) < 1 or image.width * image.height > MAX_PIXELS:
        raise InvalidDataset(f"{image.file_name} cannot have {image.width} x {image.height} pixels")
    return image


def _id(entry: Entry, key: str) -> Id:
    value = entry.get(key)
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise InvalidDataset(f"{key} is {value!r}, neither a whole number nor a text")


def _whole(entry: Entry, key: str) -> int:
    value = entry.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InvalidDataset(f"{key} is {value!r}, not a whole number")


def _text(entry: Entry, key: str) -> str:
    value = entry.get(key)
    if isinstance(value, str) and value.strip():
        return value
    raise InvalidDataset(f"{key} is {value!r}, not a text")
