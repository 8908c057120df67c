"""How often an interval that says 95 % holds the true mean of a few seeds.

    python -m benchmarks intervals

Student's interval beside three bootstraps, at 3, 5 and 10 seeds: the share of `REPEATS` samples whose interval holds
the true mean, and its median width in standard deviations. Percentile, and expanded percentile and bootstrap t as in
Hesterberg, What teachers should know about the bootstrap (The American Statistician 69, 2015).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from maskloop.compare.analysis.intervals import interval, t_quantile

REPEATS, RESAMPLES = 4000, 1500
TAIL = 0.025

Array = NDArray[np.float64]
Interval = Callable[[Array, np.random.Generator], tuple[float, float]]


def main() -> None:
    """Print a table: one row for each distribution and number of seeds."""
    print(f"{'draws':12}{'seeds':>6}" + "".join(f"{name:>24}" for name in INTERVALS))
    for name, draw in DRAWS.items():
        for seeds in (3, 5, 10):
            samples = draw(np.random.default_rng(0), (REPEATS, seeds))
            rows = (coverage(samples, each, np.random.default_rng(1)) for each in INTERVALS.values())
            print(f"{name:12}{seeds:>6}" + "".join(f"{held:>17.3f}{width:>7.2f}" for held, width in rows), flush=True)


def coverage(samples: Array, make: Interval, rng: np.random.Generator) -> tuple[float, float]:
    """Share of samples, rows with a true mean of zero, whose interval holds it; and the median width."""
    outcome = np.array([make(sample, rng) for sample in samples])
    held = (outcome[:, 0] <= 0) & (outcome[:, 1] >= 0)
    return float(held.mean()), float(np.median(outcome[:, 1] - outcome[:, 0]))


def students(sample: Array, rng: np.random.Generator) -> tuple[float, float]:
    """As comparisons tell it; draws nothing."""
    low, high = interval(sample)
    return float(low), float(high)


def percentile(sample: Array, rng: np.random.Generator) -> tuple[float, float]:
    """Quantiles of resampled means."""
    return _quantiles(_resampled(sample, rng).mean(axis=1), TAIL)


def expanded_percentile(sample: Array, rng: np.random.Generator) -> tuple[float, float]:
    """The same, so far out that a normal sample's width comes to Student's."""
    seeds = len(sample)
    tail = special.ndtr(-math.sqrt(seeds / (seeds - 1)) * t_quantile(1 - TAIL, seeds))
    return _quantiles(_resampled(sample, rng).mean(axis=1), float(tail))


def bootstrap_t(sample: Array, rng: np.random.Generator) -> tuple[float, float]:
    """Quantiles of resampled t statistics; resamples of a single value have none and are left out."""
    drawn = _resampled(sample, rng)
    several = drawn[drawn.min(axis=1) < drawn.max(axis=1)]
    low, high = _quantiles((several.mean(axis=1) - sample.mean()) / several.std(axis=1, ddof=1), TAIL)
    return float(sample.mean() - high * sample.std(ddof=1)), float(sample.mean() - low * sample.std(ddof=1))


def _resampled(sample: Array, rng: np.random.Generator) -> Array:
    return sample[rng.integers(0, len(sample), size=(RESAMPLES, len(sample)))]


def _quantiles(values: Array, tail: float) -> tuple[float, float]:
    low, high = np.quantile(values, (tail, 1 - tail))
    return float(low), float(high)


DRAWS: Mapping[str, Callable[[np.random.Generator, tuple[int, int]], Array]] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "t, 3 d.f.": lambda rng, shape: rng.standard_t(3, size=shape) / math.sqrt(3),
    "exponential": lambda rng, shape: rng.exponential(size=shape) - 1,
}
INTERVALS: Mapping[str, Interval] = {
    "Student": students,
    "percentile": percentile,
    "expanded percentile": expanded_percentile,
    "bootstrap t": bootstrap_t,
}


if __name__ == "__main__":
    main()
