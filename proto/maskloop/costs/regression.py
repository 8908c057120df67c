"""What measured times say of planned prices: Bayesian linear regression on factors, and which times to believe.

Times vary in proportion to their length, so both sides of every model are divided by the planned seconds: each price
becomes a factor of its planned value, expected to be 1.

The estimate is normal in the coefficients, the error's variance by its mean-field update (Bishop, *Pattern Recognition
and Machine Learning*, sections 3.3 and 10.3). Published prices differ by about half (54 to 79 s for an outline), hence
`PRIOR_SD`; single labels vary by about half as well, so the prior weighs as much as one label whose whole time went to
that step, and less where people are steadier.

Robust: a fit with Student-t errors (Lange, Little, Taylor, *Robust statistical modeling using the t distribution*)
finds the labels that took many times what their content explains, such as a lunch break, or next to nothing. They
are left out and counted. The estimate is of those that remain, by least squares: it is one of mean time, which a budget
pays, where a robust fit alone would tell the median.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskloop.values import SecondsEstimate

PRIOR_SD = 0.5
"""Standard deviation of every coefficient before any label is seen."""
VARIATION, VARIATION_LABELS = 0.5, 4.0
"""Standard deviation of a label's time as a share of its mean, and how many labels this expectation weighs."""
TAIL = 4.0
"""Degrees of freedom of the errors while labels are judged."""
MOST_ROUNDS, AGREED = 100, 1e-9
FENCE, LEAST_SPREAD = 4.0, 0.25
"""Left out is what lies `FENCE` robust standard deviations of log(measured / fitted) away, at least a factor of e."""
LEAST = 1e-3
"""Factors below this are taken for this where they divide."""

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Posterior:
    """Of p coefficients: `mean` (p,) and `scale` (p, p) of a multivariate t with `freedom` degrees; `variance` is that
    of a label's factor."""

    mean: Array
    scale: Array
    freedom: float
    variance: float

    def seconds(self, combination: Array, planned_s: float, steps: float) -> SecondsEstimate:
        """The estimate of a sum of coefficients, in seconds, when `planned_s` stand for a factor of 1."""
        from scipy.special import stdtrit

        middle = float(combination @ self.mean)
        reach = float(stdtrit(self.freedom, 0.975) * np.sqrt(combination @ self.scale @ combination))
        low, high = max(0.0, middle - reach), max(0.0, middle + reach)
        return SecondsEstimate(planned_s, planned_s * max(0.0, middle), planned_s * low, planned_s * high, int(steps))


def fit(shares: Array, factors: Array, expected: Array, *, robust: bool = False) -> Posterior:
    """Alternate between the coefficients, the error's variance and the weights of the labels until they agree.

    Args:
        shares: (n, p), of each label the share of its planned time that goes with each coefficient.
        factors: (n,), measured over planned time.
        expected: (p,), the coefficients before any label is seen.
        robust: whether errors are taken for Student's t.
    """
    prior = np.eye(len(expected)) / PRIOR_SD**2
    freedom = VARIATION_LABELS + len(factors)
    mean, variance = expected, VARIATION**2
    scale = np.linalg.inv(prior)
    weights = np.ones(len(factors))
    for _ in range(MOST_ROUNDS):
        before = variance
        if robust:
            weights = (TAIL + 1) / (TAIL + (factors - shares @ mean) ** 2 / variance)
        squares = (shares.T * weights) @ shares
        scale = np.linalg.inv(prior + squares / variance)
        mean = scale @ (prior @ expected + (shares.T * weights) @ factors / variance)
        spread = weights @ (factors - shares @ mean) ** 2 + (squares * scale).sum()
        variance = float(VARIATION_LABELS * VARIATION**2 + spread) / freedom
        if abs(variance - before) <= AGREED * variance:
            break
    return Posterior(mean, scale, freedom, variance)


def nonnegative(posterior: Posterior) -> Posterior:
    """The same, its mean the likeliest coefficients of which none is negative (Lawson, Hanson, 1974)."""
    from scipy.optimize import nnls

    root = np.linalg.cholesky(np.linalg.inv(posterior.scale)).T
    return replace(posterior, mean=nnls(root, root @ posterior.mean)[0])


def without(posterior: Posterior, shares: Array, factor: float) -> Posterior:
    """What the other labels say, the error's variance left as it is, when one of (p,) `shares` and `factor` is taken
    out."""
    precision = np.linalg.inv(posterior.scale)
    scale = np.linalg.inv(precision - np.outer(shares, shares) / posterior.variance)
    told = precision @ posterior.mean - shares * factor / posterior.variance
    return replace(posterior, mean=scale @ told, scale=scale)


def believed(shares: Array, factors: Array, expected: Array) -> NDArray[np.bool_]:
    """(n,): which labels took about what their content explains; arguments as `fit` has them."""
    fitted = np.maximum(shares @ fit(shares, factors, expected, robust=True).mean, LEAST)
    away = np.abs(np.log(np.maximum(factors, LEAST) / fitted))
    spread = 1.4826 * float(np.median(away)) if len(away) else 0.0
    return away <= FENCE * max(LEAST_SPREAD, spread)
