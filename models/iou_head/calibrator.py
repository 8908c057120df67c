"""The product's head: a ridge regression from mask statistics to IoU.

It learns from the labeled images, which the network has seen, as they are and in augmented views, and from images that
a held-out fit left out. The statistics tell a good mask from a bad one alike in all three. But a network does better
on what it has learnt, so columns of their own take that up (measured in
docs/decisions/0006-what-the-head-learns-from.md). IoU is eq. 1 and the image score eq. 2 of Bellver et al.,
*Mask-guided sample selection for semi-supervised instance segmentation*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from maskloop.values import HeadState
from models.iou_head.mask_statistics import CONFIDENCE
from models.training.holdout import MIN_IMAGES

Floats = NDArray[np.float64]
Head = Literal["statistics", "confidence", "unfitted"]
PENALTY = 10.0  # of the ridge, on statistics of unit deviation
MIN_SLOPE = 0.1  # of IoU over confidence
LEAST_SPREAD = 0.003  # deviation that a statistic is taken to have: one that hardly varies here may vary in a pool


class Exposure(IntEnum):
    """How a network knew an image that it predicted."""

    HELD_OUT = 0  # it had not learnt from it
    TRAIN = 1  # it had
    AUGMENTED = 2  # it had, and saw an augmented view


@dataclass(frozen=True)
class CalibrationSet:
    """Masks and how good they are, one row an object.

    Args:
        image_ids: (N,) of the images.
        statistics: (N, K) as `mask_statistics` gives them.
        ious: (N,) true IoU in [0, 1].
        exposure: (N,) int64, a `Exposure` each.
    """

    image_ids: NDArray[np.str_]
    statistics: Floats
    ious: Floats
    exposure: NDArray[np.int64]

    @classmethod
    def join(cls, *parts: CalibrationSet) -> CalibrationSet:
        """All rows of `parts`, in their order."""
        return cls(
            np.concatenate([part.image_ids for part in parts]),
            np.concatenate([part.statistics for part in parts]),
            np.concatenate([part.ious for part in parts]),
            np.concatenate([part.exposure for part in parts]),
        )

    def only(self, chosen: NDArray[np.bool_]) -> CalibrationSet:
        """The rows that `chosen` (N,) names."""
        return CalibrationSet(self.image_ids[chosen], self.statistics[chosen], self.ious[chosen], self.exposure[chosen])

    @property
    def images(self) -> int:
        """Number of images that have a row."""
        return int(np.unique(self.image_ids).size)

    def image_means(self, values: Floats) -> Floats:
        """Mean of each image's rows of `values` (N,), in the order of the ids (Bellver et al., eq. 2)."""
        _, images = np.unique(self.image_ids, return_inverse=True)
        means: Floats = np.bincount(images, weights=values) / np.bincount(images)
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

    @property
    def is_fitted(self) -> bool:
        """Whether what it gives is a predicted IoU; else it is raw confidence."""
        return self.head != "unfitted"

    def predict(self, statistics: Floats) -> Floats:
        """(..., K) statistics to (...) predicted IoU in [0, 1]; unfitted, to confidence."""
        predicted: Floats = np.clip(statistics @ np.array(self.weights) + self.intercept, 0.0, 1.0)
        return predicted

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dict; `from_dict` reads it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(values["head"], tuple(values["weights"]), values["intercept"])


def fit_on_statistics(rows: CalibrationSet) -> Calibrator:
    """Ridge regression of IoU on all statistics; the level is that of images the network has not learnt from.

    How much better learnt images do is shrunk as every weight is: few held-out images hardly tell, and the network of a
    held-out fit, with fewer labels, is a little worse than the one the head is for.
    """
    from sklearn.linear_model import Ridge  # takes seconds to import, and only fitting needs it

    centre, spread = rows.statistics.mean(axis=0), rows.statistics.std(axis=0)
    spread = np.maximum(spread, LEAST_SPREAD)
    known = [rows.exposure == exposure for exposure in (Exposure.TRAIN, Exposure.AUGMENTED)]
    design = np.column_stack([(rows.statistics - centre) / spread, *known])
    fitted = Ridge(alpha=PENALTY).fit(design, rows.ious)
    weights = fitted.coef_[: len(centre)] / spread
    return Calibrator("statistics", tuple(weights.tolist()), float(fitted.intercept_ - centre @ weights))


def fit_on_confidence(rows: CalibrationSet) -> Calibrator:
    """Least squares of IoU on confidence, of held-out images if there are any. It never falls, so it ranks alike."""
    held_out = rows.exposure == Exposure.HELD_OUT
    chosen = held_out if held_out.any() else slice(None)
    confidence, ious = rows.statistics[chosen, CONFIDENCE], rows.ious[chosen]
    spread = float(confidence.var())
    slope = max(float(np.cov(confidence, ious, bias=True)[0, 1]) / spread if spread else 1.0, MIN_SLOPE)
    weights = slope * np.eye(rows.statistics.shape[1])[CONFIDENCE]
    return Calibrator("confidence", tuple(weights.tolist()), float((ious - slope * confidence).mean()))


def fit_calibrator(rows: CalibrationSet, state: HeadState) -> Calibrator:
    """The head for these rows: on confidence alone where a held-out fit says that it ranks better."""
    if rows.images < MIN_IMAGES:
        return Calibrator.unfitted(rows.statistics.shape[1])
    return fit_on_confidence(rows) if state is HeadState.CONFIDENCE else fit_on_statistics(rows)
