"""What measured networks teach of a factor's curve: a weighted sample of its posterior.

With n networks measured, y_i at stock i, and independent normal noise, the posterior of the standard normals z is

    p(z | y) ~ N(z; 0, I) * product over i of N(y_i; Q_z(stock i), noise^2)

It is sampled by adaptive importance sampling (Cappe et al., *Population Monte Carlo*, JCGS 2004): drawn from the prior,
then twice from a normal with the mean and the widened covariance of what was weighted before. A share of every draw
stays with the prior (the defensive mixture of Hesterberg, *Technometrics* 1995), so that no weight can grow beyond all
bounds. A campaign has three to six rounds and a curve four parameters or so: this takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maskloop.values import SupervisionKind
from selection.kinds.curves import SHAPE, Curves, Factor, Floats

DRAWS = 3000
ADAPTATIONS = 2
DEFENSIVE = 0.25
WIDER = 1.5
"""The covariance of the next draw, over that of the sample before."""


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
        return float(1 / np.sum(self.weights**2))

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
    adaptations = ADAPTATIONS if len(seen.values) else 0
    for step in range(adaptations + 1):
        z = rng.standard_normal((DRAWS, size))
        if step:
            moved = rng.random(DRAWS) >= DEFENSIVE
            z[moved] = mean + z[moved] @ np.linalg.cholesky(spread).T
        curves = Curves.of(factor, tuple(kinds), z)
        logs = _log_normal(z, np.zeros(size), np.eye(size)) + log_likelihood(factor, curves, seen)
        logs -= _log_mixture(z, mean, spread) if step else _log_normal(z, mean, spread)
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        mean = weights @ z
        spread = WIDER * ((z - mean).T * weights) @ (z - mean) + 1e-3 * np.eye(size)
    return Posterior(curves, weights)


def log_likelihood(factor: Factor, curves: Curves, seen: Observations) -> Floats:
    """(n,) of each curve, up to a constant."""
    if not len(seen.values):
        return np.zeros(len(curves.ceiling))
    off = curves.quality(seen.full, seen.weak) - seen.values[:, None]
    return np.asarray(-0.5 * np.sum((off / factor.noise) ** 2, axis=0), np.float64)


def _log_mixture(z: Floats, mean: Floats, spread: Floats) -> Floats:
    prior = _log_normal(z, np.zeros(len(mean)), np.eye(len(mean))) + np.log(DEFENSIVE)
    return np.asarray(np.logaddexp(prior, _log_normal(z, mean, spread) + np.log(1 - DEFENSIVE)), np.float64)


def _log_normal(z: Floats, mean: Floats, spread: Floats) -> Floats:
    """(n,) log density, up to the power of 2 pi that all share."""
    root = np.linalg.cholesky(spread)
    whitened = np.linalg.solve(root, (z - mean).T)
    return np.asarray(-0.5 * np.sum(whitened**2, axis=0) - np.log(np.diag(root)).sum(), np.float64)
