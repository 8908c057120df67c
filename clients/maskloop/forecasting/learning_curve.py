"""What more annotator time should bring, told from a campaign's own rounds.

Quality after t seconds is taken to follow a power law that saturates,

    f(t) = start + gain * (1 - (t / t1)^-exponent),

the usual form of a learning curve (Hestness et al., Deep learning scaling is predictable, empirically; "POW3" in
Viering and Loog, The shape of learning curves: a review), written so that each parameter means something: `start` is
the curve at the first round's t1, `gain` is all that is left to be gained after it. A round measures f(t) plus noise,
as trainings differ. Two or three rounds cannot tell all this, so it is inferred with priors (below): `start` and
`gain` in closed form, `exponent` and the noise by weighted draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp

DRAWS = 4000
CONFIDENCE = 0.8
FEWEST_POINTS = 2
EXPONENT = (0.5, 0.7)
"""Median and log standard deviation of the exponent: 80 of 100 curves have one between 0.2 and 1.2."""
NOISE = (0.015, 0.8)
"""The same of a measurement's standard deviation: 80 of 100 metrics have one between 0.005 and 0.04."""
GAIN = 1 / 3
"""Expected share of the room above the curve that is left to be gained (an exponential prior)."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """What a network trained after `at_s` seconds of annotator time should measure, in [0, 1].

    It lies between `low` and `high` with a probability of `CONFIDENCE`.
    """

    at_s: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """Curves that explain the rounds, each as likely as the others: arrays of shape (DRAWS,).

    Args:
        first_s: t1.
        start, gain, exponent: see the module.
        noise: what a further measurement would differ from its curve by.
    """

    first_s: float
    start: Array
    gain: Array
    exponent: Array
    noise: Array

    def expect(self, at_s: float) -> Expected:
        """What a network trained after `at_s` seconds, more than 0, should measure."""
        quality = self._at(at_s)
        tail = (1 - CONFIDENCE) / 2
        low, high = np.quantile(np.clip(quality + self.noise, 0, 1), (tail, 1 - tail))
        return Expected(at_s, float(quality.mean()), float(low), float(high))

    def rise(self, from_s: float, to_s: float) -> float:
        """By how much the curve itself should rise between two times."""
        return float((self._at(to_s) - self._at(from_s)).mean())

    def _at(self, at_s: float) -> Array:
        return np.clip(self.start + self.gain * (1 - (at_s / self.first_s) ** -self.exponent), 0, 1)


def fit_learning_curve(points: Sequence[tuple[float, float]], rng: np.random.Generator) -> LearningCurve | None:
    """Infer the curve behind `points`; `None` for fewer than two times that differ.

    Args:
        points: (seconds of annotator time, quality in [0, 1]) of each round. A power law knows nothing of 0 seconds:
            points there are left out.
        rng: makes the draws.
    """
    known = sorted(point for point in points if point[0] > 0)
    if len({at_s for at_s, _ in known}) < FEWEST_POINTS:
        return None
    times, quality = np.array(known, dtype=np.float64).T
    exponent, noise = _log_normal(EXPONENT, rng), _log_normal(NOISE, rng)
    shape = 1 - (times / times[0]) ** -exponent[:, None]  # (DRAWS, points): the share of the gain that is reached
    expected_gain = GAIN * (1 - quality.mean())
    weight, centre, spread = _explain(shape, quality, noise, max(expected_gain, 1e-6))
    drawn = rng.choice(DRAWS, DRAWS, p=weight)
    gain = _positive(centre[drawn], spread[drawn], rng)
    level = quality.mean() - gain * shape[drawn].mean(axis=1)
    start = level + noise[drawn] / np.sqrt(len(known)) * rng.standard_normal(DRAWS)
    return LearningCurve(times[0], start, gain, exponent[drawn], noise[drawn] * rng.standard_normal(DRAWS))


def _log_normal(prior: tuple[float, float], rng: np.random.Generator) -> Array:
    median, spread = prior
    return median * np.exp(spread * rng.standard_normal(DRAWS))


def _explain(shape: Array, quality: Array, noise: Array, expected_gain: float) -> tuple[Array, Array, Array]:
    """How well each draw explains the points, and its gain given them: a normal curve cut off at 0.

    Linear regression of quality on shape; the start has a flat prior, the gain an exponential one, both integrated out.

    Returns:
        Weights that sum to 1, and centre and spread of the gain; each of shape (DRAWS,).
    """
    centred = shape - shape.mean(axis=1, keepdims=True)
    residual = quality - quality.mean()
    power = (centred**2).sum(axis=1)
    slope = centred @ residual / power
    spread = noise / np.sqrt(power)
    centre = slope - spread**2 / expected_gain
    misfit = (residual**2).sum() - power * slope**2
    log_weight = -(len(quality) - 1) * np.log(noise) - misfit / (2 * noise**2)
    log_weight += (
        -slope / expected_gain + (spread / expected_gain) ** 2 / 2 + np.log(spread) + log_ndtr(centre / spread)
    )
    weight = np.exp(log_weight - log_weight.max())
    return weight / weight.sum(), centre, spread


def _positive(centre: Array, spread: Array, rng: np.random.Generator) -> Array:
    """A draw from each normal curve, given that it is above 0, by inversion."""
    log_share = np.log1p(-rng.random(len(centre))) + log_ndtr(centre / spread)
    return np.asarray(np.maximum(0.0, centre - spread * ndtri_exp(log_share)), dtype=np.float64)
