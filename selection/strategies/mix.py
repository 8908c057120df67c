"""Two rankings as one, by share: a batch of which, say, half is chosen by uncertainty and half at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil

import numpy as np

from maskloop.values import Strategy
from selection.pool import Pool
from selection.ranking import Ranking

Rank = Callable[[Pool, Strategy, int], Ranking]


def rank_by(rank_part: Rank) -> Rank:
    """The strategy that mixes its two parts, each ranked by `rank_part`."""

    def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
        first, second = (rank_part(pool, part, seed) for _, part in strategy.parts())
        return mix(first, second, float(strategy.option("share")))

    return rank


def mix(first: Ranking, second: Ranking, share: float) -> Ranking:
    """The best of both in turn, each image once.

    Of the first N images, ceil(N * share) are the best of `first` that `second` has not brought before, and the others
    the best of `second`, likewise; where one has no more, the other goes on.
    """
    both = first.then(second)
    taken = bytearray(int(both.places.max(initial=-1)) + 1)
    walks = _new(first, 0, taken), _new(second, len(first.places), taken)
    return both.taken(np.fromiter(_in_turn(walks, share), np.int64))


def _in_turn(walks: tuple[Iterator[int], Iterator[int]], share: float) -> Iterator[int]:
    number = 0
    while True:
        of_second = ceil((number + 1) * share) == ceil(number * share)
        place = next(walks[of_second], -1)
        place = next(walks[not of_second], -1) if place < 0 else place
        if place < 0:
            return
        yield place
        number += 1


def _new(ranking: Ranking, start: int, taken: bytearray) -> Iterator[int]:
    """Places, from `start` on, of the ranking's rows that are not taken when they are reached; takes them."""
    for place, row in enumerate(ranking.places.data, start):
        if not taken[row]:
            taken[row] = True
            yield place
