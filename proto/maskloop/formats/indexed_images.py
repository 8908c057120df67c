"""Pictures that are numbers, as data sets write classes and objects: with a palette, in greys, or painted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidImage
from maskloop.formats.images import load_image

MOST_COLOURS = 256


@dataclass(frozen=True, eq=False)
class IndexedImage:
    """A picture of at most `MOST_COLOURS` colours.

    Args:
        indices: (H, W) uint8, a place in `colours` of each pixel, or its grey.
        colours: red, green, blue in [0, 255]; `None` for greys.
    """

    indices: NDArray[np.uint8]
    colours: tuple[tuple[int, int, int], ...] | None


def read_indexed(path: Path) -> IndexedImage:
    """A picture of few colours, as data sets write classes and objects: with a palette, in greys, or painted.

    Raises:
        InvalidImage: it is no such picture, has more colours, or as `decode_image`.
    """
    try:
        image = load_image(path.read_bytes(), path.name)
    except OSError as error:
        raise InvalidImage(f"image {path.name} cannot be read: {error.strerror}", field=path.name) from error
    if image.mode in ("L", "1"):  # of 1 bit: 0 and 1
        return IndexedImage(np.array(image, dtype=np.uint8), None)
    if image.mode == "P":
        palette = np.asarray(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)
        return IndexedImage(np.array(image, dtype=np.uint8), tuple(map(_colour, palette)))
    if image.mode not in ("RGB", "RGBA"):
        raise InvalidImage(f"image {path.name} has no colours or greys of 8 bits ({image.mode})", field=path.name)
    red, green, blue = (np.asarray(image.getchannel(channel), dtype=np.uint32) for channel in "RGB")
    values, indices = np.unique(red << 16 | green << 8 | blue, return_inverse=True)
    if len(values) > MOST_COLOURS:
        raise InvalidImage(
            f"image {path.name} has {len(values)} colours; at most {MOST_COLOURS} tell classes or objects apart",
            field=path.name,
        )
    colours = np.stack([values >> 16, values >> 8 & 255, values & 255], axis=1)
    return IndexedImage(indices.reshape(red.shape).astype(np.uint8), tuple(map(_colour, colours)))


def _colour(channels: NDArray[np.generic]) -> tuple[int, int, int]:
    red, green, blue = channels.tolist()
    return red, green, blue
