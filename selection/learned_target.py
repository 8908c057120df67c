"""The target IoU by itself: from the literature at first, then from what a campaign's own rounds gained.

Automatic: the best beta of Bellver et al., *Mask-guided sample selection for semi-supervised instance segmentation*,
Table 4 (predicted scores), at as many labels.

Learned: Bayesian linear regression (Bishop, *Pattern recognition and machine learning*, section 3.3) of each round's
gain per second on the shares of its images in eleven bands of predicted IoU, centred on the paper's betas 0, 0.1 to 1:

A round's gain is measured on images drawn at random, a share of every batch (`selection.random_share`), by what the
networks before and after it proposed on them unlabeled:

    gain per second / its root mean square = level + trend * log(round) + sum over bands of share * utility + noise

The prior of the bands' utilities is an inverted U about the automatic target, PRIOR_PEAK high: in Table 4 the best beta
gains 0.9, 0.3 and 0.2 of the mean gain more than the mean beta, at 200, 400 and 800 labels. The covariance of two bands
is PRIOR_SD^2 exp(-(their distance / LENGTH)^2 / 2), so what a band teaches holds for its neighbours. Level and trend
are nearly free, since later rounds gain less whatever they buy: only rounds that bought different bands tell bands
apart. One such round is worth about as much as the prior, as PRIOR_SD and NOISE_SD are equal. The paper's betas cost
the same number of images, not of seconds: they are where to start, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from selection.pool import Floats, RoundOutcome

LABELED = (200.0, 400.0, 800.0)
BEST_BETA = (0.3, 0.6, 0.5)

Seen = TypeVar("Seen")
"""What a network made of one image."""
BANDS = np.linspace(0, 1, 11)
PRIOR_PEAK = 0.3
PRIOR_SD = 0.5
NOISE_SD = 0.5
LENGTH = 0.2
FREE_SD = 10.0


def automatic_target(labeled_images: int) -> float:
    """What was best in the paper at this many labeled images, in [0, 1]."""
    return float(np.interp(labeled_images, LABELED, BEST_BETA))


def learned_target(rounds: Sequence[RoundOutcome], labeled_images: int) -> float:
    """The centre of the band of highest utility by the rounds so far, in [0, 1]; without any, the automatic target.

    Args:
        rounds: oldest first; those that bought no scored image say nothing.
        labeled_images: how many are labeled now.
    """
    telling = [(number, bought) for number, bought in enumerate(rounds, 1) if bought.scores and bought.seconds > 0]
    start = automatic_target(labeled_images)
    if not telling:
        return start
    rates = np.array([bought.gain / bought.seconds for _, bought in telling])
    scale = float(np.sqrt(np.mean(rates**2))) or 1.0
    seen = np.array([[1.0, np.log(number), *band_shares(bought.scores)] for number, bought in telling])
    return float(BANDS[_utilities(seen, rates / scale, start).argmax()])


def paired_gain(
    before: Mapping[str, Seen], after: Mapping[str, Seen], quality: Callable[[Mapping[str, Seen]], float]
) -> float | None:
    """By how much quality rose on the images that both networks saw; `None` where there is none.

    Args:
        before, after: what each made of images by id, drawn at random. On images that a strategy chose, choosing easier
            ones looks like a gain.
        quality: in [0, 1], of what a network made of some images.
    """
    shared = sorted(before.keys() & after.keys())
    if not shared:
        return None
    return quality({image: after[image] for image in shared}) - quality({image: before[image] for image in shared})


def band_shares(scores: Sequence[float]) -> Floats:
    """(11,) share of scores in [0, 1] nearest to each band's centre."""
    counts = np.bincount(np.rint(np.array(scores) * 10).astype(np.int64), minlength=len(BANDS))
    return np.asarray(counts / len(scores), np.float64)


def _utilities(seen: Floats, rates: Floats, start: float) -> Floats:
    """(11,) posterior mean of the bands' utilities, given (r, 2 + 11) rounds and their (r,) rates."""
    mean = np.concatenate([[0.0, 0.0], PRIOR_PEAK * _closeness(BANDS - start)])
    covariance = np.diag([FREE_SD**2, FREE_SD**2, *np.zeros(len(BANDS))])
    covariance[2:, 2:] = PRIOR_SD**2 * _closeness(BANDS[:, None] - BANDS)
    told = seen @ covariance @ seen.T + NOISE_SD**2 * np.eye(len(rates))
    return np.asarray(mean + covariance @ seen.T @ np.linalg.solve(told, rates - seen @ mean), np.float64)[2:]


def _closeness(distances: Floats) -> Floats:
    return np.asarray(np.exp(-((distances / LENGTH) ** 2) / 2), np.float64)
