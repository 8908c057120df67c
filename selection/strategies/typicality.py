"""Typical images: of each cluster without a label, the one in its densest part.

TypiClust: Hacohen, Dekel, Weinshall, *Active learning on a budget: opposite strategies suit high and low budgets*, ICML
2022, section 3.2 and equation 4: typicality is the inverse of the mean distance to the 20 nearest neighbours in the
cluster (to half the cluster, if that is fewer); at most 500 clusters, more than there are labeled images; clusters
under five images wait. `covering` tells how the number of clusters grows.

In a cluster of more than 2,048 images, as many taken evenly by id stand for all of it and alone come first; the others
follow by their distance from the centre.
"""

from __future__ import annotations

import numpy as np

from maskloop.values import Strategy
from selection.clusters import Rows, Vectors, nearest
from selection.covering import Rule, cover
from selection.pool import Pool
from selection.ranking import Ranking

MOST_CLUSTERS = 500
SMALLEST_CLUSTER = 5
NEIGHBOURS = 20
REPRESENTATIVES = 2048


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """Typical images of the clusters that hold fewest labels."""
    assert pool.features is not None
    assert pool.labeled_features is not None
    return rank_typical(pool.features, pool.labeled_features, seed)


def rank_typical(features: Vectors, labeled: Vectors, seed: int) -> Ranking:
    """The same of (n, D) features beside (m, D) of the labeled images."""

    def order(rows: Rows, distances: Vectors) -> Rows:
        sampled = _evenly(len(rows))
        spacing = np.full(len(rows), np.inf, np.float32)
        spacing[sampled] = neighbour_distances(features[rows[sampled]])
        return rows[np.lexsort((distances, spacing))]

    return cover(features, labeled, Rule(order, "most typical of", MOST_CLUSTERS, SMALLEST_CLUSTER), seed)


def neighbour_distances(vectors: Vectors) -> Vectors:
    """(n,) mean distance of each of (n, D) vectors to its nearest neighbours among them: the inverse of typicality."""
    count = max(1, min(NEIGHBOURS, len(vectors) // 2))
    squared, _ = nearest(vectors, vectors, min(count + 1, len(vectors)))
    squared[:, 0] = 0  # itself
    return np.asarray(np.sqrt(squared).sum(axis=1) / count, np.float32)


def _evenly(count: int) -> Rows:
    """At most as many places of `count` as stand for all."""
    kept = min(count, REPRESENTATIVES)
    return np.arange(kept) * count // kept
