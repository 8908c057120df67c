"""How well predicted IoU ranks true IoU, and what chance alone would reach.

Spearman's rank correlation with ties at their mean rank, as scipy.stats has it (which takes seconds to import);
`None` where it is undefined.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskloop.report.values import EvaluatedScore

SHUFFLES = 200


def spearman(evaluated: Sequence[EvaluatedScore]) -> float | None:
    """Rank correlation of predicted and true IoU in [-1, 1]; `None` below three images or when one side is constant."""
    if len(evaluated) < 3:
        return None
    predicted = _ranks([one.predicted for one in evaluated])
    true = _ranks([one.true for one in evaluated])
    if np.ptp(predicted) == 0 or np.ptp(true) == 0:
        return None
    return float(np.corrcoef(predicted, true)[0, 1])


def shuffled_spearman(evaluated: Sequence[EvaluatedScore], rng: np.random.Generator) -> float | None:
    """The |Spearman| that 95 of 100 random orders of the predicted IoUs stay below (`SHUFFLES` are tried)."""
    if spearman(evaluated) is None:
        return None
    predicted = _ranks([one.predicted for one in evaluated])
    true = _ranks([one.true for one in evaluated])
    reached = [abs(np.corrcoef(rng.permutation(predicted), true)[0, 1]) for _ in range(SHUFFLES)]
    return float(np.quantile(reached, 0.95))


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    """1 for the smallest; equal values share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], dtype=np.float64)
