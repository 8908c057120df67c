"""Images whose masks change most, or least, when parts of the encoder are dropped at random.

Bellver et al., *Mask-guided sample selection for semi-supervised instance segmentation*, the baseline of Tables 3 and
4: dropout of p = 0.5 at the end of the encoder, five readings, the standard deviation of each pixel, and the images of
highest or lowest mean deviation. Nearest a quantile is the same idea as a target IoU.

What lies in [0, 1] deviates by at most 1/2, so twice the deviation is an image's utility where the highest is
preferred. Where the lowest is, it is one less that; where the nearest is, one less twice the distance from the
quantile's value.
"""

from __future__ import annotations

import numpy as np

from maskloop.values import Strategy
from selection.pool import Floats, Pool
from selection.ranking import Ranking
from selection.utility import rank_by_utility


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """The preferred deviation first."""
    assert pool.dropout is not None
    preferred = strategy.option("prefer")
    utility, told = _utility(pool.dropout, preferred, float(strategy.option("quantile")))
    reason = f"deviation under dropout {{value:.4f}}, {told}"
    return rank_by_utility(pool, strategy, seed, utility=utility, values=pool.dropout, reason=reason)


def _utility(deviations: Floats, preferred: str, quantile: float) -> tuple[Floats, str]:
    if preferred != "nearest":
        utility = 2 * deviations
        return (utility, "highest first") if preferred == "highest" else (1 - utility, "lowest first")
    middle = float(np.quantile(deviations, quantile)) if len(deviations) else 0.0
    return 1 - 2 * np.abs(deviations - middle), f"nearest {middle:.4f}, their quantile {quantile:g}, first"
