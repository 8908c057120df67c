"""Pictures that look nearly alike: the same scene a moment later, or one file saved twice.

They are told, and not left out: frames of a video are nearly alike and all of use. But where one of a pair teaches and
the other tests, what is measured is flattered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskloop.formats.datasets import DatasetImage

SIDE = 16  # pixels of the small grey pictures that are compared
ALIKE = 3.0  # grey levels of 256 by which they may differ, root mean square
FLAT = 6.0  # standard deviation of grey levels below which a picture shows too little to be compared
MOST_LOOKED_AT = 10_000
BLOCK = 512

Pair = tuple[str, str]


def near_duplicates(
    images: Sequence[DatasetImage], looked: Callable[[int], None] = lambda images: None
) -> tuple[Pair, ...]:
    """Pairs of names of pictures that look nearly alike, whatever their sizes; () for more than `MOST_LOOKED_AT`.

    Pieces that were cut out of files are not looked at, nor is what cannot be read.

    Args:
        images: of a data set.
        looked: told how many have been looked at.
    """
    files = [image for image in images if image.is_a_file]
    if len(files) > MOST_LOOKED_AT:
        return ()
    names: list[str] = []
    small: list[NDArray[np.float32]] = []
    for number, image in enumerate(files, 1):
        picture = _small(image.path)
        if picture is not None and picture.std() >= FLAT:
            names.append(image.file_name)
            small.append(picture)
        looked(number)
    return tuple(_pairs(names, np.array(small, dtype=np.float32).reshape(len(names), SIDE * SIDE)))


def _small(path: Path) -> NDArray[np.float32] | None:
    """(SIDE * SIDE,) grey levels."""
    try:
        with Image.open(path) as picture:
            picture.draft("L", (8 * SIDE, 8 * SIDE))  # JPEG decodes an eighth of the work
            grey = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return np.asarray(grey, dtype=np.float32).ravel()


def _pairs(names: Sequence[str], small: NDArray[np.float32]) -> list[Pair]:
    """By the expanded square of the difference, a block of rows at a time."""
    pairs: list[Pair] = []
    squares = np.square(small).sum(1)
    for start in range(0, len(names), BLOCK):
        rows = small[start : start + BLOCK]
        apart = squares[start : start + BLOCK, None] + squares[None] - 2 * rows @ small.T
        for row, column in np.argwhere(apart <= ALIKE**2 * SIDE**2).tolist():
            if start + row < column:
                pairs.append((names[start + row], names[column]))
    return pairs
