"""Images whose masks the network is least certain of: by entropy, by margin, by least confidence.

Settles, *Active learning literature survey*, 2009, section 3.1, on pixels: each is a mean over an image's masks, in
[0, 1] and larger where less is certain. It is also the image's utility.
"""

from __future__ import annotations

from collections.abc import Callable

from maskloop.values import Strategy
from selection.pool import Pool
from selection.ranking import Ranking
from selection.utility import rank_by_utility


def rank_by(measure: str) -> Callable[[Pool, Strategy, int], Ranking]:
    """The strategy that puts the highest of a measure first: "entropy", "margin" or "least_confidence"."""

    def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
        uncertain = pool.uncertainty[measure]
        reason = f"uncertainty by {measure.replace('_', ' ')} {{value:.3f}}, highest first"
        return rank_by_utility(pool, strategy, seed, utility=uncertain, values=uncertain, reason=reason)

    return rank
