"""The pictures that a COCO file lists, found where they lie."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from maskloop.errors import InvalidDataset
from maskloop.formats.coco.parsing import Id, ImageEntry
from maskloop.formats.file_names import as_path, match_names
from maskloop.formats.images import read_image_size
from maskloop.formats.photos import find_pictures
from maskloop.formats.problems import Problems

LONGEST_NAME = 255


@dataclass(frozen=True)
class Picture:
    """A picture that is there.

    Args:
        name: its path below the folder of the pictures, with slashes.
        path: where it lies.
        width, height: upright, in pixels.
        file: what `path` comes to when links are followed.
    """

    name: str
    path: Path
    width: int
    height: int
    file: str


@dataclass
class Shelf:
    """Which files were met, each by the name it had first, and which were met twice."""

    met: dict[str, str] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)


def find_images(
    images: Mapping[Id, ImageEntry], folders: Sequence[Path], shelf: Shelf, problems: Problems
) -> dict[Id, Picture]:
    """The pictures of `images`, by id; each that is missing, broken or there twice is noted.

    Args:
        images: as the file names them.
        folders: where the pictures may lie. All are looked for in the one of them that has most of them.
        shelf: files that other lists have met already.
        problems: is told what does not hold.
    """
    found, missing, folder = _best(images, folders)
    pictures: dict[Id, Picture] = {}
    for id_, entry in images.items():
        with problems.about(f"image {id_}", entry.file_name):
            if id_ not in found:
                raise InvalidDataset(missing[id_])
            path = folder / found[id_]
            file = os.path.realpath(path)
            if file in shelf.met:
                shelf.twice.add(file)
                raise InvalidDataset(_twice(entry.file_name, found[id_], shelf.met[file]))
            shelf.met[file] = found[id_]
            width, height = _size(found[id_], path, entry)
            pictures[id_] = Picture(found[id_], path, width, height, file)
    return pictures


def _twice(said: str, name: str, first: str) -> str:
    how = "" if said == name == first else f", as {first!r}" if name == first else f": it leads to {first!r}"
    return f"the file name {said!r} is there twice{how}"


def _best(images: Mapping[Id, ImageEntry], folders: Sequence[Path]) -> tuple[dict[Id, str], dict[Id, str], Path]:
    """The names of what is in the best folder, why the others are not, and that folder."""
    as_written = [(dict(_as_written(images, folder)), folder) for folder in folders]
    written, folder = max(as_written, key=lambda one: len(one[0]))
    if len(written) == len(images):
        return written, {}, folder
    if written:
        return (*_as_spelled(images, written, folder), folder)
    return max(((*_as_spelled(images, {}, each), each) for each in folders), key=lambda one: len(one[0]))


def _as_written(images: Mapping[Id, ImageEntry], folder: Path) -> Iterator[tuple[Id, str]]:
    for id_, entry in images.items():
        for name in (as_path(entry.file_name), entry.file_name):
            path = PurePosixPath(name)
            inside = not path.is_absolute() and ".." not in path.parts
            if inside and os.path.isfile(folder / name):  # unlike Path.is_file, also answers for names no file can have
                yield id_, name
                break


def _as_spelled(
    images: Mapping[Id, ImageEntry], found: Mapping[Id, str], folder: Path
) -> tuple[dict[Id, str], dict[Id, str]]:
    """Names that tools spelled in another way than the files, as well; and why the rest is not there."""
    there = [path.relative_to(folder).as_posix() for path in find_pictures(folder)]
    wanted = {id_: entry.file_name for id_, entry in images.items() if id_ not in found}
    matches = match_names(there, [*found.values(), *wanted.values()], f"it is not in {folder}")
    more = {id_: matches.found[name] for id_, name in wanted.items() if name in matches.found}
    return {**found, **more}, {id_: matches.problems[name] for id_, name in wanted.items() if name in matches.problems}


def _size(name: str, path: Path, entry: ImageEntry) -> tuple[int, int]:
    """That of the picture, which must be the one that the masks were drawn for."""
    if len(name) > LONGEST_NAME:
        raise InvalidDataset(f"the file name has {len(name)} characters; at most {LONGEST_NAME} are taken")
    size = read_image_size(path)
    if entry.size is not None and entry.size != size:
        width, height = entry.size
        raise InvalidDataset(f"it has {size[0]} x {size[1]} pixels (upright), the file says {width} x {height}")
    return size
