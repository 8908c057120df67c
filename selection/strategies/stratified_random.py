"""Random images in equal shares of each stratum: a category, and a number of objects.

Stratified sampling with equal allocation (Cochran, *Sampling techniques*, chapter 5): plain random selection copies the
pool, so rare categories and crowded images hardly come; here each stratum gives one image a turn while it lasts. An
image's stratum is the category with most of its objects (of equals, the first) and its number of objects by powers of
two: none, 1, 2 to 3, 4 to 7, and so on. Inside a stratum, and among the strata of a turn, the order is the seeded draw
of `selection.draws`. Uncounted images come when no counted one is left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskloop.values import AT_RANDOM, Strategy
from selection.draws import draws
from selection.pool import Pool
from selection.ranking import Ranking
from selection.round_robin import round_robin


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """By turn, then lowest draw first."""
    assert pool.counts is not None
    drawn = draws(pool.ids, seed)
    groups = strata(pool.counts)
    counted = groups > 0
    turn = round_robin(groups, drawn)
    places = np.lexsort((drawn, turn, ~counted))
    told = f"{AT_RANDOM} {{value:.4f}}"
    reasons = (f"not counted, {told}", f"in turn of category and number of objects, {told}")
    return Ranking(places, drawn[places], reasons, counted[places].astype(np.uint8))


def strata(counts: NDArray[np.int32]) -> NDArray[np.int64]:
    """(n,) stratum of each row of (n, C) counts, 1 or more; 0 where the image was not counted."""
    objects = counts.sum(axis=1)
    crowds = np.frexp(objects)[1].astype(np.int64)  # 0 for none, then 1 + floor(log2)
    categories = counts.argmax(axis=1) if counts.shape[1] else np.zeros(len(counts), np.int64)
    dominant = np.where(objects > 0, categories, 0)
    return np.where(objects < 0, 0, 1 + dominant * 32 + crowds)
