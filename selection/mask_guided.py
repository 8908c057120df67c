"""Images whose predicted IoU lies nearest a target.

Bellver, Salvador, Torres, Giro-i-Nieto, *Mask-guided sample selection for semi-supervised instance segmentation*,
section 3.3: the images with the smallest |score - beta|. Too easy an image teaches nothing, too hard a one (many small
objects) costs much and teaches little.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument

# The best beta of the paper's Table 4 (predicted scores) at 200, 400 and 800 labeled images.
_LABELED = (200.0, 400.0, 800.0)
_BEST_BETA = (0.3, 0.6, 0.5)


def keys(ids: Sequence[str], scores: NDArray[np.float64] | None, seed: int) -> NDArray[np.float64]:
    """The predicted IoU itself, (n,) in [0, 1].

    Raises:
        InvalidArgument: no scores were given.
    """
    if scores is None:
        raise InvalidArgument("mask_guided needs scores", field="strategy.name")
    return np.asarray(scores, dtype=np.float64)


def target(target_iou: float | None, labeled_images: int) -> float:
    """Beta: the number asked for, or for `None` ("auto") what was best in the paper at this many labeled images."""
    if target_iou is not None:
        return target_iou
    return float(np.interp(labeled_images, _LABELED, _BEST_BETA))


def reason(key: float, aim: float) -> str:
    """Why an image was chosen."""
    return f"predicted IoU {key:.2f}, target {aim:.2f}"
