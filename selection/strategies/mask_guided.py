"""Images whose predicted IoU lies nearest a target.

Bellver, Salvador, Torres, Giro-i-Nieto, *Mask-guided sample selection for semi-supervised instance segmentation*,
section 3.3: the images with the smallest |score - beta|. Too easy an image teaches nothing, too hard a one (many small
objects) costs much and teaches little. With `scores=imported` the scores are others', such as true IoUs: the paper's
oracle. The utility of an image is 1 - |score - beta|.

Divided by seconds, that would be cheapest first: it is a half or more for nearly every image, and costs vary eightfold.
So per second the utility falls to nothing at both ends, where an image is known already or cannot be learnt: it is
score / beta below the target and (1 - score) / (1 - beta) above it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maskloop.values import Strategy
from selection.diverse import spread
from selection.learned_target import automatic_target, learned_target
from selection.pool import Floats, Pool
from selection.random_share import with_random_share
from selection.ranking import Ranking
from selection.utility import rank_by_utility


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """Nearest first, and a share at random where that is asked for."""
    assert pool.scores is not None
    target = find_target(pool, strategy)
    reason = f"predicted IoU {{value:.2f}}, target {target:.2f}"
    utility = _tent(pool.scores, target) if strategy.is_on("per_second") else 1 - np.abs(pool.scores - target)
    ranking = rank_by_utility(pool, strategy, seed, utility=utility, values=pool.scores, reason=reason)
    ranking = replace(ranking, target_iou=target)
    if strategy.is_on("diverse"):
        assert pool.features is not None
        ranking = spread(ranking, pool.features, seed)
    return with_random_share(ranking, pool, seed, strategy.random_share)


def _tent(scores: Floats, target: float) -> Floats:
    """(n,) in [0, 1]: 1 at the target, 0 at scores of 0 and of 1."""
    below = scores / target if target else np.zeros_like(scores)
    above = (1 - scores) / (1 - target) if target < 1 else np.zeros_like(scores)
    return np.where(scores == target, 1.0, np.where(scores < target, below, above))


def find_target(pool: Pool, strategy: Strategy) -> float:
    """Beta: the number asked for, or by itself.

    The median of the pool's own scores is the middle of what there is. A fixed IoU may lie where hardly any image is:
    for a network of few labels, 0.5 can be what it does best.
    """
    if strategy.target_iou is not None:
        return strategy.target_iou
    if strategy.option("target") == "median":
        return median_target(pool)
    if strategy.option("target") == "learned":
        return learned_target(pool.rounds, pool.labeled_images)
    return automatic_target(pool.labeled_images)


def median_target(pool: Pool) -> float:
    """The median of the pool's scores; of an empty pool, the middle of all IoUs."""
    assert pool.scores is not None
    return float(np.median(pool.scores)) if len(pool.scores) else 0.5
