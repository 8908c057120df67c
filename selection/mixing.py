"""Two rankings as one, by share."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np

from selection.ranking import Ranking


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
