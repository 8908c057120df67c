"""The pictures that a person named: found, called by a name each, and read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidDataset, InvalidImage
from maskloop.formats.datasets import PassedOver
from maskloop.formats.images import decode_image
from maskloop.formats.photos import find_pictures

MOST_BYTES = 2**30
"""Of a file on this machine; what travels over the wire is smaller."""


@dataclass(frozen=True)
class PictureFile:
    """A file that may be a picture, and what it is called: its path below the folder that was named, with `/`."""

    file_name: str
    path: Path

    def read(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB, upright.

        Raises:
            InvalidImage: the file cannot be read, or does not decode.
        """
        if self.path.exists() and not self.path.is_file():  # a pipe would be waited for, for ever
            raise InvalidImage(f"image {self.file_name} cannot be read: it is no file")
        try:
            size = self.path.stat().st_size
            data = self.path.read_bytes() if size <= MOST_BYTES else b""
        except OSError as error:
            raise InvalidImage(f"image {self.file_name} cannot be read: {error.strerror}") from error
        if size > MOST_BYTES:
            raise InvalidImage(f"image {self.file_name} has {size} bytes; at most {MOST_BYTES} are taken")
        return decode_image(data, self.file_name, max_bytes=MOST_BYTES).pixels


@dataclass(frozen=True, eq=False)
class ReadPicture:
    """A picture: its name and its pixels (H, W, 3) uint8 RGB, upright."""

    file_name: str
    pixels: NDArray[np.uint8]

    def read(self) -> NDArray[np.uint8]:
        """Its pixels."""
        return self.pixels


def name_pictures(places: Sequence[Path], *, recursive: bool, except_in: Sequence[Path] = ()) -> list[PictureFile]:
    """The files that were named, and the pictures of the folders that were named, each once.

    A name is the path below the folder; of several files or folders, below the folder that holds them all.

    Args:
        places: files and folders.
        recursive: whether folders below them count.
        except_in: folders whose pictures are our own, of an earlier run.

    Raises:
        InvalidDataset: nothing is at a place, or none of them has a picture.
    """
    for place in places:
        if not place.exists():
            raise InvalidDataset(f"there is no picture at {place}: no such file or folder", field=str(place))
    ours = {os.path.realpath(folder) for folder in except_in}
    found: dict[str, Path] = {}
    for place in places:
        for path in _pictures_at(place, recursive=recursive):
            absolute = Path(os.path.abspath(path))
            if not any(str(parent) in ours for parent in Path(os.path.realpath(path)).parents):
                found.setdefault(str(absolute), absolute)
    if not found:
        named = ", ".join(map(str, places))
        below = "" if recursive else "; folders below were not looked into"
        raise InvalidDataset(f"there is no picture in {named}{below}", field=str(places[0]))
    roots = [os.path.abspath(place if place.is_dir() else place.parent) for place in places]
    root = Path(os.path.commonpath(roots))
    return [PictureFile(path.relative_to(root).as_posix(), path) for path in found.values()]


def _pictures_at(place: Path, *, recursive: bool) -> Iterator[Path]:
    if not place.is_dir():
        yield place
        return
    yield from (path for path in find_pictures(place) if recursive or path.parent == place)


def read_pictures(files: Sequence[PictureFile], passed_over: list[PassedOver]) -> Iterator[ReadPicture]:
    """The pictures in their order; what cannot be read is added to `passed_over`, with the reason."""
    for file in files:
        shown = os.fsencode(file.file_name).decode("utf-8", "backslashreplace")
        if shown != file.file_name:
            passed_over.append(PassedOver(shown, "its name is not valid text; rename it"))
            continue
        try:
            yield ReadPicture(file.file_name, file.read())
        except InvalidImage as error:
            passed_over.append(PassedOver(shown, error.message.removeprefix(f"image {file.file_name} ")))


def in_chunks(pictures: Iterator[ReadPicture], most: int, most_pixels: int) -> Iterator[list[ReadPicture]]:
    """As many at a time as the network sees at once, and no more than memory should hold; a large one by itself."""
    chunk: list[ReadPicture] = []
    for picture in pictures:
        size = sum(one.pixels.shape[0] * one.pixels.shape[1] for one in (*chunk, picture))
        if chunk and (len(chunk) == most or size > most_pixels):
            yield chunk
            chunk = []
        chunk.append(picture)
    if chunk:
        yield chunk
