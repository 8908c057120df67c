"""Datumaro 1.0: a JSON file for each subset under annotations/, pictures under images/SUBSET/.

Annotations of one label and one `group` describe one object: parts of its outline, and a box around them. Items that
are listed without an annotation hold nothing, unless none has one: then nobody looked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from maskloop.errors import InvalidDataset
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.formats.polygons import polygons_of
from maskloop.formats.segmentation import read_segmentation, write_segmentation
from maskloop.formats.tools.fields import list_at, number_at, object_at, read_json, text_at
from maskloop.formats.tools.gathering import Gathering, check_size
from maskloop.formats.tools.shapes import Shape, Size, boxed, ellipse, join, masked, outlined
from maskloop.formats.tools.writing import (
    Losses,
    Outlines,
    boxed_alone,
    check_objects,
    check_stems,
    is_known,
    names_of,
    used_images,
)
from maskloop.values import ObjectLabel

CROWD = "is_crowd"
NOT_OBJECTS = ("label", "caption")


def read_datumaro(folder: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    """Read the subsets of a folder. Their names are the split; where they tell none, `seed` draws it.

    Raises:
        InvalidDataset: something does not hold together; names the folder and up to ten entries with their problems.
    """
    gathering = Gathering(folder, on_bad)
    files = sorted((folder / "annotations").glob("*.json"))
    if not files:
        raise InvalidDataset(f"{folder} has no annotations/*.json", field=str(folder))
    names: list[str] = []
    for file in files:
        with gathering.problems.about(file.name):
            document = object_at(read_json(file), "what it holds")
            own = _names(document)
            names += own
            _add_items(document, own, file.stem, folder, gathering)
    gathering.forget_empty_labels()
    return gathering.dataset(folder, names, seed)


def write_datumaro(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.RLE) -> Losses:
    """Write annotations/train.json and annotations/test.json.

    Raises:
        InvalidDataset: an object has no pixel, or two images share a name.
    """
    check_objects(dataset)
    check_stems(dataset)
    losses, names = Losses(), names_of(dataset)
    numbers = {id_: number for number, id_ in enumerate(names)}
    items: dict[str, list[dict[str, object]]] = {"train": [], "test": []}
    for image, side in used_images(dataset):
        if is_known(image):
            items[side].append(_item(image, numbers, outlines))
        else:
            losses.add("images without a label left out, which Datumaro takes for empty ones")
    labels = [{"name": name, "parent": "", "attributes": []} for name in names.values()]
    for side, its in items.items():
        if its:
            document = {
                "dm_format_version": "1.0",
                "media_type": 2,
                "infos": {},
                "categories": {"label": {"labels": labels, "label_groups": [], "attributes": []}},
                "items": its,
            }
            write_atomically(folder / "annotations" / f"{side}.json", json.dumps(document).encode())
    return losses


def datumaro_picture(image: DatasetImage, side: str) -> PurePosixPath | None:
    """Where the picture of an image lies in the folder; `None` for one that is left out."""
    return PurePosixPath("images", side, image.file_name) if is_known(image) else None


def _names(document: Mapping[str, Any]) -> list[str]:
    categories = object_at(document.get("categories"), "its categories")
    labels = list_at(object_at(categories.get("label"), "the list of labels").get("labels"), "its labels")
    return [text_at(object_at(label, "a label").get("name"), "a label's name") for label in labels]


def _add_items(
    document: Mapping[str, Any], names: Sequence[str], subset: str, folder: Path, gathering: Gathering
) -> None:
    items = [object_at(item, "an item") for item in list_at(document.get("items"), "its items")]
    named = [(_picture_name(item), item) for item in items]
    own = folder / "images" / subset
    pictures = gathering.pictures([name for name, _ in named], own if own.is_dir() else folder / "images")
    for name, item in named:
        if name in pictures:
            picture = pictures[name]
            with gathering.problems.about(picture.name):
                size = list_at(object_at(_media(item), "its image").get("size") or [None], "its image's size")
                check_size((size[-1], size[0]), picture)
                entries = _grouped(list_at(item.get("annotations"), "its annotations"))
                shapes = gathering.shapes(picture, entries, lambda parts, size: _object(parts, size, names))
                gathering.add(picture, shapes, subset)


def _picture_name(item: Mapping[str, Any]) -> str:
    return text_at(object_at(_media(item), "its image").get("path") or item.get("id"), "its image's path")


def _media(item: Mapping[str, Any]) -> Any:
    return item.get("image") or item.get("media") or {}


def _grouped(annotations: Sequence[Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The annotations of each object; those of the whole image say nothing of where something is."""
    groups: dict[object, tuple[str, list[Mapping[str, Any]]]] = {}
    for place, annotation in enumerate(annotations):
        entry = object_at(annotation, "an annotation")
        if entry.get("type") not in NOT_OBJECTS:
            group = entry.get("group") or 0
            key = (str(entry.get("label_id")), str(group)) if group else place
            groups.setdefault(key, (f"annotation {entry.get('id', place)}", []))[1].append(entry)
    return list(groups.values())


def _object(parts: Sequence[Mapping[str, Any]], size: Size, names: Sequence[str]) -> Shape:
    outlines = [part for part in parts if part.get("type") != "bbox"]
    return join([_shape(part, size, names) for part in outlines or parts])


def _shape(entry: Mapping[str, Any], size: Size, names: Sequence[str]) -> Shape:
    number = entry.get("label_id")
    if not isinstance(number, int) or not 0 <= number < len(names):
        raise InvalidDataset(f"its label_id is {number!r}; there are {len(names)}, from 0")
    name, kind = names[number], entry.get("type")
    crowd = object_at(entry.get("attributes") or {}, "its attributes").get(CROWD) in (True, 1, "true", "True")
    if kind == "mask":
        return masked(name, read_segmentation(entry.get("rle"), size[1], size[0]), crowd)
    if kind == "polygon":
        values = [number_at(value, "a coordinate") for value in list_at(entry.get("points"), "its points")]
        return outlined(name, [list(zip(values[::2], values[1::2], strict=False))], size, crowd)
    if kind == "bbox":
        x, y, width, height = _four(entry.get("bbox"), "its bbox")
        return boxed(name, (x, y, x + width, y + height), size)
    if kind == "ellipse":
        left, upper, right, lower = _four(entry.get("points"), "its points")
        center = (left + right) / 2, (upper + lower) / 2
        return ellipse(name, center, ((right - left) / 2, (lower - upper) / 2), 0, size)
    raise InvalidDataset(f"a {kind} has no area; masks, polygons, boxes and ellipses are read")


def _four(value: object, what: str) -> Sequence[float]:
    values = [number_at(each, what) for each in list_at(value, what)]
    if len(values) != 4:
        raise InvalidDataset(f"{what} has {len(values)} numbers, not 4")
    return values


def _item(image: DatasetImage, numbers: Mapping[int, int], outlines: Outlines) -> dict[str, object]:
    annotations = [*_annotations(image, numbers, outlines)]
    for id_, annotation in enumerate(annotations, 1):
        annotation["id"] = id_
    return {
        "id": PurePosixPath(image.file_name).with_suffix("").as_posix(),
        "annotations": annotations,
        "image": {"path": image.file_name, "size": [image.height, image.width]},
    }


def _annotations(image: DatasetImage, numbers: Mapping[int, int], outlines: Outlines) -> Iterator[dict[str, object]]:
    for group, item in enumerate(image.objects, 1):
        yield from _outlines(item, numbers[item.category_id], group, outlines)
    for group, box in enumerate(boxed_alone(image), len(image.objects) + 1):
        yield _annotation("bbox", numbers[box.category_id], group, bbox=[box.x, box.y, box.width, box.height])


def _outlines(item: ObjectLabel, number: int, group: int, outlines: Outlines) -> Iterator[dict[str, object]]:
    attributes = {"attributes": {CROWD: True}} if item.crowd else {}
    if outlines is Outlines.RLE:
        yield _annotation("mask", number, group, rle=write_segmentation(item.mask), **attributes)
        return
    for polygon in polygons_of(item.mask):
        points = [float(value) for point in polygon for value in point]
        yield _annotation("polygon", number, group, points=points, **attributes)


def _annotation(kind: str, number: int, group: int, **more: object) -> dict[str, object]:
    return {"type": kind, "attributes": {}, "group": group, "label_id": number, "z_order": 0, **more}
