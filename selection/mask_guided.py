"""Images whose predicted IoU lies nearest a target.

Bellver, Salvador, Torres, Giro-i-Nieto, *Mask-guided sample selection for semi-supervised instance segmentation*,
section 3.3: the images with the smallest |score - beta|. Too easy an image teaches nothing, too hard a one (many small
objects) costs much and teaches little.
"""

from __future__ import annotations

import numpy as np

from maskloop.values import Strategy
from selection.pool import Pool
from selection.ranking import Ranking

# The best beta of the paper's Table 4 (predicted scores) at 200, 400 and 800 labeled images.
_LABELED = (200.0, 400.0, 800.0)
_BEST_BETA = (0.3, 0.6, 0.5)


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """Nearest first."""
    assert pool.scores is not None
    target = find_target(pool, strategy)
    reason = f"predicted IoU {{value:.2f}}, target {target:.2f}"
    return Ranking.by_key(np.abs(pool.scores - target), pool.scores, reason, target)


def find_target(pool: Pool, strategy: Strategy) -> float:
    """Beta: the number asked for, or by itself."""
    fixed = strategy.target_iou
    return automatic_target(pool.labeled_images) if fixed is None else fixed


def automatic_target(labeled_images: int) -> float:
    """What was best in the paper at this many labeled images, in [0, 1]."""
    return float(np.interp(labeled_images, _LABELED, _BEST_BETA))
