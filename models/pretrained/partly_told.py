"""What is told of a view of which nobody said of every cell what it is of: marked, or with its classes named.

Partial cross-entropy: no loss where nobody told anything (Lin et al., *ScribbleSup*, 2016; Tang et al., *Normalized cut
loss*, 2018). What is not in an image is nowhere in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.data.samples import KnownBy
from models.features.views import FINEST, LabeledView

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
SPREAD_OF_MARK = 0.15  # deviation of a marked centre's bump, in usual sides of the class
REACH = 0.6  # of a mark, in usual sides of the class: so far away may the object's middle be


def tell_partly(view: LabeledView, shares: Floats, semantic: Floats) -> Bools:
    """Put what strokes tell into a view's semantic targets, and give which cells are told, both (C + 1, s, s).

    Of a cell that strokes cross, the target is the share of these that are on objects of the class. Other cells are
    told of classes that are not in the image alone.

    Args:
        shares: (n, s, s) of the cells that each object covers, or its stroke.
        semantic: changed in place; the last channel is left to the caller.
    """
    assert view.present is not None
    side = len(view.known)
    ground = view.strokes_on_ground().reshape(side, FINEST, side, FINEST).mean(axis=(1, 3), dtype=np.float32)
    marked = view.known_by == KnownBy.MARK
    drawn = shares[view.known_by != KnownBy.BOX].sum(axis=0) + ground
    for index, share in zip(view.classes[marked], shares[marked], strict=True):
        np.maximum(semantic[index], share / np.maximum(drawn, 1e-9), out=semantic[index])
    told = np.zeros((len(semantic), side, side), dtype=np.bool_)
    told[:-1][~view.present] = True
    told[-1] = not view.present.any()
    told |= drawn > 0
    return told & view.known


def tell_centres(view: LabeledView, sides: Floats, centres: Floats) -> Bools:
    """Put marked objects' middles into a view's centres, and give which cells are told of middles, both (s, s).

    A mark is taken for the middle. Close to it the middle may be elsewhere, and close to the view's edge it may be that
    of an object whose mark the view does not show.

    Args:
        sides: (C,) of a usual object of each class, in image sides.
        centres: changed in place.
    """
    assert view.present is not None
    if view.ground is None and view.present.any():
        return np.zeros_like(view.known)
    side = len(view.known)
    at = (np.arange(side, dtype=np.float32) + 0.5) / side
    told = view.known.copy()
    if view.present.any():
        edge = REACH * float(sides[view.present].max())
        inner = (at >= edge) & (at <= 1 - edge)
        told &= inner[:, None] & inner
    seeds = list[tuple[int, int]]()
    for place in np.flatnonzero(view.known_by == KnownBy.MARK):
        usual, (x, y), box = float(sides[view.classes[place]]), view.seeds[place], view.boxes[place]
        reach = max(REACH * usual, float(max(box[2] - box[0], box[3] - box[1])) / 2)
        column, row = (min(int(value * side), side - 1) for value in (x, y))
        told &= (at - x)[None] ** 2 + (at - y)[:, None] ** 2 > reach**2
        cells = np.arange(side, dtype=np.float32)
        spread = max(SPREAD_OF_MARK * usual * side, 0.7)
        bump = np.exp(-((cells - column)[None] ** 2 + (cells - row)[:, None] ** 2) / (2 * spread**2))
        np.maximum(centres, bump, out=centres)
        seeds.append((row, column))
    for row, column in seeds:
        told[row, column] = view.known[row, column]
    return told
