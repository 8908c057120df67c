"""Masks as PNGs: of objects, with their classes, or of classes alone.

    images/NAME            the pictures
    labels.txt             a class a line, from class 1 on, or from 0 where the first is `background`
    instances/STEM.png     0, or the number of the pixel's object: greys of 8 or 16 bits, a palette, or colours
    classes/STEM.png       0, or the number of the pixel's class
    masks/STEM.png         of classes alone (semantic): 0, or the number of the pixel's class, or its colour

Line `crack:255,0,0` of labels.txt, or of CVAT's labelmap.txt, gives a colour. Class 255 is void where there are fewer
classes. In semantic masks every part of a class is an object: what touches at a side or a corner. A picture without a
PNG is one that nobody looked at.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from maskloop.errors import InvalidDataset
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.formats.photos import find_pictures
from maskloop.formats.polygons import split_parts
from maskloop.formats.tools.fields import read_lines
from maskloop.formats.tools.gathering import Gathering, Picture, picture_at
from maskloop.formats.tools.painting import Numbers, paint, read_colours, read_numbers, voc_palette, write_greys
from maskloop.formats.tools.shapes import Shape, masked
from maskloop.formats.tools.writing import (
    Losses,
    Outlines,
    check_objects,
    check_stems,
    names_of,
    outlined_of,
    used_images,
    write_lines,
    write_split,
)
from maskloop.masks import Mask

BACKGROUND = ("background", "_background_", "bg")
NAME_FILES = ("labels.txt", "labelmap.txt", "classes.txt")
VOID = 255


@dataclass(frozen=True)
class _Classes:
    """Names by number, and numbers by colour."""

    names: Mapping[int, str]
    colours: Mapping[tuple[int, int, int], int]

    def name(self, number: int) -> str:
        """Raises InvalidDataset where there is no class of this number."""
        if number not in self.names:
            raise InvalidDataset(f"its class is {number}; there are {', '.join(map(str, self.names))}")
        return self.names[number]


def read_png_instances(folder: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    """Read the objects of instances/ and classes/.

    The split is that of train.txt and test.txt; where neither is there, `seed` draws it.

    Raises:
        InvalidDataset: something does not hold together; names the folder and up to ten files with their problems.
    """
    return _read(folder, seed, on_bad, folder / "instances", _instances)


def read_png_semantic(folder: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    """Read the classes of masks/; every part of a class is an object.

    Raises:
        InvalidDataset: as `read_png_instances`.
    """
    return _read(folder, seed, on_bad, folder / "masks", _parts)


def write_png_instances(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.RLE) -> Losses:
    """Write instances/, classes/, labels.txt, train.txt and test.txt.

    Raises:
        InvalidDataset: an object has no pixel, or two images share a file, or polygons are asked for.
    """
    losses = _begin(folder, dataset, outlines)
    numbers = {id_: number for number, id_ in enumerate(names_of(dataset), 1)}
    for image in _labeled(dataset, losses):
        objects = outlined_of(image, losses)
        painted = paint(objects, image.height, image.width, losses)
        classes = np.array([0, *(numbers[item.category_id] for item in objects)])[painted]
        for part, values in (("instances", painted), ("classes", classes)):
            _save(folder / part / _png(image.file_name), write_greys(values))
    return losses


def write_png_semantic(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.RLE) -> Losses:
    """Write masks/, labels.txt, train.txt and test.txt: one object is not told from another of its class.

    Raises:
        InvalidDataset: as `write_png_instances`.
    """
    losses = _begin(folder, dataset, outlines)
    numbers = {id_: number for number, id_ in enumerate(names_of(dataset), 1)}
    for image in _labeled(dataset, losses):
        objects = outlined_of(image, losses)
        of_class = Counter(item.category_id for item in objects)
        losses.add("objects not told from others of their class", sum(n for n in of_class.values() if n > 1))
        painted = paint(objects, image.height, image.width, losses)
        picture = write_greys(np.array([0, *(numbers[item.category_id] for item in objects)])[painted])
        if picture.mode == "L":
            picture.putpalette(voc_palette())
        _save(folder / "masks" / _png(image.file_name), picture)
    return losses


def png_picture(image: DatasetImage, side: str) -> PurePosixPath:
    """Where the picture of an image lies in the folder."""
    return PurePosixPath("images", image.file_name)


def _read(
    folder: Path,
    seed: int,
    on_bad: OnBad,
    masks: Path,
    shapes_of: Callable[[Path, Picture, _Classes, Gathering], tuple[Shape, ...] | None],
) -> Dataset:
    gathering = Gathering(folder, on_bad)
    classes = _classes(folder)
    images = folder / "images"
    for path in find_pictures(images):
        name = path.relative_to(images).as_posix()
        with gathering.problems.about(name):
            picture = picture_at(images, path)
            shapes = None
            if (masks / _png(name)).is_file():
                with gathering.problems.about(f"{masks.name}/{_png(name)}", name):
                    shapes = shapes_of(folder, picture, classes, gathering)
            gathering.add(picture, shapes)
    return gathering.dataset(folder, list(classes.names.values()), seed)


def _instances(folder: Path, picture: Picture, classes: _Classes, gathering: Gathering) -> tuple[Shape, ...] | None:
    """The class of an object is the one that most of its pixels show."""
    numbers = _sized(read_numbers(folder / "instances" / _png(picture.name)), picture)
    beside = folder / "classes" / _png(picture.name)
    if not beside.is_file():
        raise InvalidDataset(f"there is no classes/{_png(picture.name)}")
    shown = _sized(_class_numbers(beside, classes), picture)
    present = [number for number in np.unique(numbers).tolist() if number]

    def shape(number: int, _size: tuple[int, int]) -> Shape:
        inside = numbers == number
        counts = np.bincount(shown[inside], minlength=1)
        counts[[0, *([VOID] if len(counts) > VOID and VOID not in classes.names else [])]] = 0
        if not counts.any():
            raise InvalidDataset("it lies on no pixel of a class")
        return masked(classes.name(int(counts.argmax())), Mask.from_array(inside))

    return gathering.shapes(picture, [(f"object {number}", number) for number in present], shape)


def _parts(folder: Path, picture: Picture, classes: _Classes, gathering: Gathering) -> tuple[Shape, ...] | None:
    numbers = _sized(_class_numbers(folder / "masks" / _png(picture.name), classes), picture)
    present = [number for number in np.unique(numbers).tolist() if number]
    shapes: list[Shape] = []
    for number in present:
        if number != VOID or VOID in classes.names:
            name = classes.name(number)
            shapes += [masked(name, part) for part in split_parts(Mask.from_array(numbers == number))]
    return tuple(shapes)


def _class_numbers(path: Path, classes: _Classes) -> Numbers:
    """Numbers as they are; colours by labels.txt where it has them, and the picture is no grey one."""
    numbers = read_numbers(path)
    if not classes.colours:
        return numbers
    colours = read_colours(path)
    if (
        (colours[..., 0] == colours[..., 1]).all()
        and (colours[..., 0] == colours[..., 2]).all()
        and numbers.max() < 256
    ):
        return numbers
    found = np.full(numbers.shape, -1, np.int64)
    for colour, number in classes.colours.items():
        found[(colours == colour).all(axis=2)] = number
    found[(colours == 0).all(axis=2)] = 0
    if (found < 0).any():
        y, x = np.argwhere(found < 0)[0]
        raise InvalidDataset(f"its colour {tuple(colours[y, x].tolist())} at ({x}, {y}) is no class's")
    return found


def _sized(numbers: Numbers, picture: Picture) -> Numbers:
    height, width = numbers.shape
    if (width, height) != picture.size:
        raise InvalidDataset(f"it has {width} x {height} pixels, its picture {picture.width} x {picture.height}")
    return numbers


def _classes(folder: Path) -> _Classes:
    file = next((folder / name for name in NAME_FILES if (folder / name).is_file()), None)
    if file is None:
        raise InvalidDataset(f"{folder} has no labels.txt: nothing names its classes", field=str(folder))
    lines = [line.split(":") for line in read_lines(file) if not line.startswith("#")]
    names = [line[0].strip() for line in lines]
    first = 0 if names and names[0].casefold() in BACKGROUND else 1
    colours = {
        _colour(line[1], file): number for number, line in enumerate(lines, first) if len(line) > 1 and line[1].strip()
    }
    return _Classes({number: name for number, name in enumerate(names, first) if number}, colours)


def _colour(text: str, file: Path) -> tuple[int, int, int]:
    values = [int(word) if word.strip().isdecimal() else -1 for word in text.split(",")]
    if len(values) != 3 or not all(0 <= value <= 255 for value in values):
        raise InvalidDataset(f"{file}: {text!r} is no colour of three numbers from 0 to 255", field=str(file))
    return values[0], values[1], values[2]


def _begin(folder: Path, dataset: Dataset, outlines: Outlines) -> Losses:
    if outlines is Outlines.POLYGONS:
        raise InvalidDataset("PNGs hold pixels, not polygons", field="polygons")
    check_objects(dataset)
    check_stems(dataset)
    write_lines(folder / "labels.txt", ["background", *names_of(dataset).values()])
    write_split(folder, dataset)
    return Losses()


def _labeled(dataset: Dataset, losses: Losses) -> Sequence[DatasetImage]:
    images = [image for image, _ in used_images(dataset)]
    losses.add(
        "images left without a label: not all of their objects are outlined", sum(1 for image in images if image.boxes)
    )
    return [image for image in images if image.is_labeled]


def _png(name: str) -> str:
    return PurePosixPath(name).with_suffix(".png").as_posix()


def _save(path: Path, picture: Image.Image) -> None:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=False)
    write_atomically(path, file.getvalue())
