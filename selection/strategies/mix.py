"""Two rankings as one, by share: a batch of which, say, half is chosen by uncertainty and half at random."""

from __future__ import annotations

from collections.abc import Callable

from maskloop.values import Strategy
from selection.mixing import mix
from selection.pool import Pool
from selection.ranking import Ranking

Rank = Callable[[Pool, Strategy, int], Ranking]


def rank_by(rank_part: Rank) -> Rank:
    """The strategy that mixes its two parts, each ranked by `rank_part`."""

    def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
        first, second = (rank_part(pool, part, seed) for _, part in strategy.parts())
        return mix(first, second, float(strategy.option("share")))

    return rank
