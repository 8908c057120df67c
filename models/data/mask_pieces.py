"""Masks put together from pieces, and cut where points say that they are too large."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskloop.masks import Mask

Pixels = Sequence[tuple[int, int]]
"""Row and column each."""


def placed(solid: NDArray[np.bool_], top: int, left: int, height: int, width: int) -> Mask:
    """A mask of (height, width) that is `solid` from row `top` and column `left` on, coded without drawing it."""
    framed = np.zeros((solid.shape[1], solid.shape[0] + 2), dtype=np.bool_)
    framed[:, 1:-1] = solid.T
    columns, rows = (framed[:, 1:] != framed[:, :-1]).nonzero()
    met = (columns + left) * height + top + rows
    places, times = np.unique(met, return_counts=True)
    edges = places[times % 2 == 1]  # a column's end that is the next one's beginning is none
    bounds = np.concatenate([[0], edges, [height * width]])
    runs = bounds[1:] - bounds[:-1]
    if edges.size and not runs[-1]:
        runs = runs[:-1]
    coded = coco_mask.frPyObjects({"size": [height, width], "counts": runs.tolist()}, height, width)
    return Mask(height, width, bytes(coded["counts"]))


def united(masks: Sequence[Mask]) -> Mask:
    """The pixels of any of the masks, one or more of one size."""
    if len(masks) == 1:
        return masks[0]
    merged = coco_mask.merge([{"size": [mask.height, mask.width], "counts": mask.rle} for mask in masks])
    return Mask(masks[0].height, masks[0].width, bytes(merged["counts"]))


def cut_off(mask: Mask, on_object: Pixels, beside: Pixels) -> Mask:
    """The mask without what lies nearer to a pixel beside the object that it holds than to one that is on it.

    Without a pixel on the object, only those that are beside it go. No pixel is in both lists.
    """
    denied = [pixel for pixel, inside in zip(beside, held(mask, beside), strict=True) if inside]
    if not denied:
        return mask
    x, y, width, height = mask.box
    solid = mask.crop(x, y, width, height).to_array()
    rows, columns = solid.nonzero()
    own = _distance(rows + y, columns + x, on_object) if on_object else np.full(len(rows), 0.5)
    solid[rows, columns] = own <= _distance(rows + y, columns + x, denied)
    return placed(solid, y, x, mask.height, mask.width)


def within_box(mask: Mask, box: tuple[float, float, float, float] | None) -> Mask:
    """What of a mask lies in pixels that a box (x, y, width, height) reaches into; all without a box."""
    if box is None or not mask.area:
        return mask
    x, y, width, height = box
    rows, columns = span(y, y + height, mask.height), span(x, x + width, mask.width)
    inside = np.zeros((mask.height, mask.width), dtype=np.bool_)
    inside[rows, columns] = True
    return Mask.from_array(mask.to_array() & inside)


def span(start: float, end: float, length: int) -> slice:
    """Whole cells that reach from `start` to `end`, one at least, of `length`."""
    first = min(int(start), length - 1)
    return slice(first, max(first + 1, min(int(np.ceil(end)), length)))


def held(mask: Mask, pixels: Pixels) -> list[bool]:
    """Which of the pixels are in the mask."""
    if not pixels or not mask.area:
        return [False] * len(pixels)
    x, y, width, height = mask.box
    solid = mask.crop(x, y, width, height).to_array()
    return [
        bool(y <= row < y + height and x <= column < x + width and solid[row - y, column - x]) for row, column in pixels
    ]


def middles(pixels: Pixels) -> list[tuple[float, float]]:
    """Row and column of each pixel's middle, where edges lie between pixels."""
    return [(row + 0.5, column + 0.5) for row, column in pixels]


def _distance(rows: NDArray[np.intp], columns: NDArray[np.intp], pixels: Pixels) -> NDArray[np.float64]:
    """(n,) pixels from each place to the nearest of `pixels`."""
    nearest = np.full(len(rows), np.inf)
    for row, column in pixels:
        nearest = np.minimum(nearest, np.hypot(rows - row, columns - column))
    return nearest
