"""Points and strokes that lie beside a data set, because no format holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.answers import read_object
from maskloop.formats.datasets import Dataset
from maskloop.formats.file_names import match_names
from maskloop.formats.marks import Sizes, read_points, read_scribbles
from maskloop.formats.tools.writing import is_known, used_images
from maskloop.values import Category, PointsLabel, ScribblesLabel

MOST_NAMED = 3
Marks = PointsLabel | ScribblesLabel
Read = Callable[[Path, Sizes, Iterable[Category]], Mapping[str, Marks]]


def read_beside(dataset: Dataset, points: Path | None, scribbles: Path | None) -> dict[str, Marks]:
    """What the files of `maskloop.formats.marks` say of the data set's images that are neither outlined nor boxed.

    Args:
        dataset: its classes go by name.
        points, scribbles: the files, `None` for none. Strokes say more: an image in both has those.

    Raises:
        InvalidDataset: a file cannot be read, names an image that the data set lacks, or marks that cannot be.
    """
    said: dict[str, Marks] = {}
    readers: tuple[tuple[Path | None, Read], ...] = ((points, read_points), (scribbles, read_scribbles))
    for file, read in readers:
        if file is not None:
            said |= read(file, _sizes(dataset, file), dataset.categories)
    return said


def _sizes(dataset: Dataset, file: Path) -> dict[str, tuple[int, int]]:
    """The size of each image that the file is to be asked about."""
    images = {image.file_name: image for image, _ in used_images(dataset)}
    listed = read_object(file)
    found = match_names(listed, images).found
    if unknown := [name for name in listed if name not in set(found.values())]:
        named = ", ".join(unknown[:MOST_NAMED]) + ("" if len(unknown) <= MOST_NAMED else ", ...")
        raise InvalidDataset(f"{file} names {named}: the data set has no such image", field=str(file))
    return {name: (images[name].width, images[name].height) for name in found if not is_known(images[name])}
