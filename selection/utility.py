"""An order by utility: the highest first, the highest per second first, or drawn by rank.

The utility of an image is 0 or more, larger is better; each strategy says what it is.

Per second: filling a batch's seconds with the greatest sum of utilities is the knapsack problem. Taking what gives most
for its cost first is its greedy rule (Dantzig, *Discrete-variable extremum problems*, Operations Research 5, 1957): it
falls short of the optimum by less than the utility of the first image that does not fit.

Softrank: the images of highest utility are often all alike, and a batch of them teaches less than their sum. Drawing
without replacement, the image of rank r with a weight of 1 / r, keeps a batch near the front of the order and varied
(softrank acquisition of Kirsch et al., *Stochastic batch acquisition: a simple baseline for deep active learning*, TMLR
2023, section 3, with coldness 1). Adding Gumbel noise to log weights and sorting makes the same draw at once for every
size of batch, so that any beginning of the order is one.
"""

from __future__ import annotations

import numpy as np

from maskloop.values import Strategy
from selection.draws import draws
from selection.pool import Floats, Pool
from selection.ranking import Ranking


def rank_by_utility(
    pool: Pool, strategy: Strategy, seed: int, *, utility: Floats, values: Floats, reason: str
) -> Ranking:
    """Highest utility first, ties by id, as the strategy's options `per_second` and `softrank` have it.

    Args:
        pool: n images.
        strategy: whose options are asked.
        seed: of the draw.
        utility: (n,) 0 or more.
        values: (n,) what the reason tells of each.
        reason: format string of `value`.
    """
    if strategy.is_on("per_second"):
        assert pool.costs_s is not None
        ranking = Ranking.by_key(-utility / pool.costs_s, values, f"{reason}; most worth per second first")
    else:
        ranking = Ranking.by_key(-utility, values, reason)
    return softrank(ranking, pool, seed) if strategy.is_on("softrank") else ranking


def softrank(ranking: Ranking, pool: Pool, seed: int) -> Ranking:
    """The same images, drawn one after another with a weight of one over their rank."""
    uniform = draws(pool.ids, seed, purpose="by rank")[ranking.places]
    with np.errstate(divide="ignore"):  # a draw of 0 is certain to come last
        gumbel = -np.log(-np.log(uniform))
    weights = -np.log(np.arange(1, len(uniform) + 1))
    return ranking.taken(np.argsort(-(weights + gumbel), kind="stable"), "; drawn by rank")
