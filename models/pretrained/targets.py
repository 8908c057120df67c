"""What the dense heads are to say of a view: semantic maps, centres, and which cells tell an object's box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.features.views import FINEST, SPREAD, LabeledView

MIDDLE = 0.5  # of an object's box, whose cells are taught the box
ONES = np.array([value.bit_count() for value in range(1 << FINEST)], dtype=np.uint8)
HALVES = np.stack([ONES[np.arange(256) >> FINEST], ONES[np.arange(256) % (1 << FINEST)]], axis=1)
"""(256, 2) pixels of an object in the two cells that a byte of a packed row crosses."""


@dataclass(frozen=True)
class DenseTargets:
    """Of a batch; s cells along a side.

    Args:
        semantic: (B, C + 1, s, s) shares of the cells in [0, 1], by class, then of any object.
        centres: (B, 1, s, s) in [0, 1], exactly 1 at an object's seed.
        boxes: (B, 4, s, s) distances from the cells' middles to left, top, right and bottom, in image sides.
        boxed: (B, s, s) bool, which cells are taught them.
        known: (B, s, s) bool, which cells show the picture.
        told: (B, s, s) bool, of which of these somebody has said what they are of.
    """

    semantic: Tensor
    centres: Tensor
    boxes: Tensor
    boxed: Tensor
    known: Tensor
    told: Tensor


def dense_targets(views: Sequence[LabeledView], classes: int, device: torch.device) -> DenseTargets:
    """For a vocabulary of `classes`."""
    parts = [_targets(view, classes) for view in views]
    semantic, centres, boxes, boxed = (
        torch.from_numpy(np.stack([part[place] for part in parts])).to(device) for place in range(4)
    )
    known, told = (
        torch.from_numpy(np.stack([getattr(view, name) for view in views])).to(device) for name in ("known", "told")
    )
    return DenseTargets(semantic, centres, boxes, boxed, known, told)


def _targets(view: LabeledView, classes: int) -> tuple[NDArray[np.generic], ...]:
    side = len(view.known)
    semantic = np.zeros((classes + 1, side, side), dtype=np.float32)
    centres = np.zeros((1, side, side), dtype=np.float32)
    boxes = np.zeros((4, side, side), dtype=np.float32)
    boxed = np.zeros((side, side), dtype=np.bool_)
    axis = np.arange(side, dtype=np.float32)
    middles = (axis + 0.5) / side
    shares = _cell_shares(view)
    for place in np.argsort(-view.areas, kind="stable"):  # smaller objects have the last word
        index, seed, box = view.classes[place], view.seeds[place], view.boxes[place]
        if not view.boxed[place]:
            semantic[index] = np.maximum(semantic[index], shares[place])
        spread = max(SPREAD * float(np.sqrt(view.areas[place])) * side, 0.7)
        cell = np.minimum(np.floor(seed * side), side - 1)
        bump = np.exp(-((axis - cell[0])[None] ** 2 + (axis - cell[1])[:, None] ** 2) / (2 * spread**2))
        centres[0] = np.maximum(centres[0], bump)
        across = np.abs(middles - (box[0] + box[2]) / 2) <= MIDDLE / 2 * (box[2] - box[0])
        down = np.abs(middles - (box[1] + box[3]) / 2) <= MIDDLE / 2 * (box[3] - box[1])
        inner = (across[None] & down[:, None] & (shares[place] > 0.5)) | (bump >= 1)
        distances = np.stack(
            np.broadcast_arrays(
                middles[None] - box[0], middles[:, None] - box[1], box[2] - middles[None], box[3] - middles[:, None]
            )
        )
        boxes[:, inner] = distances[:, inner]
        boxed |= inner
    semantic[-1] = semantic[:-1].max(axis=0)
    return semantic, centres, boxes, boxed


def _cell_shares(view: LabeledView) -> NDArray[np.float32]:
    """(n, s, s) shares of the cells that each object covers, counted in the packed bits: nearly all are 0."""
    side = len(view.known)
    rows = view.masks.reshape(len(view.classes), side, FINEST, side // 2)
    counts: NDArray[np.uint8] = HALVES[rows].sum(axis=2, dtype=np.uint8).reshape(len(view.classes), side, side)
    return counts.astype(np.float32) / np.float32(FINEST * FINEST)
