"""A data set written in another format, pictures too."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from maskloop.datasets.formats import Format
from maskloop.errors import InvalidArgument
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.formats.tools.writing import Outlines, used_images

Progress = Callable[[int], None]


def write_dataset(
    dataset: Dataset,
    into: Format,
    folder: Path,
    outlines: Outlines | None = None,
    *,
    read: Callable[[DatasetImage], bytes] | None = DatasetImage.read,
    done: Progress = lambda images: None,
) -> tuple[str, ...]:
    """Write `dataset` into a folder that is empty or new. Returns what was lost, a line each.

    Args:
        dataset: to write; images of neither split are left out.
        into: the format.
        folder: where.
        outlines: how masks are written; `None` for the format's usual way.
        read: gives the bytes of an image's picture; `None` to write labels alone.
        done: told after each picture how many there are.

    Raises:
        InvalidArgument: the folder holds something, or the format does not write outlines so.
        InvalidDataset, InvalidImage: something cannot be written or read.
    """
    way = check_outlines(into, outlines)
    check_empty(folder)
    lost = list(into.write(folder, dataset, way).lines)
    used = list(used_images(dataset))
    if len(dataset.images) > len(used):
        lost.append(f"{len(dataset.images) - len(used)} images of neither split left out")
    for place, (image, side) in enumerate(used, 1):
        picture = into.picture(image, side)
        if read is not None and picture is not None:
            write_atomically(folder / picture, read(image))
        done(place)
    return tuple(lost)


def check_outlines(into: Format, asked: Outlines | None) -> Outlines:
    """The way of writing masks that was asked for, or the usual one.

    Raises:
        InvalidArgument: the format has no such way.
    """
    if asked is not None and asked not in into.outlines:
        raise InvalidArgument(f"--{asked}: {into.title} writes masks as {into.outlines[0]} alone", field=asked)
    return asked or into.outlines[0]


def check_empty(folder: Path) -> None:
    """Raises InvalidArgument where `folder` is a file, or holds something: what is written would mix with it."""
    if folder.exists() and (not folder.is_dir() or any(os.scandir(folder))):
        raise InvalidArgument(f"{folder} is not an empty folder; name a new one", field="to")
