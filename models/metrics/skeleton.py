"""Skeletons of masks: Guo and Hall, *Parallel thinning with two-subiteration algorithms*, CACM 32, 1989, algorithm A1.

Unlike the thinning of Zhang and Suen it keeps diagonal lines two pixels wide. Only pixels whose surroundings have
changed are looked at again, so that time goes with a mask's area, not with its area times its thickness: a wrong mask
that fills a photograph takes seconds, where scans of the whole image take minutes.
"""

from __future__ import annotations

from collections import deque
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Places = NDArray[np.int32]


def skeleton(mask: Bools) -> Bools:
    """What thinning leaves of a mask, (H, W): of each of its parts connected lines a pixel wide, or a single pixel."""
    wide = np.ascontiguousarray(np.pad(mask, 1))  # row by row, as decoded masks are not, so that `flat` is no copy
    flat, row = wide.reshape(-1), wide.shape[1]
    around = np.array([1, 1 - row, -row, -row - 1, -1, row - 1, row, row + 1], np.int32)  # from the right, upwards

    def beside(places: Places) -> Places:
        touched = (places[:, None] + around).reshape(-1)
        return _each_once(touched[flat[touched]])

    border = _border(wide)
    changed = deque([border, border], maxlen=2)  # beside what the last two passes took, one of either kind
    for taken in cycle(TAKEN):
        doubtful = _each_once(np.concatenate(changed))
        doubtful = doubtful[flat[doubtful]]
        if not len(doubtful):
            break
        gone = doubtful[taken[flat[doubtful[:, None] + around] @ POWERS]]
        flat[gone] = False
        changed.append(beside(gone))
    return wide[1:-1, 1:-1]


def _border(wide: Bools) -> Places:
    """Places in the flat array of the pixels that have one of their eight neighbours outside."""
    inner = wide[:, 1:-1] & wide[:, :-2] & wide[:, 2:]
    inner = inner[1:-1] & inner[:-2] & inner[2:]
    return np.flatnonzero(wide & ~np.pad(inner, 1)).astype(np.int32)


def _each_once(places: Places) -> Places:
    """In order. `np.unique` hashes, which takes ten times as long here."""
    ordered = np.sort(places)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def _taken(around: Bools, *, first: bool) -> Bools:
    """Which surroundings of a pixel, (256, 8), have it taken in a pass, by the paper's conditions."""
    after, side, corner = np.roll(around, -1, axis=1), slice(0, 8, 2), slice(1, 8, 2)
    crossings = (~around & (after | np.roll(around, -2, axis=1)))[:, side].sum(axis=1)
    pairs = [(around | other)[:, corner].sum(axis=1) for other in (np.roll(around, 1, axis=1), after)]
    neighbours = np.minimum(*pairs)
    e, ne, n, nw, w, sw, s, se = around.T
    kept = (ne | n | ~se) & e if first else (sw | s | ~nw) & w
    taken: Bools = (crossings == 1) & (neighbours >= 2) & (neighbours <= 3) & ~kept
    return taken


POWERS = 1 << np.arange(8)
_EVERY = np.arange(256)[:, None] & POWERS != 0
TAKEN = (_taken(_EVERY, first=True), _taken(_EVERY, first=False))
