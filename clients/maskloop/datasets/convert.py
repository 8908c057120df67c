"""A data set written in another format, pictures too."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from maskloop.datasets.formats import Format
from maskloop.errors import FailedPrecondition, InvalidArgument
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
    used = list(used_images(dataset))
    with new_folder(folder) as part:
        lost = list(into.write(part, dataset, way).lines)
        for place, (image, side) in enumerate(used, 1):
            picture = into.picture(image, side)
            if read is not None and picture is not None:
                write_atomically(part / picture, read(image))
            done(place)
    left_out = len(dataset.images) - len(used)
    return (*lost, *([f"images of neither split left out: {left_out}"] if left_out else []))


def check_outlines(into: Format, asked: Outlines | None) -> Outlines:
    """The way of writing masks that was asked for, or the usual one.

    Raises:
        InvalidArgument: the format has no such way.
    """
    if asked is not None and asked not in into.outlines:
        raise InvalidArgument(f"--{asked}: {into.title} writes masks as {into.outlines[0]} alone", field=asked)
    return asked or into.outlines[0]


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder beside `folder` that becomes it when the block is done, and goes when it fails.

    Raises:
        InvalidArgument: `folder` is there and holds something.
        FailedPrecondition: it cannot be made.
    """
    check_empty(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = folder.parent / f".{folder.name[:100]}.{uuid.uuid4().hex[:8]}.part"
        part.mkdir()
    except OSError as error:
        raise FailedPrecondition(f"cannot make {folder}: {error.strerror}", field="to") from error
    try:
        yield part
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def check_empty(folder: Path) -> None:
    """Raises InvalidArgument where `folder` is a file, or holds something: what is written would mix with it."""
    if folder.exists() and (not folder.is_dir() or any(os.scandir(folder))):
        raise InvalidArgument(f"{folder} is not an empty folder; name a new one", field="to")
