"""What the dense heads are to say of a view: semantic maps, centres, and which cells tell an object's box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.data.samples import KnownBy
from models.features.views import FINEST, SPREAD, LabeledView
from models.pretrained.partly_told import Marks, tell_partly

USUAL_SIDE = 0.1  # of an object where none is outlined or boxed, in image sides
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
        told: (B, C + 1, s, s) bool, of which of these somebody has said whether they are of the class.
        centred: (B, s, s) bool, of which of these somebody has said whether an object's middle is there.
        somewhere: (B, C) bool, classes that the view shows, of which nobody said where.
        marks: of objects that are marked, whose middles are not among the centres.
    """

    semantic: Tensor
    centres: Tensor
    boxes: Tensor
    boxed: Tensor
    known: Tensor
    told: Tensor
    centred: Tensor
    somewhere: Tensor
    marks: Marks


def dense_targets(
    views: Sequence[LabeledView], classes: int, device: torch.device, sides: NDArray[np.float32] | None = None
) -> DenseTargets:
    """For a vocabulary of `classes`.

    Args:
        sides: (C,) of a usual object of each class, in image sides; needed where objects are marked.
    """
    usual = np.full(classes, USUAL_SIDE, dtype=np.float32) if sides is None else sides
    parts = [_targets(view, classes) for view in views]
    stacked = {name: torch.from_numpy(np.stack([part[name] for part in parts])).to(device) for name in parts[0]}
    return DenseTargets(**stacked, marks=Marks.of(views, usual, device))


def usual_sides(views: Sequence[LabeledView], classes: int) -> NDArray[np.float32]:
    """(C,) of the median object of each class in image sides, the root of its area; where a class has none, of all."""
    sides = np.sqrt(np.concatenate([view.areas for view in views]))
    of = np.concatenate([view.classes for view in views])
    every = float(np.median(sides)) if len(sides) else USUAL_SIDE
    medians = [np.median(sides[of == index]) if (of == index).any() else every for index in range(classes)]
    return np.array(medians, dtype=np.float32)


def _targets(view: LabeledView, classes: int) -> dict[str, NDArray[np.generic]]:
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
        if view.known_by[place] == KnownBy.MARK:
            continue
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
    told = np.broadcast_to(view.told, semantic.shape)
    if view.present is not None:
        told = tell_partly(view, shares, semantic)
    semantic[-1] = semantic[:-1].max(axis=0)
    named = view.present is not None and view.ground is None
    somewhere = view.present if named and view.present is not None else np.zeros(classes, dtype=np.bool_)
    return {
        "semantic": semantic,
        "centres": centres,
        "boxes": boxes,
        "boxed": boxed,
        "known": view.known,
        "told": told,
        "centred": view.known & ~somewhere.any(),
        "somewhere": somewhere,
    }


def _cell_shares(view: LabeledView) -> NDArray[np.float32]:
    """(n, s, s) shares of the cells that each object covers, counted in the packed bits: nearly all are 0."""
    side = len(view.known)
    rows = view.masks.reshape(len(view.classes), side, FINEST, side // 2)
    counts: NDArray[np.uint8] = HALVES[rows].sum(axis=2, dtype=np.uint8).reshape(len(view.classes), side, side)
    return counts.astype(np.float32) / np.float32(FINEST * FINEST)
