"""Taking from groups in turn, so that any prefix of the order is spread over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def round_robin(groups: NDArray[np.integer], keys: NDArray[np.number]) -> NDArray[np.int64]:
    """The turn in which each row comes: 0 for the one with the lowest key of its group, 1 for the next.

    Args:
        groups: (n,) group of each row, 0 or more.
        keys: (n,) order within a group; ties by row.
    """
    order = np.lexsort((keys, groups))
    sizes = np.bincount(groups)
    turn = np.empty(len(groups), np.int64)
    turn[order] = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return turn
