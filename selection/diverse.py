"""An order made diverse: its best images clustered by their features, and taken from the clusters in turn.

The order is cut into windows. Inside a window each image's turn comes after those of its cluster that stand before it,
so that like images are put off, none out of its window: any prefix of the result is both near the front of the order
and spread. Narrowing to the best few, then clustering them, is from Zhdanov, *Diverse mini-batch active learning*,
2019; he clusters one batch's candidates, and here the batch's size is not known yet.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from selection.clusters import cluster
from selection.ranking import Ranking
from selection.round_robin import round_robin

# A window is a tenth of the pool within these bounds; only the first windows are spread, which is many batches.
SMALLEST, LARGEST = 64, 1024
WINDOWS = 16
IMAGES_PER_CLUSTER = 8


def spread(ranking: Ranking, features: NDArray[np.float32], seed: int) -> Ranking:
    """The same images, the first ones spread over clusters of `features` (n, D)."""
    size = min(max(len(ranking.places) // 10, SMALLEST), LARGEST)
    end = min(len(ranking.places), WINDOWS * size)
    windows = [np.arange(start, min(start + size, end)) for start in range(0, end, size)]
    order = [window[_in_turn(features[ranking.places[window]], seed)] for window in windows]
    first = np.concatenate([np.arange(0), *order])
    return ranking.taken(first, "; spread over clusters").then(ranking.taken(np.arange(end, len(ranking.places))))


def _in_turn(features: NDArray[np.float32], seed: int) -> NDArray[np.int64]:
    """Rows in turn of their clusters, in the order that they come in."""
    clusters = cluster(features, -(-len(features) // IMAGES_PER_CLUSTER), seed)
    return np.argsort(round_robin(clusters.of, np.arange(len(features))), kind="stable")
