"""How well predicted IoU ranks true IoU, and what chance alone would reach.

Spearman's rank correlation with ties at their mean rank, as scipy.stats has it (which takes seconds to import);
`None` where it is undefined.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskloop.report.report import EvaluatedScore

SHUFFLES = 200
BINS = 10


def spearman(evaluated: Sequence[EvaluatedScore]) -> float | None:
    """Rank correlation of predicted and true IoU in [-1, 1]; `None` below three images or when one side is constant."""
    if len(evaluated) < 3:
        return None
    predicted = _ranks([score.predicted for score in evaluated])
    true = _ranks([score.true for score in evaluated])
    if np.ptp(predicted) == 0 or np.ptp(true) == 0:
        return None
    return float(np.corrcoef(predicted, true)[0, 1])


def shuffled_spearman(evaluated: Sequence[EvaluatedScore], rng: np.random.Generator) -> float | None:
    """The |Spearman| that 95 of 100 random orders of the predicted IoUs stay below (`SHUFFLES` are tried)."""
    if spearman(evaluated) is None:
        return None
    predicted = _ranks([score.predicted for score in evaluated])
    true = _ranks([score.true for score in evaluated])
    reached = [abs(np.corrcoef(rng.permutation(predicted), true)[0, 1]) for _ in range(SHUFFLES)]
    return float(np.quantile(reached, 0.95))


def equal_mass_means(pairs: Sequence[tuple[float, float]], bins: int = BINS) -> list[tuple[float, float]]:
    """Mean prediction and mean truth of `bins` groups as equal in number as can be, by rising prediction.

    Args:
        pairs: (predicted, true), at least one.
        bins: how many groups; fewer where there are fewer pairs.
    """
    groups = np.array_split(np.array(sorted(pairs), dtype=np.float64), min(bins, len(pairs)))
    return [(float(predicted), float(true)) for predicted, true in (group.mean(axis=0) for group in groups)]


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    """1 for the smallest; equal values share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], dtype=np.float64)
