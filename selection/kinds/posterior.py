"""What measured networks teach of a factor's curve: a weighted sample of its posterior.

With n networks measured, y_i at stock i, and independent normal noise, the posterior of the standard normals z is

    p(z | y) ~ N(z; 0, I) * product over i of N(y_i; Q_z(stock i), noise^2)

It is sampled by adaptive importance sampling (Cappe et al., *Population Monte Carlo*, JCGS 2004). The first draw is
from the prior, each later one from a normal with the mean and the widened covariance of what was weighted before. Where
networks surprise the prior, the likelihood counts to a power that leaves a tenth of the draws their weight. It grows to
1 from draw to draw (tempering; Del Moral, Doucet and Jasra, *Sequential Monte Carlo samplers*, JRSS B 2006). A share of
every draw stays with the prior (the defensive mixture of Hesterberg, *Technometrics* 1995), so that no weight grows
beyond all bounds. A campaign has three to six rounds and a curve four parameters or so: this takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maskloop.values import SupervisionKind
from selection.kinds.curves import SHAPE, Curves, Factor, Floats

DRAWS = 3000
MOST_DRAWINGS = 8
KEPT_DRAWS = 0.1
"""Of the draws, which are to keep their weight: by as many equal ones as the sample is worth."""
HALVINGS = 12
DEFENSIVE = 0.25
WIDER = 1.5
"""The covariance of the next draw, over that of the sample before."""
LEAST_SPREAD = 1e-3


@dataclass(frozen=True)
class Observations:
    """What was measured of one factor.

    Args:
        full: (r,) outlined images that each network had learnt from.
        weak: (r, K) images of weaker kinds.
        values: (r,) of the factor.
    """

    full: Floats
    weak: Floats
    values: Floats


@dataclass(frozen=True)
class Posterior:
    """A weighted sample: n curves, and their weights (n,), which add up to 1."""

    curves: Curves
    weights: Floats

    @property
    def effective_draws(self) -> float:
        """Equally weighted draws that it is worth (Kong, 1992), 1 to n."""
        return _effective(self.weights)

    def drawn(self, number: int, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """(number,) rows drawn by their weights, each spread evenly over the sample (systematic resampling) and then
        shuffled, so that rows of two posteriors can be paired."""
        steps = (np.arange(number) + rng.random()) / number
        places = np.searchsorted(np.cumsum(self.weights), steps).clip(max=len(self.weights) - 1)
        return np.asarray(rng.permutation(places), np.int64)


def posterior(
    factor: Factor, kinds: Sequence[SupervisionKind], seen: Observations, rng: np.random.Generator
) -> Posterior:
    """What is believed of a factor's curve once `seen` is known; of nothing seen, the prior.

    Args:
        factor: which.
        kinds: the weaker kinds, in the order of `seen.weak`.
        seen: what networks measured.
        rng: makes the draws.
    """
    size = SHAPE + len(kinds)
    mean, spread = np.zeros(size), np.eye(size)
    z = rng.standard_normal((DRAWS, size))
    power = 1.0 if not len(seen.values) else 0.0
    for drawing in range(MOST_DRAWINGS):
        curves = Curves.of(factor, tuple(kinds), z)
        told = log_likelihood(factor, curves, seen)
        proposed = _log_mixture(z, mean, spread) if drawing else _log_prior(z)
        is_last = power == 1 or drawing == MOST_DRAWINGS - 1
        power = 1.0 if is_last else _bearable_power(_log_prior(z) - proposed, told)
        weights = _normalized(_log_prior(z) - proposed + power * told)
        if is_last:
            break
        mean = weights @ z
        spread = WIDER * ((z - mean).T * weights) @ (z - mean) + LEAST_SPREAD * np.eye(size)
        z = rng.standard_normal((DRAWS, size))
        moved = rng.random(DRAWS) >= DEFENSIVE
        z[moved] = mean + z[moved] @ np.linalg.cholesky(spread).T
    return Posterior(curves, weights)


def _bearable_power(beside: Floats, told: Floats) -> float:
    """The largest power of the likelihoods `told`, up to 1, by which `KEPT_DRAWS` keep their weight."""
    low, high = 0.0, 1.0
    if _effective(_normalized(beside + told)) >= KEPT_DRAWS * len(told):
        return 1.0
    for _ in range(HALVINGS):
        power = (low + high) / 2
        if _effective(_normalized(beside + power * told)) >= KEPT_DRAWS * len(told):
            low = power
        else:
            high = power
    return low


def _normalized(logs: Floats) -> Floats:
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum(), np.float64)


def _effective(weights: Floats) -> float:
    return float(1 / np.sum(weights**2))


def log_likelihood(factor: Factor, curves: Curves, seen: Observations) -> Floats:
    """(n,) of each curve, up to a constant."""
    if not len(seen.values):
        return np.zeros(len(curves.ceiling))
    off = curves.quality(seen.full, seen.weak) - seen.values[:, None]
    return np.asarray(-0.5 * np.sum((off / factor.noise) ** 2, axis=0), np.float64)


def _log_mixture(z: Floats, mean: Floats, spread: Floats) -> Floats:
    return np.asarray(
        np.logaddexp(_log_prior(z) + np.log(DEFENSIVE), _log_normal(z, mean, spread) + np.log(1 - DEFENSIVE)),
        np.float64,
    )


def _log_prior(z: Floats) -> Floats:
    return np.asarray(-0.5 * np.sum(z**2, axis=1), np.float64)


def _log_normal(z: Floats, mean: Floats, spread: Floats) -> Floats:
    """(n,) log density, up to the power of 2 pi that all share."""
    root = np.linalg.cholesky(spread)
    whitened = np.linalg.solve(root, (z - mean).T)
    return np.asarray(-0.5 * np.sum(whitened**2, axis=0) - np.log(np.diag(root)).sum(), np.float64)
