"""Every way of choosing, in one dict; `maskloop.values.STRATEGY_KINDS` tells the options and needs of each.

A strategy is a function (pool, strategy with its options, seed) -> ranking. It is called once for a model version, not
for a request; a batch is the first open images of the ranking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from maskloop.errors import InvalidArgument
from maskloop.values import Need, Strategy, SupervisionKind
from selection.pool import Pool
from selection.ranking import RankedImages, Ranking
from selection.strategies import (
    cold_start,
    core_set,
    dropout,
    expected_gain,
    k_means,
    mask_guided,
    mix,
    random_order,
    stratified_random,
    typicality,
    uncertainty,
)

Rank = Callable[[Pool, Strategy, int], Ranking]


def _rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    return STRATEGIES[strategy.name](pool, strategy, seed)


STRATEGIES: Mapping[str, Rank] = {
    "mask_guided": mask_guided.rank,
    "expected_gain": expected_gain.rank,
    "dropout": dropout.rank,
    "entropy": uncertainty.rank_by("entropy"),
    "margin": uncertainty.rank_by("margin"),
    "least_confidence": uncertainty.rank_by("least_confidence"),
    "core_set": core_set.rank,
    "k_means": k_means.rank,
    "typicality": typicality.rank,
    "cold_start": cold_start.rank,
    "random": random_order.rank,
    "stratified_random": stratified_random.rank,
    "mix": mix.rank_by(_rank),
}


def rank_pool(pool: Pool, strategy: Strategy, seed: int) -> RankedImages:
    """Rank the images of a pool by a strategy.

    Raises:
        InvalidArgument: there is no such strategy, it ranks no pool, or the pool lacks what it needs.
    """
    strategy.check()
    strategy.check_chooses_for(SupervisionKind.FULL)
    for need, column in _columns(pool).items():
        if need in strategy.needs and column is None:
            raise InvalidArgument(f"{strategy.name} needs {need}", field="strategy.name")
    return RankedImages.of(pool, _rank(pool, strategy, seed))


def _columns(pool: Pool) -> Mapping[Need, object]:
    return {
        Need.SCORES: pool.scores,
        Need.OBJECT_IOUS: pool.object_ious,
        Need.COUNTS: pool.counts,
        Need.COSTS: pool.costs_s,
        Need.FEATURES: pool.features,
        Need.LABELED_FEATURES: pool.labeled_features,
        Need.DROPOUT: pool.dropout,
        Need.COLD_FEATURES: pool.features,
    }
