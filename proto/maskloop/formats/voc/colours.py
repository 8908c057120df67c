"""What colours mean in Pascal VOC's pictures of classes and objects, whatever their place in a palette.

Programs that save a picture anew rebuild its palette, and tools paint without one. Greys are numbers as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidDataset
from maskloop.formats.files import read_text
from maskloop.formats.indexed_images import IndexedImage

NAMES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
NOTHING, VOID = 0, 255

_BACKGROUND = ("background", "_background_", "__background__")
_UNDECIDED = ("void", "ignore", "ignored", "__ignore__")
_COMMENT = "#"
_LINE = re.compile(r"(?P<name>.+?):(?:(?P<colour>\d+\s*,\s*\d+\s*,\s*\d+)\s*)?(?::[^:]*(?::[^:]*)?)?")

Colour = tuple[int, int, int]
Indices = NDArray[np.uint8]


def voc_colour(index: int) -> Colour:
    """The colour that VOC's palette has at `index`, 0 to 255: its bits, dealt to the three channels."""
    channels = [0, 0, 0]
    for place in range(8):
        for channel in range(3):
            channels[channel] |= (index >> (3 * place + channel) & 1) << (7 - place)
    return channels[0], channels[1], channels[2]


VOC_COLOURS: Mapping[Colour, int] = {voc_colour(index): index for index in range(256)}


@dataclass(frozen=True)
class ColourTable:
    """What colours and numbers mean.

    Args:
        source: whose table it is, for people.
        by_colour: a number of each colour: 0 nothing, 255 void, else a class or an object.
        by_index: what each grey or number of a palette of greys means; those beyond it mean themselves.
    """

    source: str
    by_colour: Mapping[Colour, int]
    by_index: Sequence[int] = ()

    def numbers(self, image: IndexedImage) -> Indices:
        """What each pixel means, (H, W) uint8.

        Raises:
            InvalidDataset: a colour is none of the table's, and the palette is no ramp of greys; names the colour.
        """
        table = np.arange(256, dtype=np.uint8)
        if image.colours is None or _is_grey_ramp(image.colours):
            table[: len(self.by_index)] = self.by_index
            return table[image.indices]
        for index in np.unique(image.indices).tolist():
            if index >= len(image.colours):
                raise InvalidDataset(f"its palette has no colour at {index}")
            if (colour := image.colours[index]) not in self.by_colour:
                raise InvalidDataset(f"its colour {colour} is none of {self.source}")
            table[index] = self.by_colour[colour]
        return table[image.indices]


@dataclass(frozen=True)
class Vocabulary:
    """Names of the classes 1, 2, ..., and how pictures of classes show them; `is_own` unless they are VOC's."""

    names: tuple[str, ...]
    table: ColourTable
    is_own: bool = True


OBJECTS = ColourTable("Pascal VOC's palette", VOC_COLOURS)
VOC = Vocabulary(
    NAMES,
    ColourTable(
        "the colours that Pascal VOC has for its classes",
        {voc_colour(index): index for index in (*range(len(NAMES) + 1), VOID)},
    ),
    is_own=False,
)


def read_vocabulary(folder: Path) -> Vocabulary:
    """The classes of the data set in `folder`: of labelmap.txt (CVAT) or class_names.txt (LabelMe), else VOC's own.

    A line of labelmap.txt is `name:r,g,b:parts:actions`; without a colour it has VOC's for its place. class_names.txt
    has names alone.

    Raises:
        InvalidDataset: a list does not hold together; names the file and the line.
    """
    for file, read in ((folder / "labelmap.txt", _labelmap), (folder / "class_names.txt", _class_names)):
        if file.exists():
            return _vocabulary(file, list(read(file)))
    return VOC


def _labelmap(file: Path) -> Iterator[tuple[str, Colour | None]]:
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        if not line.strip() or line.startswith(_COMMENT):
            continue
        said = _LINE.fullmatch(line.strip())
        if said is None:
            raise InvalidDataset(f"{file}, line {number}: {line.strip()!r} is not name:r,g,b:parts:actions")
        parts = [int(part) for part in (said["colour"] or "").split(",") if part]
        if any(part > 255 for part in parts):
            raise InvalidDataset(f"{file}, line {number}: {said['colour']} is no colour: each part is 0 to 255")
        yield said["name"].strip(), (parts[0], parts[1], parts[2]) if parts else None


def labelmap_class(line: str) -> str | None:
    """The class of a line of labelmap.txt; `None` for a comment, the background and void."""
    said = None if line.startswith(_COMMENT) else _LINE.fullmatch(line)
    return None if said is None or said["name"] in (*_BACKGROUND, *_UNDECIDED) else said["name"]


def _class_names(file: Path) -> Iterator[tuple[str, Colour | None]]:
    for line in read_text(file).splitlines():
        if line.strip():
            yield line.strip(), None


def _vocabulary(file: Path, lines: Sequence[tuple[str, Colour | None]]) -> Vocabulary:
    names: list[str] = []
    by_index: list[int] = []
    by_colour: dict[Colour, int] = {}
    for name, colour in _with_background(lines):
        if name in names:
            raise InvalidDataset(f"{file}: the name {name!r} is there twice", field=str(file))
        if name in _UNDECIDED:
            by_colour[colour or voc_colour(VOID)] = VOID
            continue
        painted = colour or voc_colour(len(by_index))
        number = NOTHING if name in _BACKGROUND else len(names) + 1
        if painted in by_colour:
            raise InvalidDataset(f"{file}: {name!r} has a colour that another has: {painted}", field=str(file))
        by_colour[painted] = number
        by_index.append(number)
        if number:
            names.append(name)
    if not names:
        raise InvalidDataset(f"{file}: there is no class", field=str(file))
    if len(names) >= VOID:
        raise InvalidDataset(f"{file}: {len(names)} classes; at most {VOID - 1} are told apart", field=str(file))
    colours = {voc_colour(VOID): VOID, voc_colour(NOTHING): NOTHING, **by_colour}
    return Vocabulary(tuple(names), ColourTable(f"{file.name}'s", colours, by_index))


def _with_background(lines: Iterable[tuple[str, Colour | None]]) -> list[tuple[str, Colour | None]]:
    """Number 0 is the background's, whether a list names it or not."""
    lines = list(lines)
    if any(name in _BACKGROUND for name, _ in lines) or any(colour == (0, 0, 0) for _, colour in lines):
        return lines
    return [(_BACKGROUND[0], (0, 0, 0)), *lines]


def _is_grey_ramp(colours: Sequence[Colour]) -> bool:
    return all(colour == (index, index, index) for index, colour in enumerate(colours))
