"""Images nearest the centres of clusters: diversity alone, whatever is labeled.

Clusters of the pool's features by k-means, and of each the image nearest its centre: Zhdanov, *Diverse mini-batch
active learning*, 2019, without the weights. As many clusters as images are wanted: see `covering`.
"""

from __future__ import annotations

import numpy as np

from maskloop.values import Strategy
from selection.clusters import Rows, Vectors
from selection.covering import Rule, cover
from selection.pool import Pool
from selection.ranking import Ranking

MOST_CLUSTERS = 1024


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """One image a cluster, of ever more clusters."""
    assert pool.features is not None
    rule = Rule(nearest_the_centre, "nearest the centre of", MOST_CLUSTERS)
    return cover(pool.features, pool.features[:0], rule, seed)


def nearest_the_centre(rows: Rows, distances: Vectors) -> Rows:
    """Rows of a cluster, the nearest to its centre first; ties by row."""
    return rows[np.argsort(distances, kind="stable")]
