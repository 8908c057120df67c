"""What is known of the images that may be chosen, gathered once for each model version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument

Floats = NDArray[np.float64]
ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class RoundOutcome:
    """What one round's labels did.

    Args:
        scores: predicted IoUs in [0, 1] of the images that were bought, when they were chosen.
        gain: by how much the network's quality, in [0, 1], rose from before them to after, on images drawn at random.
        seconds: of annotator time that they cost.
    """

    scores: tuple[float, ...]
    gain: float
    seconds: float


@dataclass(frozen=True)
class ObjectIous:
    """Predicted IoUs of the proposals of n images: `lengths` (n,) how many each has, `ious` (their sum,) in [0, 1] one
    image after another."""

    lengths: NDArray[np.int64]
    ious: Floats

    def taken(self, rows: NDArray[np.int64]) -> ObjectIous:
        """Those of some images, in that order."""
        lengths = self.lengths[rows]
        before = np.cumsum(self.lengths) - self.lengths
        steps = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return ObjectIous(lengths, self.ious[np.repeat(before[rows], lengths) + steps])

    def sums(self, of: Floats) -> Floats:
        """(n,) sums over each image's proposals of values in the order of `ious`."""
        image = np.repeat(np.arange(len(self.lengths)), self.lengths)
        return np.bincount(image, of, minlength=len(self.lengths)).astype(np.float64)


@dataclass(frozen=True)
class Pool:
    """n images, a row each; a column that no strategy asked for is `None`.

    Args:
        ids: (n,) bytes, distinct, ascending.
        scores: (n,) predicted IoU in [0, 1].
        object_ious: of every proposal.
        uncertainty: "entropy", "margin" and "least_confidence" to (n,) in [0, 1], larger where less is certain.
        dropout: (n,) mean deviation of the masks over stochastic readings, 0 or more.
        features: (n, D) float32 of the encoder.
        labeled_features: (m, D) float32 of the images that are labeled.
        counts: (n, C) int32 objects of each category, -1 throughout where an image was not counted.
        costs_s: (n,) expected seconds of a full label, reviewed or drawn, more than 0.
        labeled_images: how many images the model that scored has learnt from.
        rounds: what earlier rounds of the campaign bought, oldest first.

    Raises:
        InvalidArgument: a column has another length, or a value is no number; names the image.
    """

    ids: NDArray[np.bytes_]
    scores: Floats | None = None
    object_ious: ObjectIous | None = None
    uncertainty: Mapping[str, Floats] = field(default_factory=dict)
    dropout: Floats | None = None
    features: NDArray[np.float32] | None = None
    labeled_features: NDArray[np.float32] | None = None
    counts: NDArray[np.int32] | None = None
    costs_s: Floats | None = None
    labeled_images: int = 0
    rounds: tuple[RoundOutcome, ...] = ()

    def __post_init__(self) -> None:
        repeated = np.flatnonzero(self.ids[1:] == self.ids[:-1])
        if repeated.size:
            raise InvalidArgument(f"image {self.ids[repeated[0]].decode()} is a candidate twice")
        columns = {"score": self.scores, "dropout": self.dropout, "cost": self.costs_s, "feature": self.features}
        for name, column in {**columns, **self.uncertainty}.items():
            if column is not None:
                self._check(name, column)
        if self.object_ious is not None:
            self._check("sum of predicted IoUs", self.object_ious.sums(self.object_ious.ious))

    def __len__(self) -> int:
        return len(self.ids)

    def _check(self, name: str, column: NDArray[np.floating]) -> None:
        if len(column) != len(self):
            raise InvalidArgument(f"{len(self)} image ids came with {len(column)} {name}s")
        for start in range(0, len(self), ROWS_AT_ONCE):  # a copy of all features would not fit
            rows = column[start : start + ROWS_AT_ONCE].reshape(min(ROWS_AT_ONCE, len(self) - start), -1)
            wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
            if wrong.size:
                image, value = self.ids[start + wrong[0]].decode(), rows[wrong[0]]
                raise InvalidArgument(
                    f"image {image} has the {name} {value[~np.isfinite(value)][0]}, which is no number"
                )
