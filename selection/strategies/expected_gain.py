"""Images where a person's seconds should teach most, object by object.

A proposal of predicted IoU q is taken to be right with probability q, and a review tells whether it is. What nobody
knew before that is the variance of such an answer, q (1 - q): nothing for a mask that is sure to be right, nothing for
one that is sure to be wrong, most at one half. An image gives the sum over its proposals, 4 q (1 - q) each, so that one
object gives at most 1. What it may hold beside these is no reason to choose it, but has its price.

The sum is divided by the seconds that the image should take with the help that people have. By the sum alone
(`per_second=no`), crowded images come first.
"""

from __future__ import annotations

from maskloop.values import Strategy
from selection.pool import Floats, ObjectIous, Pool
from selection.ranking import Ranking
from selection.utility import rank_by_utility


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """Most expected gain per second first, ties by id."""
    assert pool.object_ious is not None
    gain = expected_gain(pool.object_ious)
    reason = "expected gain {value:.2f} objects"
    return rank_by_utility(pool, strategy, seed, utility=gain, values=gain, reason=reason)


def expected_gain(found: ObjectIous) -> Floats:
    """(n,) 0 or more, at most the number of an image's proposals."""
    return found.sums(4 * found.ious * (1 - found.ious))
