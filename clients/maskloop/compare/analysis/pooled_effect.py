"""A strategy against a baseline over several settings at once, where no single one can tell.

Settings differ in how much quality there is to gain, so a difference is counted in shares of what random selection
itself gained over the budget: +0.1 means a tenth more than random. Settings weigh alike, whatever their noise. The
interval is that of a mean of means with unequal variances (Welch, The generalization of Student's problem when several
different population variances are involved, Biometrika 34, 1947; degrees of freedom after Satterthwaite, 1946): it
speaks of these settings, drawn again with other seeds, and not of others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from maskloop.compare.analysis.results import CONFIDENCE, Difference


@dataclass(frozen=True)
class PooledDifference:
    """Mean over settings of the difference at the end, in shares of random's own rise; its interval and two-sided p."""

    mean: float
    low: float
    high: float
    p: float
    settings: int


def pooled_difference(met: Sequence[tuple[Difference, float]]) -> PooledDifference | None:
    """Pool differences, each with random's rise in its setting; `None` without a setting of two seeds or more.

    Args:
        met: a difference a setting, and the mean rise of random's quality there, above 0.
    """
    shares, variances, freedoms = [], [], []
    for difference, rise in met:
        end = difference.end
        if end.sd is not None and rise > 0:
            shares.append(end.mean / rise)
            variances.append((end.sd / rise) ** 2 / end.seeds)
            freedoms.append(end.seeds - 1)
    if not shares:
        return None
    count, variance = len(shares), sum(variances)
    mean, error = sum(shares) / count, math.sqrt(variance) / count
    if error == 0:
        return PooledDifference(mean, mean, mean, 1.0 if mean == 0 else 0.0, count)
    freedom = variance**2 / sum(own**2 / free for own, free in zip(variances, freedoms, strict=True))
    reach = float(special.stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    p = float(2 * special.stdtr(freedom, -abs(mean) / error))
    return PooledDifference(mean, mean - reach, mean + reach, p, count)
