"""Pascal VOC's segmentation task, written: palette PNGs of objects and classes, lists, and the classes' colours."""

from __future__ import annotations

import io
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from maskloop.errors import InvalidDataset
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.formats.tools.painting import Numbers, paint, voc_palette
from maskloop.formats.tools.writing import (
    Losses,
    Outlines,
    check_names,
    check_objects,
    check_stems,
    names_of,
    outlined_of,
    used_images,
    write_lines,
)
from maskloop.formats.voc.colours import labelmap_class, voc_colour

MOST = 254
"""Objects of an image, and classes: 255 is void."""


def write_voc(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.RLE) -> Losses:
    """Write SegmentationObject/, SegmentationClass/, ImageSets/Segmentation/ and labelmap.txt.

    Raises:
        InvalidDataset: an object has no pixel, an image or the vocabulary is too large, two images share a file,
            labelmap.txt means something else by a class, or polygons are asked for.
    """
    if outlines is Outlines.POLYGONS:
        raise InvalidDataset("VOC holds pixels, not polygons", field="polygons")
    check_objects(dataset)
    check_stems(dataset)
    check_names(
        dataset, "Pascal VOC", lambda name: labelmap_class(_row(name, 1)), "a comment, the background, void or a colour"
    )
    names, losses = names_of(dataset), Losses()
    _check_room(dataset)
    numbers = {id_: number for number, id_ in enumerate(names, 1)}
    lists: dict[str, list[str]] = {"train": [], "test": []}
    for image, side in used_images(dataset):
        if not image.is_labeled:
            losses.add("images without outlines of all their objects left out")
            continue
        stem = PurePosixPath(image.file_name).with_suffix("").as_posix()
        objects = outlined_of(image, losses)
        painted = paint(objects, image.height, image.width, losses)
        classes = np.array([0, *(numbers[item.category_id] for item in objects)])[painted]
        for part, values in (("SegmentationObject", painted), ("SegmentationClass", classes)):
            _save(folder / part / f"{stem}.png", values)
        lists[side].append(stem)
    for name, stems in (("train", lists["train"]), ("val", lists["test"])):
        write_lines(folder / "ImageSets" / "Segmentation" / f"{name}.txt", stems)
    _write_classes(folder / "labelmap.txt", [*names.values()])
    return losses


def voc_picture(image: DatasetImage, side: str) -> PurePosixPath | None:
    """Where the picture of an image lies in the folder; `None` for one that is left out."""
    return PurePosixPath("JPEGImages", image.file_name) if image.is_labeled else None


def _check_room(dataset: Dataset) -> None:
    if len(dataset.categories) > MOST:
        raise InvalidDataset(f"there are {len(dataset.categories)} classes; VOC holds {MOST}")
    for image, _ in used_images(dataset):
        if len(image.objects) > MOST:
            raise InvalidDataset(f"image {image.file_name} has {len(image.objects)} objects; VOC holds {MOST}")


def _write_classes(file: Path, names: list[str]) -> None:
    """As CVAT and Datumaro do: `name:r,g,b:parts:actions`."""
    rows = [_row(name, number) for number, name in enumerate(["background", *names])]
    write_lines(file, ["# label:color_rgb:parts:actions", *rows])


def _row(name: str, number: int) -> str:
    return f"{name}:{','.join(map(str, voc_colour(number)))}::"


def _save(path: Path, values: Numbers) -> None:
    picture = Image.fromarray(values.astype(np.uint8))
    picture.putpalette(voc_palette())
    file = io.BytesIO()
    picture.save(file, "PNG")
    write_atomically(path, file.getvalue())
