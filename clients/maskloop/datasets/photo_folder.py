"""A folder of photographs that nobody has labeled, as a data set: every picture is to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from maskloop.errors import InvalidArgument, InvalidDataset, MaskloopError
from maskloop.formats.datasets import Dataset, DatasetImage, PassedOver
from maskloop.formats.images import read_image_size
from maskloop.formats.photos import find_pictures
from maskloop.values import Category

SPLIT = "a folder of photographs: none is for testing yet"


def read_photo_folder(folder: Path, classes: Sequence[str]) -> Dataset:
    """Read the pictures in `folder` and below it, with the vocabulary `classes`. What cannot be read is passed over.

    Raises:
        InvalidArgument: there is no class, or one is named twice.
        InvalidDataset: there is no picture that can be read.
    """
    if not classes:
        raise InvalidArgument("--classes: name what is to be outlined, as in crack,spalling", field="classes")
    twice = next((name for name in classes if classes.count(name) > 1), None)
    if twice is not None:
        raise InvalidArgument(f"--classes: {twice} is there twice", field="classes")
    images, passed_over = read_photos(folder, "--data")
    categories = tuple(Category(number, name) for number, name in enumerate(classes, 1))
    names = tuple(image.file_name for image in images)
    return Dataset(categories, images, names, (), SPLIT, passed_over)


def read_photos(
    folder: Path, option: str, *, except_beside: str = ""
) -> tuple[tuple[DatasetImage, ...], tuple[PassedOver, ...]]:
    """The pictures in `folder` and below it, named by their paths below it, and the files that cannot be read.

    Args:
        folder: of photographs.
        option: that named it, for the error.
        except_beside: name of a file that lies in folders whose pictures are our own, of earlier runs.

    Raises:
        InvalidDataset: there is no such folder, or no picture that can be read.
    """
    images: list[DatasetImage] = []
    passed_over: list[PassedOver] = []
    ours = {found.parent for found in folder.rglob(except_beside)} if except_beside else set[Path]()
    for path in find_pictures(folder):
        if not ours.isdisjoint(path.parents):
            continue
        name = path.relative_to(folder).as_posix()
        if not _is_text(name):
            passed_over.append(PassedOver(repr(name)[1:-1], "its name is no valid text; rename it"))
            continue
        try:
            width, height = read_image_size(path)
        except MaskloopError as error:
            passed_over.append(PassedOver(name, error.message))
        else:
            images.append(DatasetImage(name, path, width, height, (), is_labeled=False))
    if not images:
        why = f"; the first of {len(passed_over)} files: {passed_over[0].why}" if passed_over else ""
        raise InvalidDataset(f"{option}: no picture in {folder} can be read{why}", field=option.strip("-").lower())
    return tuple(images), tuple(passed_over)


def _is_text(name: str) -> bool:
    """Whether a file's name can be written down: others come from archives of another encoding."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
