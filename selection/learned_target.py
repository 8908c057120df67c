"""The target IoU by itself: from the literature at first, then from what a campaign's own rounds gained.

Automatic: the best beta of Bellver et al., *Mask-guided sample selection for semi-supervised instance segmentation*,
Table 4 (predicted scores), at as many labels.

Learned: Bayesian linear regression (Bishop, *Pattern recognition and machine learning*, section 3.3) of each round's
gain per hour on the shares of its images in eleven bands of predicted IoU, centred on the paper's betas 0, 0.1, ..., 1.

    gain per hour / its root mean square = level + trend * log(round) + sum over bands of share * worth + noise

The prior of the bands' worths is the paper's curve: AP50 gained over the network of 100 labels, divided by the mean
gain, less 1. Neighbouring bands are worth about the same (covariance PRIOR_SD^2 exp(-(distance / LENGTH)^2 / 2)). Level
and trend are nearly free: later rounds gain less whatever they buy. A prior as strong as PRIOR_SD, half of the mean
gain, against NOISE_SD is outweighed by about two clear rounds in a band. The paper's bands cost the same number of
images, not of seconds: its curve is where to start, and the campaign's own seconds correct it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from selection.pool import Floats, RoundOutcome

# Table 4: AP50 x 100 by number of labeled images and beta; the network of 100 labels has 19.0.
LABELED = (200.0, 400.0, 800.0)
BETAS = np.linspace(0, 1, 11)
AP50 = np.array(
    [
        [21.5, 21.8, 22.6, 24.0, 23.2, 20.9, 20.6, 20.3, 20.7, 20.8, 21.1],
        [23.7, 23.7, 25.0, 26.9, 24.8, 25.0, 27.5, 26.2, 26.9, 26.1, 24.8],
        [30.1, 30.3, 29.9, 33.5, 35.3, 37.0, 34.8, 36.3, 35.9, 35.5, 34.6],
    ]
)
AP50_AT_100 = 19.0

PRIOR_SD = 0.5
NOISE_SD = 0.5
LENGTH = 0.15
FREE_SD = 10.0


def automatic_target(labeled_images: int) -> float:
    """What was best in the paper at this many labeled images, in [0, 1]."""
    return float(np.interp(labeled_images, LABELED, BETAS[AP50.argmax(axis=1)]))


def learned_target(rounds: Sequence[RoundOutcome], labeled_images: int) -> float:
    """The centre of the band that is worth most by the rounds so far, in [0, 1]; without any, the automatic target.

    Args:
        rounds: oldest first; those that bought no scored image say nothing.
        labeled_images: how many are labeled now.
    """
    telling = [(number, one) for number, one in enumerate(rounds, 1) if one.scores and one.seconds > 0]
    if not telling:
        return automatic_target(labeled_images)
    rates = np.array([one.gain / one.seconds for _, one in telling])
    scale = np.sqrt(np.mean(rates**2))
    seen = np.array([[1.0, np.log(number), *band_shares(one.scores)] for number, one in telling])
    worth = _posterior_mean(seen, rates / (scale or 1.0), prior_worth(labeled_images))
    return float(BETAS[worth.argmax()])


def band_shares(scores: Sequence[float]) -> Floats:
    """(11,) share of scores in [0, 1] nearest to each beta."""
    counts = np.bincount(np.rint(np.array(scores) * 10).astype(np.int64), minlength=len(BETAS))
    return np.asarray(counts / len(scores), np.float64)


def prior_worth(labeled_images: int) -> Floats:
    """(11,) what the paper's Table 4 gained in each band at this many labels, relative to the mean, less 1."""
    gained = np.array([np.interp(labeled_images, LABELED, column) for column in AP50.T], np.float64) - AP50_AT_100
    worth: Floats = gained / gained.mean() - 1
    return worth


def _posterior_mean(seen: Floats, rates: Floats, prior: Floats) -> Floats:
    """(11,) worth of the bands, given (r, 2 + 11) rounds and their (r,) rates."""
    mean = np.concatenate([[0.0, 0.0], prior])
    covariance = np.diag([FREE_SD**2, FREE_SD**2, *np.zeros(len(BETAS))])
    covariance[2:, 2:] = PRIOR_SD**2 * np.exp(-(((BETAS[:, None] - BETAS) / LENGTH) ** 2) / 2)
    told = seen @ covariance @ seen.T + NOISE_SD**2 * np.eye(len(rates))
    return (mean + covariance @ seen.T @ np.linalg.solve(told, rates - seen @ mean))[2:]
