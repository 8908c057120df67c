"""A data set of labeled images as values, whatever format it was read from."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskloop.errors import InvalidDataset
from maskloop.formats.bad_entries import PassedOver
from maskloop.formats.images import decode_image
from maskloop.values import Box, Category, ObjectLabel

__all__ = ["BRIGHTEST", "DARKEST", "Dataset", "DatasetImage", "PassedOver"]

DARKEST, BRIGHTEST = 1.0, 99.5
"""Percentiles of a file's values, all channels together, that become 0 and 255 where contrast is stretched."""


@dataclass(frozen=True)
class DatasetImage:
    """One labeled image of a data set: a whole file, or a piece cut out of one.

    Args:
        file_name: its name in the data set.
        path: where its file lies.
        width, height: its own size, upright, in pixels.
        objects: what is on it; masks are of its own size.
        corner: of a piece, where its upper left pixel (x, y) lies in the file's upright picture; `None` for all of it.
        stretched: whether its contrast is to be stretched, by the percentiles of the whole file: the pieces of a
            picture stay as bright, one beside the other, as they were, and a piece of empty ground stays dark.
        is_labeled: whether the objects are all there are: somebody has looked, and without objects it holds nothing.
            Else nobody knows what there is beside them.
        boxes: all its objects, boxed, where the box is all that is known of some of them; `None` where nobody boxed
            them. Such an image has no full label: `is_labeled` is False, and `objects` are those that are outlined too.

    Raises:
        InvalidDataset: it has boxes, and a full label as well.
    """

    file_name: str
    path: Path
    width: int
    height: int
    objects: tuple[ObjectLabel, ...]
    corner: tuple[int, int] | None = None
    stretched: bool = False
    is_labeled: bool = True
    boxes: tuple[Box, ...] | None = None

    def __post_init__(self) -> None:
        if self.boxes is not None and self.is_labeled:
            raise InvalidDataset(f"image {self.file_name} is boxed and outlined; it is one of both", field="data")

    @property
    def is_a_file(self) -> bool:
        """Whether the image lies at `path` as it is; else it is cut or stretched when it is read."""
        return self.corner is None and not self.stretched

    def read(self) -> bytes:
        """The image as a file: the bytes that lie at `path`, or, cut or stretched, a PNG.

        Raises:
            InvalidDataset: the file cannot be read.
            InvalidImage: it does not decode, where it is to be cut or stretched.
        """
        if self.is_a_file:
            return _bytes_of(self.path)
        x, y = self.corner or (0, 0)
        pixels = _pixels_of(self.path, self.stretched)[y : y + self.height, x : x + self.width]
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()


@dataclass(frozen=True)
class Dataset:
    """Images with their labels, and which are for training and which for testing, by file name.

    `split_from` tells a person where the split comes from. Images in neither list are not to be used. `passed_over` is
    what could not be read.
    """

    categories: tuple[Category, ...]
    images: tuple[DatasetImage, ...]
    train: tuple[str, ...]
    test: tuple[str, ...]
    split_from: str
    passed_over: tuple[PassedOver, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, DatasetImage]:
        """Each image by its file name."""
        return {image.file_name: image for image in self.images}


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidDataset(f"image {path} cannot be read: {error.strerror}", field="data") from error


@lru_cache(maxsize=1)
def _pixels_of(path: Path, stretched: bool) -> NDArray[np.uint8]:
    """(H, W, 3), upright. The pieces of a file are read one after the other, so the last picture is kept."""
    pixels = decode_image(_bytes_of(path), path.name).pixels
    return _stretch(pixels) if stretched else pixels


def _stretch(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    low, high = np.percentile(pixels, (DARKEST, BRIGHTEST))
    values = (np.arange(256) - low) * (255 / max(high - low, 1.0))
    table = np.round(np.clip(values, 0, 255)).astype(np.uint8)
    return np.asarray(table[pixels])
