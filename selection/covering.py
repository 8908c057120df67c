"""An order whose every beginning covers the pool: one image of each of 8 clusters, then of 16, of 32, and so on.

How many images will be wanted is not known when a ranking is made. So the pool is clustered into ever more clusters;
each time, the clusters that hold neither a labeled nor a chosen image give their best one, the largest cluster first.
TypiClust does so for one number of clusters (Hacohen, Dekel, Weinshall, *Active learning on a budget: opposite
strategies suit high and low budgets*, ICML 2022, section 3.2). After the largest number of clusters, images go on
coming in turn: the next best of each cluster, those first that hold fewest labeled and chosen ones, of these the
largest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from selection.clusters import Clusters, Rows, Vectors, cluster, nearest
from selection.ranking import Ranking

FEWEST = 8


@dataclass(frozen=True)
class Rule:
    """How clusters are used.

    Args:
        order: (rows of a cluster, their squared distances from its centre) -> the rows, best first.
        best: what the best image of a cluster is, in words.
        most: the largest number of clusters.
        smallest: a cluster of fewer images gives none before the end.
    """

    order: Callable[[Rows, Vectors], Rows]
    best: str
    most: int
    smallest: int = 1


def cover(features: Vectors, labeled: Vectors, rule: Rule, seed: int) -> Ranking:
    """Rank n images of (n, D) features, beside (m, D) of the labeled ones."""
    chosen: dict[int, int] = {}  # row: number of clusters when it was chosen
    clusters = Clusters(features[:0], np.zeros(0, np.int64), np.zeros(0, np.float32))
    for count in _counts(len(features), len(labeled), rule.most):
        clusters = cluster(features, count, seed)
        held = _held(clusters, chosen, labeled)
        for empty in _largest_first(clusters):
            if not held[empty] and clusters.sizes[empty] >= rule.smallest:
                chosen[int(_ordered(clusters, empty, rule)[0])] = count
    rows, counts = np.array(list(chosen), np.int64), np.array(list(chosen.values()), np.float64)
    first = Ranking.of(rows, counts, f"{rule.best} one of {{value:.0f}} clusters")
    return first.then(_the_rest(clusters, chosen, _held(clusters, chosen, labeled), rule))


def _counts(images: int, labeled: int, most: int) -> list[int]:
    """Numbers of clusters: 8, 16, 32, ... (or a quarter of the labeled images, a half, ...) more than are labeled.

    Up to `most`; none for no images.
    """
    if not images:
        return []
    end = min(most, images)
    doubling = [labeled + max(FEWEST, labeled // 4) * 2**power for power in range(end.bit_length())]
    return [count for count in doubling if count < end] + [end]


def _held(clusters: Clusters, chosen: Collection[int], labeled: Vectors) -> Rows:
    """(k,) number of chosen and labeled images in each cluster."""
    held = np.bincount(clusters.of[list(chosen)], minlength=len(clusters.centres))
    if len(labeled) and len(clusters.centres):
        held += np.bincount(nearest(labeled, clusters.centres, 1)[1][:, 0], minlength=len(held))
    return held


def _largest_first(clusters: Clusters) -> list[int]:
    """Clusters that hold anything."""
    return [int(number) for number in np.argsort(-clusters.sizes, kind="stable") if clusters.sizes[number]]


def _ordered(clusters: Clusters, number: int, rule: Rule) -> Rows:
    rows = clusters.members(number)
    return rule.order(rows, clusters.distances[rows])


def _the_rest(clusters: Clusters, chosen: Collection[int], held: Rows, rule: Rule) -> Ranking:
    """All that are not chosen, in turn of the clusters."""
    turn, size = np.zeros(len(clusters.of), np.int32), clusters.sizes[clusters.of]
    left = np.ones(len(clusters.of), np.bool_)
    left[list(chosen)] = False
    for number in _largest_first(clusters):
        rows = _ordered(clusters, number, rule)
        rows = rows[left[rows]]
        turn[rows] = 1 + held[number] + np.arange(len(rows))
    rows = np.flatnonzero(left)
    rows = rows[np.lexsort((clusters.of[rows], -size[rows], turn[rows]))]
    return Ranking.of(rows, turn[rows].astype(np.float64), "number {value:.0f} of its cluster, clusters in turn")
