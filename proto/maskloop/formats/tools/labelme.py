"""LabelMe: a JSON file beside each picture, with polygons, masks and rectangles.

Shapes of one class and one `group_id` are parts of one object. A `mask` is a PNG of its rectangle. A picture without a
JSON file is one that nobody looked at. A shape with the flag `crowd` is a crowd region.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from maskloop.errors import InvalidDataset, InvalidMask
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.formats.polygons import polygons_of
from maskloop.formats.tools.fields import list_at, object_at, points_at, read_json, read_lines, text_at
from maskloop.formats.tools.gathering import Gathering, check_size, picture_at
from maskloop.formats.tools.shapes import Shape, Size, boxed, ellipse, join, masked, outlined
from maskloop.formats.tools.writing import (
    Losses,
    Outlines,
    boxed_alone,
    check_names,
    check_objects,
    check_stems,
    is_known,
    names_of,
    used_images,
    write_lines,
    write_split,
)
from maskloop.masks import Mask
from maskloop.values import ObjectLabel

VERSION = "5.5.0"
"""Of the files that are written; LabelMe reads those of its own major version and earlier ones."""
NOT_CLASSES = ("__ignore__", "_background_")
CROWD = "crowd"


def read_labelme(folder: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    """Read the pictures of a folder and the JSON files beside them.

    The classes are those of labels.txt, else those that are there, in the alphabet's order. The split is that of
    train.txt and test.txt; where neither is there, `seed` draws it.

    Raises:
        InvalidDataset: something does not hold together; names the folder and up to ten entries with their problems.
    """
    gathering = Gathering(folder, on_bad)
    for file in sorted(folder.rglob("*.json")):
        name = file.relative_to(folder).as_posix()
        with gathering.problems.about(name):
            document = read_json(file)
            if not (isinstance(document, dict) and "shapes" in document):
                continue  # a JSON file of another kind
            picture = picture_at(folder, _picture_of(file, document, folder))
            check_size((document.get("imageWidth"), document.get("imageHeight")), picture)
            entries = [(f"shape {place}", entry) for place, entry in enumerate(list_at(document["shapes"], "shapes"))]
            shapes = gathering.shapes(picture, _grouped(entries), _object)
            gathering.add(picture, shapes)
    gathering.add_rest(folder)
    listed = folder / "labels.txt"
    names = [name for name in read_lines(listed) if name not in NOT_CLASSES] if listed.is_file() else []
    return gathering.dataset(folder, names, seed, closed=bool(names))


def write_labelme(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.POLYGONS) -> Losses:
    """Write a JSON file for each image that is labeled, labels.txt, train.txt and test.txt.

    Raises:
        InvalidDataset: an object has no pixel, two images share a file, or labels.txt means something else by a class.
    """
    check_objects(dataset)
    check_stems(dataset)
    check_names(dataset, "LabelMe", lambda name: None if name in NOT_CLASSES else name, "no class, or another")
    names = names_of(dataset)
    for image, _ in used_images(dataset):
        if is_known(image):
            file = folder / PurePosixPath(image.file_name).with_suffix(".json")
            write_atomically(file, json.dumps(_document(image, names, outlines), indent=1).encode())
    write_lines(folder / "labels.txt", names.values())
    write_split(folder, dataset)
    return Losses()


def labelme_picture(image: DatasetImage, side: str) -> PurePosixPath:
    """Where the picture of an image lies: beside its JSON file."""
    return PurePosixPath(image.file_name)


def _picture_of(file: Path, document: Mapping[str, Any], folder: Path) -> Path:
    """The picture that a JSON file names, or the one beside it that is called alike."""
    said = PurePosixPath(str(document.get("imagePath") or "").replace("\\", "/"))
    path = Path(os.path.normpath(file.parent / said))
    if said.name and path.is_file() and path.is_relative_to(os.path.normpath(folder)):
        return folder / path.relative_to(os.path.normpath(folder))
    beside = [file.parent / said.name] if said.name else []
    beside += [each for each in sorted(file.parent.glob(f"{_escaped(file.stem)}.*")) if each.suffix != ".json"]
    found = next((each for each in beside if each.is_file()), None)
    if found is None:
        inside = "; the file holds the picture itself: save it beside" if document.get("imageData") else ""
        raise InvalidDataset(f"its picture {said.as_posix()!r} is not there{inside}")
    return found


def _escaped(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)


def _grouped(entries: Sequence[tuple[str, Any]]) -> list[tuple[str, list[Any]]]:
    """Entries that are parts of one object together, by class and group, in the order of the first."""
    groups: dict[object, tuple[str, list[Any]]] = {}
    for place, (name, entry) in enumerate(entries):
        group = entry.get("group_id") if isinstance(entry, dict) else None
        alone = group is None or entry.get("shape_type") == "rectangle"
        key = place if alone else (str(entry.get("label")), str(group))
        groups.setdefault(key, (name, []))[1].append(entry)
    return list(groups.values())


def _object(entries: Sequence[Any], size: Size) -> Shape:
    return join([_shape(object_at(entry, "it"), size) for entry in entries])


def _shape(entry: Mapping[str, Any], size: Size) -> Shape:
    name = text_at(entry.get("label"), "its label")
    points = points_at(entry.get("points"), "its points")
    kind = entry.get("shape_type") or "polygon"
    crowd = bool(object_at(entry.get("flags") or {}, "its flags").get(CROWD))
    if kind == "polygon":
        return outlined(name, [points], size, crowd)
    if len(points) == 2 and kind == "rectangle":
        return boxed(name, (*points[0], *points[1]), size)
    if len(points) == 4 and kind == "oriented_rectangle":
        return outlined(name, [points], size, crowd)
    if len(points) == 2 and kind == "circle":
        radius = math.dist(*points)
        return ellipse(name, points[0], (radius, radius), 0, size)
    if len(points) == 2 and kind == "mask":
        return masked(name, _mask(text_at(entry.get("mask"), "its mask"), points, size), crowd)
    raise InvalidDataset(f"it is a {kind} of {len(points)} points; polygons, masks, rectangles and circles are read")


def _mask(text: str, corners: Sequence[tuple[float, float]], size: Size) -> Mask:
    """A PNG of its rectangle, whose corners are the first and the last of its pixels."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=["PNG"]) as image:
            part = np.asarray(image.convert("L") if image.mode != "1" else image).astype(bool)
    except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidMask(f"its mask is no PNG in base64: {error}") from error
    left, upper = (round(min(corner[axis] for corner in corners)) for axis in (0, 1))
    bits = np.zeros((size[1], size[0]), bool)
    if left < 0 or upper < 0 or left + part.shape[1] > size[0] or upper + part.shape[0] > size[1]:
        raise InvalidMask(f"its mask of {part.shape[1]} x {part.shape[0]} pixels at ({left}, {upper}) leaves the image")
    bits[upper : upper + part.shape[0], left : left + part.shape[1]] = part
    return Mask.from_array(bits)


def _document(image: DatasetImage, names: Mapping[int, str], outlines: Outlines) -> dict[str, object]:
    shapes: list[dict[str, object]] = []
    for group, item in enumerate(image.objects):
        shapes += _mask_shape(item, names) if outlines is Outlines.RLE else _polygon_shapes(item, names, group)
    for box in boxed_alone(image):
        left, upper, right, lower = box.corners
        shapes.append(_written(names[box.category_id], [(left, upper), (right, lower)], "rectangle"))
    return {
        "version": VERSION,
        "flags": {},
        "shapes": shapes,
        "imagePath": PurePosixPath(image.file_name).name,
        "imageData": None,
        "imageHeight": image.height,
        "imageWidth": image.width,
    }


def _polygon_shapes(item: ObjectLabel, names: Mapping[int, str], group: int) -> list[dict[str, object]]:
    polygons = polygons_of(item.mask)
    shared = group if len(polygons) > 1 else None
    return [_written(names[item.category_id], each, "polygon", item.crowd, group_id=shared) for each in polygons]


def _mask_shape(item: ObjectLabel, names: Mapping[int, str]) -> list[dict[str, object]]:
    x, y, width, height = item.mask.box
    file = io.BytesIO()
    Image.fromarray(item.mask.crop(x, y, width, height).to_array()).save(file, "PNG")
    corners = [(x, y), (x + width - 1, y + height - 1)]
    mask = base64.b64encode(file.getvalue()).decode()
    return [_written(names[item.category_id], corners, "mask", item.crowd, mask=mask)]


def _written(
    name: str, points: Sequence[tuple[float, float]], kind: str, crowd: bool = False, **more: object
) -> dict[str, object]:
    return {
        "label": name,
        "points": [[float(x), float(y)] for x, y in points],
        "group_id": None,
        "description": "",
        "shape_type": kind,
        "flags": {CROWD: True} if crowd else {},
        "mask": None,
        **more,
    }
