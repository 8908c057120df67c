"""The product's head: predicted IoU from mask statistics, fitted on masks of images their network never saw.

A network is surest of the images it has learnt, so a head fitted on those promises too much. Here the labeled
images are dealt into folds, every fold is read by a network trained without it, and a ridge regression learns
IoU (Bellver et al., *Mask-guided sample selection for semi-supervised instance segmentation*, eq. 1) from the
statistics of these masks. With few labels a fit ranks worse than the network's plain confidence; the same
held-out masks say when, and then confidence alone is mapped onto IoU.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from models.metrics import mean_absolute_error, spearman
from models.statistics import CONFIDENCE

Floats = NDArray[np.float64]
Head = Literal["statistics", "confidence", "unfitted"]
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)  # of the ridge, on statistics of unit deviation
MIN_SLOPE = 0.1  # of IoU over confidence
PARTS = 5  # of the cross-validation that chooses the penalty and the head
MIN_IMAGES = 8  # with fewer held-out images nothing is fitted


@dataclass(frozen=True)
class Observations:
    """Masks of unseen images and how good they were, one row an object.

    Args:
        image_ids: (N,) of the images; rows of one image are held out together.
        statistics: (N, K) as `mask_statistics` gives them.
        ious: (N,) true IoU in [0, 1].
    """

    image_ids: NDArray[np.str_]
    statistics: Floats
    ious: Floats

    @classmethod
    def join(cls, parts: Sequence[Observations]) -> Observations:
        """All rows of `parts`, in their order."""
        return cls(
            np.concatenate([part.image_ids for part in parts]),
            np.concatenate([part.statistics for part in parts]),
            np.concatenate([part.ious for part in parts]),
        )

    def rows(self, places: NDArray[np.intp]) -> Observations:
        """Some rows only."""
        return Observations(self.image_ids[places], self.statistics[places], self.ious[places])

    @property
    def images(self) -> int:
        """Number of images that have a row."""
        return int(np.unique(self.image_ids).size)

    def image_means(self, values: Floats) -> Floats:
        """Mean of each image's rows of `values` (N,), in the order of the ids (Bellver et al., eq. 2)."""
        _, rows = np.unique(self.image_ids, return_inverse=True)
        means: Floats = np.bincount(rows, weights=values) / np.bincount(rows)
        return means


@dataclass(frozen=True)
class Calibrator:
    """A linear map of K statistics onto IoU.

    Args:
        head: what was fitted: a weight for every statistic, for confidence alone, or none (confidence is then
            passed on as it is).
        weights: K of them.
        intercept: predicted IoU where every statistic is zero.
    """

    head: Head
    weights: tuple[float, ...]
    intercept: float

    @classmethod
    def unfitted(cls, statistics: int) -> Self:
        """Confidence itself, of `statistics` columns."""
        return cls("unfitted", tuple(np.eye(statistics)[CONFIDENCE].tolist()), 0.0)

    def predict(self, statistics: Floats) -> Floats:
        """(..., K) statistics to (...) predicted IoU in [0, 1]."""
        predicted: Floats = np.clip(statistics @ np.array(self.weights) + self.intercept, 0.0, 1.0)
        return predicted

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dict; `from_dict` reads it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(values["head"], tuple(values["weights"]), values["intercept"])


def deal_folds(image_ids: Iterable[str], folds: int, seed: int) -> list[list[str]]:
    """Deal ids into `folds` lists whose sizes differ by one at most, in the order of a seeded hash."""

    def draw(image_id: str) -> bytes:
        return hashlib.sha256(f"{seed}:{image_id}".encode()).digest()

    shuffled = sorted(image_ids, key=draw)
    return [shuffled[fold::folds] for fold in range(folds)]


def fit_calibrator(observed: Observations) -> tuple[Calibrator, dict[str, float]]:
    """Fit both heads and keep the one that ranks held-out images better.

    Returns:
        The head and the evidence: `held_out_images`, and over these `held_out_mae` and `held_out_spearman` of
        the kept head's image scores, and `held_out_spearman_confidence` of confidence alone. What is undefined
        is left out.
    """
    if observed.images < MIN_IMAGES:
        return Calibrator.unfitted(observed.statistics.shape[1]), {"held_out_images": float(observed.images)}
    on_confidence = _evidence(fit_on_confidence, observed)
    on_statistics = {penalty: _evidence(partial(fit_on_statistics, penalty=penalty), observed) for penalty in PENALTIES}
    penalty = min(PENALTIES, key=lambda penalty: on_statistics[penalty]["held_out_mae"])
    ranks = {"held_out_spearman_confidence": on_confidence.get("held_out_spearman", -1.0)}
    if on_statistics[penalty].get("held_out_spearman", -1.0) < ranks["held_out_spearman_confidence"]:
        return fit_on_confidence(observed), on_confidence | ranks
    return fit_on_statistics(observed, penalty), on_statistics[penalty] | ranks


def fit_on_statistics(observed: Observations, penalty: float) -> Calibrator:
    """Ridge regression of IoU on all statistics, each brought to unit deviation."""
    centre, spread = observed.statistics.mean(axis=0), observed.statistics.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    fitted = Ridge(alpha=penalty).fit((observed.statistics - centre) / spread, observed.ious)
    weights = fitted.coef_ / spread
    return Calibrator("statistics", tuple(weights.tolist()), float(fitted.intercept_ - centre @ weights))


def fit_on_confidence(observed: Observations) -> Calibrator:
    """Least squares of IoU on confidence; never falling, so that the ranking is confidence's own."""
    confidence = observed.statistics[:, CONFIDENCE]
    spread = float(confidence.var())
    slope = float(((confidence - confidence.mean()) * observed.ious).mean()) / spread if spread else 1.0
    slope = max(slope, MIN_SLOPE)
    weights = slope * np.eye(observed.statistics.shape[1])[CONFIDENCE]
    return Calibrator("confidence", tuple(weights.tolist()), float((observed.ious - slope * confidence).mean()))


def held_out(fit: Callable[[Observations], Calibrator], observed: Observations) -> Floats:
    """(N,) predicted IoU of every row by a head that was fitted without its image."""
    predicted = np.empty_like(observed.ious)
    for seen, unseen in GroupKFold(PARTS).split(observed.statistics, groups=observed.image_ids):
        predicted[unseen] = fit(observed.rows(seen)).predict(observed.statistics[unseen])
    return predicted


def _evidence(fit: Callable[[Observations], Calibrator], observed: Observations) -> dict[str, float]:
    predicted = observed.image_means(held_out(fit, observed))
    true = observed.image_means(observed.ious)
    evidence = {"held_out_images": float(true.size), "held_out_mae": mean_absolute_error(predicted, true)}
    rank = spearman(predicted, true)
    return evidence if rank is None else evidence | {"held_out_spearman": rank}
