"""Objects painted into one picture of numbers, where a pixel holds one of them, and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskloop.errors import InvalidDataset, InvalidImage
from maskloop.formats.tools.writing import Losses
from maskloop.formats.voc.colours import voc_colour
from maskloop.values import ObjectLabel

Numbers = NDArray[np.int64]
MAX_PIXELS = 2**28
DEEP_GREYS = ("I", "I;16", "I;16L", "I;16B", "I;16N")
GREYS = ("1", "L", "P", *DEEP_GREYS)


def paint(objects: Sequence[ObjectLabel], height: int, width: int, losses: Losses) -> Numbers:
    """(H, W): 0, or the place of the pixel's object from 1. Of objects that overlap the smallest lies on top.

    Args:
        objects: to paint.
        height, width: in pixels.
        losses: is told how many objects lose pixels, and how many all of them.
    """
    numbers = np.zeros((height, width), np.int64)
    order = sorted(range(len(objects)), key=lambda place: (-objects[place].mask.area, place))
    for place in order:
        x, y, across, down = objects[place].mask.box
        window = numbers[y : y + down, x : x + across]
        window[objects[place].mask.crop(x, y, across, down).to_array()] = place + 1
    left = np.bincount(numbers.ravel(), minlength=len(objects) + 1)[1:]
    hidden = sum(1 for pixels in left if not pixels)
    losses.add("objects hidden below smaller ones", hidden)
    losses.add(
        "objects that lose pixels to smaller ones",
        sum(1 for item, pixels in zip(objects, left, strict=True) if 0 < pixels < item.mask.area),
    )
    return numbers


def read_numbers(path: Path) -> Numbers:
    """A picture of numbers: greys of 8 or 16 bits, indices of a palette, or a number for each colour, black 0.

    Raises:
        InvalidImage: it does not decode, or has other values.
    """
    pixels = _pixels(path).astype(np.int64)
    return pixels if pixels.ndim == 2 else pixels @ np.array([65_536, 256, 1])


def read_colours(path: Path) -> NDArray[np.generic]:
    """The colours of a picture, (H, W, 3), a palette looked up; of greys of more than 8 bits each is three times there.

    Raises:
        InvalidImage: as `read_numbers`.
    """
    image = _opened(path)
    if image.mode in DEEP_GREYS:
        return np.repeat(np.asarray(image)[..., np.newaxis], 3, axis=2)
    return np.asarray(image.convert("RGB"))


def write_greys(numbers: Numbers) -> Image.Image:
    """Numbers of up to 16 bits as greys: of 8 bits if that is enough.

    Raises:
        InvalidDataset: they are larger.
    """
    most = int(numbers.max(initial=0))
    if most > 65_535:
        raise InvalidDataset(f"{most} objects or classes are more than 16 bits hold")
    return Image.fromarray(numbers.astype(np.uint8 if most < 256 else np.uint16))


def voc_palette() -> list[int]:
    """The 256 colours of Pascal VOC: r, g, b, r, ..."""
    return [channel for index in range(256) for channel in voc_colour(index)]


def _pixels(path: Path) -> NDArray[np.generic]:
    image = _opened(path)
    if image.mode in GREYS:
        return np.asarray(image)
    if image.mode in ("RGB", "RGBA"):
        return np.asarray(image.convert("RGB"))
    raise InvalidImage(f"{path.name} has values of the kind {image.mode}; greys, a palette or colours are read")


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path, formats=["PNG", "TIFF", "BMP"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InvalidImage(
                    f"{path.name} has {image.width} x {image.height} pixels; at most {MAX_PIXELS} are read"
                )
            image.load()
            return image
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidImage(f"{path.name} is no PNG that can be read: {error}", field=path.name) from error
