"""The annotations of a COCO file as labels of its images: objects with masks, crowds, and boxes.

- `iscrowd` 1 is a crowd: a region of many objects that nobody told apart. CVAT and Datumaro mark every mask so. In
  their files, and where every mask is a crowd, these are ordinary objects.
- An annotation with a box and no segmentation is an object of which only the box is known.
- An image that lost an annotation has no label: one object less is a wrong label.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from maskloop.errors import InvalidDataset, InvalidMask
from maskloop.formats.coco.parsing import PROPOSAL, WRITER, CocoFile, Entry, Id, read_id, require_id
from maskloop.formats.problems import Problems
from maskloop.formats.segmentation import read_segmentation
from maskloop.values import Box, ObjectLabel, Origin, Verdict


@dataclass(frozen=True)
class ShownImage:
    """An image whose annotations are read: its file name, and its size in pixels."""

    file_name: str
    width: int
    height: int


@dataclass
class ImageLabels:
    """What annotations say of an image, in their order.

    Args:
        objects: those with a mask.
        boxes: those with a box alone.
        is_whole: whether every annotation of the image is among these.
    """

    objects: list[ObjectLabel] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    is_whole: bool = True


def read_annotations(
    parsed: CocoFile,
    images: Mapping[Id, ShownImage],
    numbers: Mapping[Id, int],
    problems: Problems,
    *,
    tell_proposals: bool = False,
) -> dict[Id, ImageLabels]:
    """The labels of `images`; annotations of other images are passed over unread.

    Args:
        parsed: the file.
        images: by their id in the file.
        numbers: our category ids by those of the file. Annotations of a category that the file lists and this lacks are
            left out: that is noted already.
        problems: is told each annotation that does not hold.
        tell_proposals: whether objects tell the proposal that they name, as one that was modified.
    """
    labels = {id_: ImageLabels(is_whole=id_ not in parsed.doubtful) for id_ in images}
    no_crowds = _crowds_are_objects(parsed)
    seen: set[Id] = set()
    for name, entry in parsed.annotations or ():
        image_id = read_id(entry.get("image_id"))
        image = None if image_id is None else images.get(image_id)
        with problems.about(name, image.file_name if image else ""):
            id_ = read_id(entry.get("id"))
            if image_id is None or image_id not in parsed.listed_images:
                require_id(entry, "image_id")
                raise InvalidDataset(f"its image {image_id!r} is not in the file's list of images")
            if image is None:  # the image itself is noted already, or not asked for
                continue
            its = labels[image_id]
            was_whole, its.is_whole = its.is_whole, False
            if id_ is not None and id_ in seen:
                raise InvalidDataset("the id is there twice")
            if id_ is not None:
                seen.add(id_)
            category = require_id(entry, "category_id")
            if category not in parsed.listed_categories:
                raise InvalidDataset(f"its category {category!r} is unknown")
            if category in numbers:
                _add(its, entry, numbers[category], image, no_crowds=no_crowds, tell_proposals=tell_proposals)
                its.is_whole = was_whole
    return labels


def _add(
    labels: ImageLabels, entry: Entry, category_id: int, image: ShownImage, *, no_crowds: bool, tell_proposals: bool
) -> None:
    crowd = _is_crowd(entry)
    if not _has_outline(entry):
        if crowd:
            raise InvalidDataset("it is a crowd (iscrowd 1) without an outline")
        labels.boxes.append(_box(entry, category_id, image))
        return
    mask = read_segmentation(entry["segmentation"], image.height, image.width)
    if not mask.area:
        raise InvalidMask(f"its run lengths cover no pixel of the {image.width} x {image.height} image")
    origin = _origin(entry) if tell_proposals else None
    labels.objects.append(ObjectLabel(category_id, mask, crowd and not no_crowds, origin))


def _origin(entry: Entry) -> Origin | None:
    named = entry.get(PROPOSAL)
    return Origin(Verdict.MODIFIED, named) if isinstance(named, str) and named else None


def _crowds_are_objects(parsed: CocoFile) -> bool:
    """Datumaro fills what it says of a file with empty texts; CVAT writes by it, or gives attributes of its own."""
    if parsed.info.get("description") == WRITER:
        return False
    is_datumaros = bool(parsed.info) and all(value == "" for value in parsed.info.values())
    outlined = [entry for _, entry in parsed.annotations or () if _has_outline(entry)]
    return is_datumaros or any(map(_is_of_cvat, outlined)) or all(map(_says_crowd, outlined))


def _is_of_cvat(entry: Entry) -> bool:
    attributes = entry.get("attributes")
    return isinstance(attributes, dict) and "occluded" in attributes


def _has_outline(entry: Entry) -> bool:
    """Tools write `null`, `[]` or `[[]]`, or nothing, where only a box was drawn."""
    segmentation = entry.get("segmentation")
    return segmentation is not None and segmentation not in ([], [[]])


def _says_crowd(entry: Entry) -> bool:
    return entry.get("iscrowd") in (1, "1")


def _is_crowd(entry: Entry) -> bool:
    if entry.get("iscrowd") not in (None, 0, 1, "0", "1"):
        raise InvalidDataset(f"iscrowd is {entry.get('iscrowd')!r}, neither 0 nor 1")
    return _says_crowd(entry)


def _box(entry: Entry, category_id: int, image: ShownImage) -> Box:
    """The box at `bbox`; what sticks out of the image is cut off."""
    sides = entry.get("bbox")
    if sides is None or sides == []:
        how = "missing" if entry.get("segmentation") is None else "empty"
        raise InvalidDataset(f"its segmentation is {how}: it outlines nothing, and has no box")
    if not isinstance(sides, list) or len(sides) != 4 or not all(map(_is_number, sides)):
        raise InvalidDataset(f"its bbox is {sides!r}, not four numbers")
    box = Box(category_id, *map(float, sides)).crop(0, 0, image.width, image.height)
    if box is None:
        raise InvalidDataset(f"its bbox {sides} lies outside the {image.width} x {image.height} image")
    return box


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < 1e9 if isinstance(value, int) else math.isfinite(value)
