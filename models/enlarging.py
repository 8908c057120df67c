"""Masks at an image's own size from a network's smaller maps, at a cost of the mask's box, not of the image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskloop.masks import BoolArray, Mask

Floats32 = NDArray[np.float32]


def enlarge(logits: Floats32, height: int, width: int) -> Mask:
    """The mask where `logits` (S, S), resized bilinearly to (height, width), are above zero.

    Interpolation is between pixel centres, as torch's with `align_corners=False`.
    """
    inside = logits > 0
    rows, columns = _around(inside, height), _around(inside.T, width)
    # Transposed: COCO's runs go down the columns.
    part = _interpolate(_interpolate(logits, rows, height).T, columns, width) > 0
    return Mask(height, width, _encode(part, columns.start, rows.start, width, height))


def _around(inside: BoolArray, length: int) -> range:
    """The places of a first axis of `length` whose interpolation can reach a pixel of `inside` (S, S)."""
    places = np.flatnonzero(inside.any(axis=1))
    if not places.size:
        return range(0)
    scale = length / len(inside)
    first, last = (places[0] - 0.5) * scale - 0.5, (places[-1] + 1.5) * scale - 0.5
    return range(max(0, int(first)), min(length, int(last) + 2))


def _interpolate(values: Floats32, places: range, length: int) -> Floats32:
    """(S, N) to (len(places), N): linear along the first axis, stretched to `length`."""
    side = len(values)
    at = (np.arange(places.start, places.stop) + 0.5) * (side / length) - 0.5
    at = np.clip(at, 0, side - 1)
    below = at.astype(np.intp)
    above, share = np.minimum(below + 1, side - 1), (at - below).astype(np.float32)[:, None]
    lower: Floats32 = values[below]
    lower += (values[above] - lower) * share
    return lower


def _encode(part: BoolArray, left: int, top: int, width: int, height: int) -> bytes:
    """COCO's run-length string of an image that holds `part` (columns, rows) at (left, top) and nothing else."""
    edges = np.zeros((part.shape[0], part.shape[1] + 1), dtype=np.bool_)
    edges[:, :-1] = part
    edges[:, 1:] ^= part
    column, row = np.nonzero(edges)
    ends = (column + left) * height + row + top  # start, end, start, end, ...
    joined = np.flatnonzero(ends[1:-1:2] == ends[2::2]) * 2 + 1  # a run that goes on at the next column's top
    ends = np.delete(ends, np.concatenate([joined, joined + 1]))
    last = height * width
    runs = np.diff(ends, prepend=0, append=last) if not ends.size or ends[-1] < last else np.diff(ends, prepend=0)
    encoded = coco_mask.frPyObjects({"size": [height, width], "counts": runs.tolist()}, height, width)
    return bytes(encoded["counts"])
