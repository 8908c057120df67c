"""Masks at an image's own size from a network's smaller maps, at a cost of the mask's outline, not of the image.

Between two pixels of the small map a bilinear interpolation is linear along a column, so where it crosses zero
can be calculated, and the crossings are all that a run-length code needs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskloop.masks import Mask

Floats32 = NDArray[np.float32]


def enlarge(logits: Floats32, height: int, width: int) -> Mask:
    """The mask where `logits` (S, S), resized bilinearly to (height, width), are above zero.

    Interpolation is between pixel centres, as torch's with `align_corners=False`.
    """
    columns = _reached(logits, width)
    edges = _edges(_stretched(logits.T, columns, width), height) + columns.start * height
    bounds = np.concatenate([[0], edges, [height * width]])
    runs = bounds[1:] - bounds[:-1]
    if edges.size and not runs[-1]:
        runs = runs[:-1]
    coded = coco_mask.frPyObjects({"size": [height, width], "counts": runs.tolist()}, height, width)
    return Mask(height, width, bytes(coded["counts"]))


def _reached(logits: Floats32, width: int) -> range:
    """The enlarged columns that a positive pixel can reach."""
    (positive,) = (logits.max(axis=0) > 0).nonzero()
    if not positive.size:
        return range(0)
    scale = width / logits.shape[1]
    first, last = (positive[0] - 0.5) * scale - 0.5, (positive[-1] + 1.5) * scale - 0.5
    return range(max(0, int(first)), min(width, int(last) + 2))


def _stretched(values: Floats32, places: range, length: int) -> Floats32:
    """(S, N) to (len(places), N): some places of the first axis stretched to `length`."""
    side = len(values)
    at = (np.arange(places.start, places.stop) + 0.5) * (side / length) - 0.5
    at = at.clip(0, side - 1)
    below = at.astype(np.intp)
    above, share = np.minimum(below + 1, side - 1), (at - below).astype(np.float32)[:, None]
    lower: Floats32 = values[below]
    lower += (values[above] - lower) * share
    return lower


def _edges(columns: Floats32, height: int) -> NDArray[np.int64]:
    """Where the mask begins and ends along columns (C, S) stretched to `height`, as places in their sequence.

    A place that is met twice is none: a stretch too thin for any pixel, or one that goes on in the next column.
    """
    side = columns.shape[1]
    positive = columns > 0
    (changes,) = (positive[:, 1:] != positive[:, :-1]).ravel().nonzero()
    column, node = np.divmod(changes, max(side - 1, 1))
    before, after = columns[column, node].astype(np.float64), columns[column, node + 1].astype(np.float64)
    crossing = (node + before / (before - after) + 0.5) * (height / side) - 0.5
    inner = np.where(after > 0, np.floor(crossing) + 1, np.ceil(crossing)).astype(np.int64).clip(0, height)
    at_top, at_bottom = positive[:, 0].nonzero()[0], positive[:, -1].nonzero()[0]
    met = np.concatenate([column * height + inner, at_top * height, (at_bottom + 1) * height])
    places, times = np.unique(met, return_counts=True)
    kept: NDArray[np.int64] = places[times % 2 == 1]
    return kept
