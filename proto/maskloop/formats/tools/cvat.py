"""CVAT for images 1.1: XML with masks, polygons, boxes and ellipses.

A mask is run lengths, row by row in its box: of pixels that are not its own, of pixels that are, and so on. Masks and
polygons of one class and one `group_id` are parts of one object, as CVAT's own exports join them. An image that is
listed without a shape holds nothing, unless none has one: then nobody looked. A shape with the attribute `is_crowd` is
a crowd region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from maskloop.errors import InvalidDataset, InvalidMask
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.formats.polygons import polygons_of
from maskloop.formats.tools.fields import number_at, read_xml, text_at
from maskloop.formats.tools.gathering import Gathering, check_size
from maskloop.formats.tools.shapes import Shape, Size, boxed, ellipse, join, masked, outlined, turned_box
from maskloop.formats.tools.writing import (
    Losses,
    Outlines,
    boxed_alone,
    check_objects,
    is_known,
    names_of,
    used_images,
    write_split,
)
from maskloop.masks import Mask
from maskloop.values import Box, ObjectLabel

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CROWD = "is_crowd"
NO_AREA = ("polyline", "points", "cuboid", "skeleton")


def read_cvat(place: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP, images: Path | None = None) -> Dataset:
    """Read an XML file, or those of a folder, and the pictures below `images`, else below the folder.

    The classes are those that the file lists. The split is that of the images' subsets, of train.txt and test.txt, or
    of files called so; where there is none, `seed` draws it.

    Raises:
        InvalidDataset: something does not hold together; names the place and up to ten entries with their problems.
    """
    folder = place if place.is_dir() else place.parent
    root = images or (folder / "images" if (folder / "images").is_dir() else folder)
    gathering = Gathering(place, on_bad)
    names: list[str] = []
    for file in sorted(place.glob("*.xml")) if place.is_dir() else [place]:
        document = _parse(file)
        names += [text_at(label.findtext("name"), "a label's name") for label in document.iter("label")]
        _add_images(document, file.stem, root, gathering)
    gathering.forget_empty_labels()
    gathering.add_rest(root)
    return gathering.dataset(folder, names, seed, closed=bool(names))


def write_cvat(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.RLE) -> Losses:
    """Write annotations.xml, train.txt and test.txt.

    Raises:
        InvalidDataset: an object has no pixel.
    """
    check_objects(dataset)
    losses, names = Losses(), names_of(dataset)
    document = ET.Element("annotations")
    ET.SubElement(document, "version").text = "1.1"
    task = ET.SubElement(ET.SubElement(document, "meta"), "task")
    ET.SubElement(task, "name").text = "maskloop"
    labels = ET.SubElement(task, "labels")
    for name in names.values():
        label = ET.SubElement(labels, "label")
        ET.SubElement(label, "name").text = name
        attributes = ET.SubElement(label, "attributes")
        if any(item.crowd for image in dataset.images for item in image.objects):
            _declare_crowd(attributes)
    for number, (image, _) in enumerate(used_images(dataset)):
        if not is_known(image):
            losses.add("images without a label left out, which CVAT takes for empty ones")
            continue
        facts = {"id": str(number), "name": image.file_name}
        size = {"width": str(image.width), "height": str(image.height)}
        entry = ET.SubElement(document, "image", {**facts, **size})
        _add_shapes(entry, image, names, outlines)
    ET.indent(document)
    write_atomically(folder / "annotations.xml", ET.tostring(document, encoding="utf-8", xml_declaration=True))
    write_split(folder, dataset)
    return losses


def cvat_picture(image: DatasetImage, side: str) -> PurePosixPath:
    """Where the picture of an image lies in the folder."""
    return PurePosixPath("images", image.file_name)


def encode_runs(mask: Mask) -> list[int]:
    """Run lengths of a mask with pixels, row by row in its box, beginning with pixels that are not its own."""
    flat = mask.crop(*mask.box).to_array().ravel()
    borders = np.flatnonzero(np.diff(flat)) + 1
    runs: list[int] = np.diff([0, *borders, len(flat)]).tolist()
    return [0, *runs] if flat[0] else runs


def decode_runs(runs: Sequence[int], corner: tuple[int, int], box: Size, size: Size) -> Mask:
    """The mask of run lengths in a box.

    Args:
        runs: as `encode_runs` gives them.
        corner: the box's upper left pixel (x, y).
        box, size: width and height of the box and of the image, in pixels.

    Raises:
        InvalidMask: the box leaves the image, or the runs do not cover it.
    """
    if min(corner) < 0 or min(box) < 1 or corner[0] + box[0] > size[0] or corner[1] + box[1] > size[1]:
        raise InvalidMask(f"its box of {box[0]} x {box[1]} pixels at {corner} leaves the {size[0]} x {size[1]} image")
    if min(runs, default=0) < 0 or sum(runs) != box[0] * box[1]:
        raise InvalidMask(f"its run lengths cover {sum(runs)} pixels, its box has {box[0] * box[1]}")
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    bits = np.zeros((size[1], size[0]), bool)
    bits[corner[1] : corner[1] + box[1], corner[0] : corner[0] + box[0]] = flat.reshape(box[1], box[0])
    return Mask.from_array(bits)


def _parse(file: Path) -> Element:
    document = read_xml(file, "annotations")
    if document.find("track") is not None:
        raise InvalidDataset(f"{file} holds tracks: export it as 'CVAT for images 1.1'", field=str(file))
    return document


def _add_images(document: Element, stem: str, root: Path, gathering: Gathering) -> None:
    entries = document.findall("image")
    side = document.findtext("meta/task/subset") or stem
    pictures = gathering.pictures([entry.get("name", "") for entry in entries], root)
    for entry in entries:
        picture = pictures.get(entry.get("name", ""))
        if picture is not None:
            with gathering.problems.about(picture.name):
                width, height = _numbers(entry, "width", "height")
                check_size((int(width), int(height)), picture)
                shapes = gathering.shapes(picture, _grouped(entry), _object)
                gathering.add(picture, shapes, entry.get("subset") or side)


def _grouped(image: Element) -> list[tuple[str, list[Element]]]:
    """The shapes of an image, parts of one object together; tags say nothing of where something is."""
    groups: dict[object, tuple[str, list[Element]]] = {}
    for place, shape in enumerate(image):
        if shape.tag != "tag":
            group = shape.get("group_id", "0")
            joins = group not in ("", "0") and shape.tag in ("mask", "polygon")
            key = (shape.get("label"), group) if joins else place
            groups.setdefault(key, (f"{shape.tag} {place}", []))[1].append(shape)
    return list(groups.values())


def _object(shapes: Sequence[Element], size: Size) -> Shape:
    return join([_shape(shape, size) for shape in shapes])


def _shape(entry: Element, size: Size) -> Shape:
    name = text_at(entry.get("label"), "its label")
    crowd = any(each.get("name") == CROWD and each.text in ("true", "1") for each in entry.findall("attribute"))
    if entry.tag == "mask":
        x, y, width, height = (int(value) for value in _numbers(entry, "left", "top", "width", "height"))
        runs = [int(number_at(run, "a run length")) for run in entry.get("rle", "").split(",") if run.strip()]
        return masked(name, decode_runs(runs, (x, y), (width, height), size), crowd)
    if entry.tag == "polygon":
        return outlined(name, [list(_points(entry.get("points", "")))], size, crowd)
    turn = number_at(entry.get("rotation", "0"), "rotation")
    if entry.tag == "box":
        left, upper, right, lower = _numbers(entry, "xtl", "ytl", "xbr", "ybr")
        return (
            _turned(name, (left, upper, right, lower), turn, size)
            if turn
            else boxed(name, (left, upper, right, lower), size)
        )
    if entry.tag == "ellipse":
        cx, cy, rx, ry = _numbers(entry, "cx", "cy", "rx", "ry")
        return ellipse(name, (cx, cy), (rx, ry), turn, size)
    raise InvalidDataset(f"a {entry.tag} has no area; masks, polygons, boxes and ellipses are read")


def _turned(name: str, corners: tuple[float, float, float, float], degrees: float, size: Size) -> Shape:
    """CVAT turns a box about its centre."""
    left, upper, right, lower = corners
    turn = np.deg2rad(degrees)
    across, down = (right - left) / 2, (lower - upper) / 2
    middle = (left + right) / 2, (upper + lower) / 2
    corner = (
        middle[0] - across * float(np.cos(turn)) + down * float(np.sin(turn)),
        middle[1] - across * float(np.sin(turn)) - down * float(np.cos(turn)),
    )
    return turned_box(name, corner, (2 * across, 2 * down), degrees, size)


def _numbers(entry: Element, *names: str) -> list[float]:
    return [number_at(entry.get(name), name) for name in names]


def _points(text: str) -> Iterator[tuple[float, float]]:
    for pair in text.split(";"):
        x, comma, y = pair.partition(",")
        if not comma:
            raise InvalidDataset(f"{pair!r} of its points has not two coordinates")
        yield number_at(x, "x"), number_at(y, "y")


def _declare_crowd(attributes: Element) -> None:
    """Without it CVAT does not take the attribute in."""
    crowd = ET.SubElement(attributes, "attribute")
    for tag, text in (
        ("name", CROWD),
        ("mutable", "False"),
        ("input_type", "checkbox"),
        ("default_value", "false"),
        ("values", "false"),
    ):
        ET.SubElement(crowd, tag).text = text


def _add_shapes(entry: Element, image: DatasetImage, names: Mapping[int, str], outlines: Outlines) -> None:
    for group, item in enumerate(image.objects, 1):
        label = {"label": names[item.category_id], "source": "manual", "occluded": "0"}
        shapes = [_mask(entry, item, label)] if outlines is Outlines.RLE else _polygons(entry, item, label, group)
        for shape in shapes if item.crowd else ():
            ET.SubElement(shape, "attribute", name=CROWD).text = "true"
    for box in boxed_alone(image):
        _add_box(entry, box, names[box.category_id])


def _mask(entry: Element, item: ObjectLabel, label: Mapping[str, str]) -> Element:
    left, top, width, height = map(str, item.mask.box)
    runs = ", ".join(map(str, encode_runs(item.mask)))
    return ET.SubElement(
        entry,
        "mask",
        {**label, "rle": runs, "left": left, "top": top, "width": width, "height": height, "z_order": "0"},
    )


def _polygons(entry: Element, item: ObjectLabel, label: Mapping[str, str], group: int) -> list[Element]:
    polygons = polygons_of(item.mask)
    joined = {"group_id": str(group)} if len(polygons) > 1 else {}
    return [
        ET.SubElement(
            entry,
            "polygon",
            {**label, "points": ";".join(f"{x:.2f},{y:.2f}" for x, y in each), "z_order": "0", **joined},
        )
        for each in polygons
    ]


def _add_box(entry: Element, box: Box, name: str) -> None:
    sides = {key: f"{value:.2f}" for key, value in zip(("xtl", "ytl", "xbr", "ybr"), box.corners, strict=True)}
    ET.SubElement(entry, "box", {"label": name, "source": "manual", "occluded": "0", **sides, "z_order": "0"})
