"""Worth per second: what an image is worth, divided by the seconds that its label is expected to cost.

Filling a batch's seconds with the greatest sum of worth is the knapsack problem; taking what gives most for its cost
first is its greedy rule (Dantzig, *Discrete-variable extremum problems*, Operations Research 5, 1957), which falls
short of the optimum by less than the worth of the first image that does not fit.

A worth lies in [0, 1], larger is better; each strategy says what it is.
"""

from __future__ import annotations

from maskloop.values import Strategy
from selection.pool import Floats, Pool
from selection.ranking import Ranking


def rank_by_worth(pool: Pool, strategy: Strategy, worth: Floats, values: Floats, reason: str) -> Ranking:
    """Most worth first, or most worth per second where `strategy` has that option on; ties by id.

    Args:
        pool: n images.
        strategy: whose options are asked.
        worth: (n,) in [0, 1].
        values: (n,) what the reason tells of each.
        reason: format string of `value`.
    """
    if not strategy.is_on("per_second"):
        return Ranking.by_key(-worth, values, reason)
    assert pool.costs_s is not None
    return Ranking.by_key(-worth / pool.costs_s, values, f"{reason}; most worth per second first")
