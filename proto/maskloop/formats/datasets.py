"""A data set of labeled images as values, whatever format it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from maskloop.values import Category, ObjectLabel


@dataclass(frozen=True)
class DatasetImage:
    """One labeled image of a data set; `path` is where its file lies, sizes are upright and in pixels."""

    file_name: str
    path: Path
    width: int
    height: int
    objects: tuple[ObjectLabel, ...]


@dataclass(frozen=True)
class Dataset:
    """Images with their labels, and which are for training and which for testing, by file name.

    `split_from` tells a person where the split comes from. Images in neither list are not to be used.
    """

    categories: tuple[Category, ...]
    images: tuple[DatasetImage, ...]
    train: tuple[str, ...]
    test: tuple[str, ...]
    split_from: str

    @cached_property
    def by_name(self) -> Mapping[str, DatasetImage]:
        """Each image by its file name."""
        return {image.file_name: image for image in self.images}
