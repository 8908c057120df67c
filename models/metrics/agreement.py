"""How much masks overlap, and how well a score knows it.

IoU is eq. 1 and the image score eq. 2 of Bellver et al., *Mask-guided sample selection for semi-supervised
instance segmentation*.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CALIBRATION_BINS = 10
LEAST_IN_A_BIN = 5


def mean_absolute_error(predicted: Floats, true: Floats) -> float:
    """Mean |predicted - true|; 0 for nothing."""
    return float(np.abs(predicted - true).mean()) if predicted.size else 0.0


def bias(predicted: Floats, true: Floats) -> float:
    """Mean of predicted - true: above zero for a score that promises too much; 0 for nothing."""
    return float((predicted - true).mean()) if predicted.size else 0.0


def spearman(predicted: Floats, true: Floats) -> float | None:
    """Rank correlation in [-1, 1], ties at their mean rank; `None` for fewer than two or all equal values."""
    from scipy.stats import rankdata

    if predicted.size < 2 or np.ptp(predicted) == 0 or np.ptp(true) == 0:
        return None
    return float(np.corrcoef(rankdata(predicted), rankdata(true))[0, 1])


def expected_calibration_error(predicted: Floats, true: Floats) -> float:
    """Mean distance of predicted and true mean within bins of like predictions; 0 for nothing.

    The bins are of equal mass (Nixon et al., *Measuring calibration in deep learning*, 2019): sorted by prediction
    and cut into 10 runs, or into fewer, so that each has 5 values or more. The distances are weighted by the number
    of values. Noise alone keeps it above zero: with few values in a bin even a perfect score has some.

    Args:
        predicted: (N,) in [0, 1].
        true: (N,) in [0, 1].
    """
    if not predicted.size:
        return 0.0
    bins = min(CALIBRATION_BINS, max(1, predicted.size // LEAST_IN_A_BIN))
    runs = np.array_split(np.argsort(predicted, kind="stable"), bins)
    return sum(abs(float((predicted[run] - true[run]).sum())) for run in runs) / predicted.size
