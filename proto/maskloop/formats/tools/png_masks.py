"""Masks as PNGs: of objects, with their classes, or of classes alone.

    images/NAME            the pictures
    labels.txt             a class a line, from class 1 on, or from 0 where the first is `background`
    instances/STEM.png     0, or the number of the pixel's object: greys of 8 or 16 bits, a palette, or colours
    classes/STEM.png       0, or the number of the pixel's class
    masks/STEM.png         of classes alone (semantic): 0, or the number of the pixel's class, or its colour

Line `crack:255,0,0` of labels.txt, or of CVAT's labelmap.txt, gives a colour. Class 255 is void where there are fewer
classes; black and white masks, which hold no other number, show the only class by it. In semantic masks every part of a
class is an object: what touches at a side or a corner. A picture without a PNG is one that nobody looked at.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from maskloop.errors import InvalidArgument, InvalidDataset
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
    check_names,
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
GREY_STEP = 0x010101
"""Between the numbers that greys have as colours."""
LINE = re.compile(r"(?P<name>.+?)(?::(?P<colour>[-.\d\s]*,[-.,\d\s]*)(?::[^:]*){0,2}|::[^:]*:[^:]*)?")
"""A class of labels.txt, or `name:r,g,b:parts:actions` of labelmap.txt; other colons are the name's."""


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
    return _read(folder, seed, on_bad, ("instances", "classes"), _instances)


def read_png_semantic(folder: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    """Read the classes of masks/; every part of a class is an object.

    Raises:
        InvalidDataset: as `read_png_instances`.
    """
    return _read(folder, seed, on_bad, ("masks", "masks"), _parts)


def write_png_instances(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.RLE) -> Losses:
    """Write instances/, classes/, labels.txt, train.txt and test.txt.

    Raises:
        InvalidDataset: an object has no pixel, or two images share a file, labels.txt means something else by a class,
            or polygons are asked for.
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
    parts: tuple[str, str],
    shapes_of: Callable[[Path, Picture, _Classes, Gathering], tuple[Shape, ...] | None],
) -> Dataset:
    """`parts` are the folder whose PNGs say that somebody has looked, and the one whose PNGs hold classes."""
    masks, shown = (folder / part for part in parts)
    gathering = Gathering(folder, on_bad)
    classes = _classes(folder)
    images = folder / "images"
    names = {path: path.relative_to(images).as_posix() for path in find_pictures(images)}
    white = _white(shown, [shown / _png(name) for name in names.values()], classes)
    told = f"; {VOID} in {shown.name}/ is {white}: no other number is there" if white else ""
    classes = replace(classes, names={**classes.names, **({VOID: white} if white else {})})
    for path, name in names.items():
        with gathering.problems.about(name):
            picture = picture_at(images, path)
            shapes = None
            if (masks / _png(name)).is_file():
                with gathering.problems.about(f"{masks.name}/{_png(name)}", name):
                    shapes = shapes_of(folder, picture, classes, gathering)
            gathering.add(picture, shapes)
    dataset = gathering.dataset(folder, list(classes.names.values()), seed)
    return replace(dataset, split_from=dataset.split_from + told)


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


def _white(folder: Path, masks: Iterable[Path], classes: _Classes) -> str:
    """The class that 255 shows in black and white masks, "" where it is void, or of a class of its own.

    Raises:
        InvalidDataset: there are several classes, so that nothing tells which.
    """
    found = False
    for path in masks if classes.names and VOID not in classes.names else ():
        with suppress(InvalidArgument):  # told when it is read for its objects
            numbers = _class_numbers(path, classes) if path.is_file() else np.zeros((1, 1), np.int64)
            if ((numbers != 0) & (numbers != VOID)).any():
                return ""
            found = found or bool(numbers.any())
    if found and len(classes.names) > 1:
        raise InvalidDataset(
            f"{folder} holds 0 and {VOID} alone, and there are {len(classes.names)} classes: give the class that is "
            f"white its colour in labels.txt, as in '{next(iter(classes.names.values()))}:255,255,255'",
            field=str(folder),
        )
    return next(iter(classes.names.values())) if found else ""


def _class_numbers(path: Path, classes: _Classes) -> Numbers:
    """By the colours of labels.txt; a picture in greys that are none of them holds numbers."""
    numbers = read_numbers(path)
    if numbers.max() >= GREY_STEP and (numbers % GREY_STEP == 0).all():
        numbers = numbers // GREY_STEP
    if not classes.colours:
        return numbers
    colours = read_colours(path)
    found = np.full(numbers.shape, -1, np.int64)
    for colour, number in classes.colours.items():
        found[(colours == colour).all(axis=2)] = number
    if (found < 0).any():
        if (colours == colours[..., :1]).all() and not (found > 0).any():
            return numbers
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
    lines = [said for line in read_lines(file) if (said := _line(line)) is not None]
    names = [name for name, _ in lines]
    first = 0 if names and names[0].casefold() in BACKGROUND else 1
    colours = {_colour(colour, file): number for number, (_, colour) in enumerate(lines, first) if colour}
    if colours and 0 not in colours.values():
        colours[0, 0, 0] = 0
    return _Classes({number: name for number, name in enumerate(names, first) if number}, colours)


def _line(line: str) -> tuple[str, str] | None:
    """The name and the colour of a class, "" for none; `None` for a comment."""
    said = None if line.startswith("#") else LINE.fullmatch(line)
    return None if said is None else (said["name"].strip(), (said["colour"] or "").strip())


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
    check_names(dataset, "PNGs", lambda name: (_line(name) or ("", ""))[0], "a comment, or a class with a colour")
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
