"""Means over a few seeds, and how far off they may be.

A bootstrap cannot be trusted with five seeds. `python -m benchmarks intervals` counts how often an interval that says
95 % holds the true mean of normal draws: the percentile bootstrap in 84 % of cases, the expanded percentile in 92 %
(Hesterberg, What teachers should know about the bootstrap, The American Statistician 69, 2015), both in 75 % with three
seeds, as they cannot reach beyond the smallest and the largest of them. The bootstrap t holds 95 % and is a third wider
than Student's interval; with three seeds it holds 81 %. So Student's interval of the mean is used: it holds 95 % with
any number of seeds that scatter normally, and 88 % with five that are as skewed as an exponential.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from maskloop.compare.analysis.results import CONFIDENCE, Estimate

POWER = 0.8
"""Probability that a difference of the detectable size is found."""

Array = NDArray[np.float64]


def estimate(values: ArrayLike) -> Estimate:
    """Mean of one value a seed, at least one, with Student's interval."""
    drawn = np.asarray(values, dtype=np.float64)
    mean, count = float(drawn.mean()), len(drawn)
    if count < 2:
        return Estimate(mean, None, None, None, count)
    low, high = interval(drawn)
    return Estimate(mean, float(drawn.std(ddof=1)), float(low), float(high), count)


def interval(values: ArrayLike) -> tuple[Array, Array]:
    """Both ends of Student's interval of the mean over the first axis, of at least two seeds."""
    drawn = np.asarray(values, dtype=np.float64)
    count = len(drawn)
    reach = t_quantile((1 + CONFIDENCE) / 2, count) * drawn.std(axis=0, ddof=1) / math.sqrt(count)
    return drawn.mean(axis=0) - reach, drawn.mean(axis=0) + reach


def p_value(differences: ArrayLike) -> float | None:
    """Two-sided p of a paired t-test, from one difference a seed; `None` with one seed.

    Differences that are all the same leave no doubt: 1 if they are zero, else 0.
    """
    drawn = np.asarray(differences, dtype=np.float64)
    if len(drawn) < 2:
        return None
    mean, sd = float(drawn.mean()), float(drawn.std(ddof=1))
    if sd == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * special.stdtr(len(drawn) - 1, -abs(mean) / sd * math.sqrt(len(drawn))))


def detectable(sd: float, seeds: int) -> float:
    """The smallest true difference that a paired t-test finds with a probability of `POWER`, two seeds or more.

    The usual approximation (t of the confidence + t of the power) * sd / sqrt(seeds).
    """
    return (t_quantile((1 + CONFIDENCE) / 2, seeds) + t_quantile(POWER, seeds)) * sd / math.sqrt(seeds)


def seeds_for(difference: float, sd: float, most: int) -> int | None:
    """How many seeds make a difference detectable, at the given standard deviation; `None` if more than `most`."""
    return next((seeds for seeds in range(2, most + 1) if detectable(sd, seeds) <= difference), None)


def pooled(sds: ArrayLike) -> float:
    """One standard deviation for several that were measured equally often: the root of their mean variance."""
    return float(np.sqrt(np.mean(np.square(np.asarray(sds, dtype=np.float64)))))


def t_quantile(share: float, seeds: int) -> float:
    """Quantile of Student's t with `seeds` - 1 degrees of freedom."""
    return float(special.stdtrit(seeds - 1, share))
