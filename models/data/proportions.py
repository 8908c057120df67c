"""Pictures and masks at other sizes, in their own proportions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskloop.masks import Mask

Pixels = NDArray[np.uint8]


def brought_to(pixels: Pixels, side: int) -> Pixels:
    """The picture, its longer side so many pixels: objects are as large as a network has seen them."""
    height, width, _ = pixels.shape
    if max(height, width) == side:
        return pixels
    sides = [max(1, round(length * side / max(height, width))) for length in (width, height)]
    return np.asarray(Image.fromarray(pixels).resize((sides[0], sides[1]), Image.Resampling.BILINEAR), dtype=np.uint8)


def enlarged(mask: NDArray[np.bool_], size: tuple[int, int]) -> Mask:
    """A mask (h, w) at an image's own size, nearest neighbour."""
    return Mask.from_array(sampled(mask, size))


def sampled(mask: NDArray[np.bool_], size: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask of any size at another one, nearest neighbour."""
    if mask.shape == size:
        return mask
    rows, columns = (
        np.minimum(((np.arange(wanted) + 0.5) * had / wanted).astype(np.intp), had - 1)
        for wanted, had in zip(size, mask.shape, strict=True)
    )
    picked: NDArray[np.bool_] = mask[rows[:, None], columns[None]]
    return picked
