"""A share of every batch drawn at random, as evidence that owes nothing to the network that chooses.

What a strategy chooses is no sample of the pool: by labels that were chosen for looking easy, every network looks good.
The draw of `selection.draws` is the same in every round, so that the images come in one random order throughout.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maskloop.values import AT_RANDOM
from selection.draws import draws
from selection.mixing import mix
from selection.pool import Pool
from selection.ranking import Ranking

CHOSEN_FIRST = 4
"""Images of a ranking before the first random one: a batch of five or more has one at least."""


def with_random_share(ranking: Ranking, pool: Pool, seed: int, share: float) -> Ranking:
    """The ranking; beyond the first `CHOSEN_FIRST`, ceil(N * share) of every next N images are drawn at random.

    Args:
        ranking: of all rows of the pool.
        pool: n images.
        seed: of the draw.
        share: in [0, 1]; nothing changes for 0.
    """
    if not share:
        return ranking
    order = np.arange(len(ranking.places))
    first, rest = ranking.taken(order[:CHOSEN_FIRST]), ranking.taken(order[CHOSEN_FIRST:])
    drawn = draws(pool.ids, seed, "random share")
    reason = f"{AT_RANDOM} {{value:.4f}}, as {share:.0%} of every batch"
    by_draw = Ranking.by_key(drawn, drawn, reason)
    left = by_draw.taken(np.flatnonzero(~np.isin(by_draw.places, first.places)))
    return replace(first.then(mix(left, rest, share)), target_iou=ranking.target_iou)
