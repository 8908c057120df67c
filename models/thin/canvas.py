"""The windows of an image put together again: one map, without seams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.data.windows import OVERLAP, Window

Maps = NDArray[np.float32]


def stitch(windows: Sequence[Window], maps: Sequence[Maps]) -> Maps:
    """(C, S, S) of each window to (C, h, w) of the image; where windows overlap, each counts less towards its sides.

    Args:
        windows: of `models.data.windows.windows`, which begin between two cells of one another.
    """
    if len(maps) == 1:
        return maps[0]
    classes, cells, _ = maps[0].shape
    tops, lefts = (
        [round(begin * cells / first) for begin in begins]
        for begins, first in (
            ([window.top for window in windows], windows[0].height),
            ([window.left for window in windows], windows[0].width),
        )
    )
    ramp = np.minimum(np.arange(cells) + 1, cells - np.arange(cells)).clip(max=cells // OVERLAP).astype(np.float32)
    weight = ramp[:, None] * ramp
    total = np.zeros((max(tops) + cells, max(lefts) + cells), dtype=np.float32)
    joined = np.zeros((classes, *total.shape), dtype=np.float32)
    for top, left, values in zip(tops, lefts, maps, strict=True):
        place = np.s_[top : top + cells, left : left + cells]
        joined[:, *place] += values * weight
        total[place] += weight
    joined /= total
    return joined
