"""Every way of choosing, in one dict; `maskloop.values.STRATEGY_KINDS` tells the options and needs of each.

A strategy is a function (pool, strategy with its options, seed) -> ranking. It is called once for a model version, not
for a request; a batch is the first open images of the ranking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from maskloop.errors import InvalidArgument
from maskloop.values import Need, Strategy
from selection import mask_guided, random_order
from selection.pool import Pool
from selection.ranking import RankedImages, Ranking

Rank = Callable[[Pool, Strategy, int], Ranking]

STRATEGIES: Mapping[str, Rank] = {
    "mask_guided": mask_guided.rank,
    "random": random_order.rank,
}


def rank_pool(pool: Pool, strategy: Strategy, seed: int) -> RankedImages:
    """Rank the images of a pool by a strategy.

    Raises:
        InvalidArgument: there is no such strategy, or the pool lacks what it needs.
    """
    strategy.check()
    for need, column in _columns(pool).items():
        if need in strategy.needs and column is None:
            raise InvalidArgument(f"{strategy.name} needs {need}", field="strategy.name")
    return RankedImages.of(pool, STRATEGIES[strategy.name](pool, strategy, seed))


def _columns(pool: Pool) -> Mapping[Need, object]:
    return {
        Need.SCORES: pool.scores,
        Need.COUNTS: pool.counts,
        Need.COSTS: pool.costs_s,
        Need.FEATURES: pool.features,
        Need.LABELED_FEATURES: pool.labeled_features,
        Need.DROPOUT: pool.dropout,
        Need.COLD_FEATURES: pool.features,
    }
