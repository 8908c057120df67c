"""The image farthest from all that are labeled or chosen, again and again.

k-center greedy: Sener, Savarese, *Active learning for convolutional neural networks: a core-set approach*, ICLR 2018,
algorithm 1, on Euclidean distances of features; within twice the smallest possible covering radius (Gonzalez,
*Clustering to minimize the maximum intercluster distance*, 1985).

Distances to the nearest centre only shrink as centres are added, so an old one bounds the present one from above, and
most images need never be looked at again: the greedy order is found among the few of largest bound, as long as one of
them is farther than every bound outside (lazy evaluation; Minoux, 1978). The order is that of the plain algorithm.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from maskloop.values import Strategy
from selection.clusters import Rows, Vectors, nearest
from selection.pool import Floats, Pool
from selection.ranking import Ranking

HORIZON = 2000
FRONT = 8192
TAKEN = np.float32(-1)


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """Farthest first up to the horizon; the others by how far they were when last looked at."""
    assert pool.features is not None
    assert pool.labeled_features is not None
    bounds = first_distances(pool.features, pool.labeled_features)
    rows, distances = farthest_first(pool.features, bounds, HORIZON)
    reason = "{value:.3f} from the nearest labeled or chosen image"
    rest = np.argsort(-bounds, kind="stable")[: len(pool) - len(rows)]
    first = Ranking.of(rows, distances, f"{reason}, farthest first")
    return first.then(Ranking.of(rest, np.sqrt(bounds[rest], dtype=np.float64), f"at most {reason}"))


def first_distances(features: Vectors, labeled: Vectors) -> Vectors:
    """(n,) squared distances to the nearest labeled image; to the mean where there is none."""
    if not len(features):
        return np.zeros(0, np.float32)
    if not len(labeled):
        labeled = features.mean(axis=0, dtype=np.float64, keepdims=True).astype(np.float32)
    return nearest(features, labeled, 1)[0][:, 0]


def farthest_first(features: Vectors, bounds: Vectors, count: int) -> tuple[Rows, Floats]:
    """Greedily choose up to `count` rows, each the one farthest from all centres; ties by row.

    Args:
        features: (n, D) float32.
        bounds: (n,) float32 squared distances from the nearest centre; left at what was last known of them, a chosen
            row's at -1.
        count: how many; fewer come where all others are copies of centres.

    Returns:
        (k,) the rows, and (k,) their distances from the nearest centre, not squared, when they were chosen.
    """
    rows, squared = np.zeros(0, np.int64), np.zeros(0, np.float32)
    compared = np.zeros(len(bounds), np.int32)  # with how many of the chosen each row has been
    while len(rows) < min(count, len(bounds)):
        front, beyond = _front(bounds)
        fresh = _catch_up(features, bounds, compared, front, rows)
        own = bounds[front]
        picked = list(islice(_greedy(features[front], own, beyond, fresh), count - len(rows)))
        if fresh and not picked:
            break
        rows = np.concatenate([rows, front[[place for place, _ in picked]]])
        squared = np.concatenate([squared, [distance for _, distance in picked]])
        bounds[front], compared[front] = own, len(rows)
    return rows, np.sqrt(squared, dtype=np.float64)


def _greedy(vectors: Vectors, own: Vectors, beyond: float, fresh: bool) -> Iterator[tuple[int, float]]:
    """Places of the front that are surely the farthest of all, one after another, and their squared distances.

    Each is taken out of `own`, the squared distances of the front. Where these were `fresh` before, the first is sure
    even if a bound outside is as large: the front holds the first of equals.
    """
    best = int(own.argmax())
    while own[best] > 0 and (own[best] > beyond or fresh):
        taken, distance = best, float(own[best])
        np.minimum(own, nearest(vectors, vectors[best : best + 1], 1)[0][:, 0], out=own)
        own[taken] = TAKEN
        best, fresh = int(own.argmax()), False
        yield taken, distance


def _front(bounds: Vectors) -> tuple[Rows, float]:
    """Rows of the largest bounds, ascending, of equals the first; and what no bound of another row exceeds."""
    if len(bounds) <= FRONT:
        return np.arange(len(bounds)), -np.inf
    least = np.partition(bounds, -FRONT)[-FRONT]
    above = np.flatnonzero(bounds > least)
    level = np.flatnonzero(bounds == least)[: FRONT - len(above)]
    return np.sort(np.concatenate([above, level])), float(least)


def _catch_up(features: Vectors, bounds: Vectors, compared: NDArray[np.int32], front: Rows, chosen: Rows) -> bool:
    """Compare the front with what was chosen since it last was. Returns whether there was nothing to do."""
    stale = front[compared[front] < len(chosen)]
    if stale.size:
        missed = features[chosen[compared[stale].min() :]]
        bounds[stale] = np.minimum(bounds[stale], nearest(features[stale], missed, 1)[0][:, 0])
        compared[stale] = len(chosen)
    return not stale.size
