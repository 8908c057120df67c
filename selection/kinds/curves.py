"""How the two factors of panoptic quality grow with labels of several kinds, and what is believed of it beforehand.

PQ = RQ * SQ (Kirillov et al., *Panoptic segmentation*, CVPR 2019, eq. 2): recognition, what is found, by segmentation,
how well what is found is outlined. Each factor follows a saturating power law (the usual form of learning curves, as in
Viering and Loog, *The shape of learning curves*, 2021, Table 1, POW3) of an effective number of outlined images:

    E = n_full + sum over weaker kinds k of w_k n_k
    Q(E) = floor + (ceiling - floor) (1 - (1 + E / scale)^-exponent)

An image of a weaker kind is worth w_k outlined ones, with a w_k for each factor: boxes tell what is there nearly as
outlines do, and little of how far it goes. Segmentation quality is a mean of IoUs above .5, hence its floor.

Beliefs are independent standard normals z, transformed into parameters. Their medians are set so that the 24 networks
of docs/results/mixed_kinds.jsonl lie inside: three sets, of which boxes come out as worth .7, .7 and .2 outlines for
recognition, and .15 to .3 for segmentation. They are wide, as three sets are few. The scale is off by a factor of 2.7,
and one campaign in seven has boxes that are worth less than a tenth for recognition.
`python -m benchmarks kinds --lines FILE` fits the curves again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskloop.values import SupervisionKind

Floats = NDArray[np.float64]
SHAPE = 3
"""Parameters of a curve before its weights: ceiling, scale, exponent."""


@dataclass(frozen=True)
class Belief:
    """What is believed of a number: its median, and the deviation of its logarithm, or of its log-odds in (0, 1)."""

    median: float
    deviation: float

    def positive(self, z: Floats) -> Floats:
        """Log-normal values of standard normals."""
        return np.asarray(self.median * np.exp(self.deviation * z), np.float64)

    def share(self, z: Floats) -> Floats:
        """Logit-normal values in (0, 1) of standard normals."""
        odds = self.median / (1 - self.median) * np.exp(self.deviation * z)
        return np.asarray(odds / (1 + odds), np.float64)


@dataclass(frozen=True)
class Factor:
    """One factor of panoptic quality.

    Args:
        floor: its value without labels, in [0, 1).
        room: which share of what lies above the floor it can reach.
        scale: in outlined images.
        exponent: how fast it saturates.
        weights: of weaker kinds, in outlined images an image.
        noise: standard deviation between what two trainings on the same labels measure, and of what no curve tells.
    """

    floor: float
    room: Belief
    scale: Belief
    exponent: Belief
    weights: Mapping[SupervisionKind, Belief]
    noise: float

    def weight(self, kind: SupervisionKind) -> Belief:
        """Of a weaker kind; of one that nobody has measured, about as much as a box, and less surely."""
        return self.weights.get(kind, UNKNOWN_WEIGHT)


UNKNOWN_WEIGHT = Belief(0.2, 2.0)
RECOGNITION = Factor(
    floor=0.0,
    room=Belief(0.8, 1.0),
    scale=Belief(7.0, 1.0),
    exponent=Belief(0.8, 0.4),
    weights={SupervisionKind.BOXES: Belief(0.5, 2.0)},
    noise=0.05,
)
SEGMENTATION = Factor(
    floor=0.6,
    room=Belief(0.6, 0.8),
    scale=Belief(8.0, 1.0),
    exponent=Belief(0.8, 0.4),
    weights={SupervisionKind.BOXES: Belief(0.12, 2.0)},
    noise=0.02,
)
"""Together their noise moves panoptic quality by .04: a training moves it by .036 (docs/results/mixed_kinds.md)."""


@dataclass(frozen=True)
class Curves:
    """Curves of one factor, a row each.

    Args:
        floor: of the factor.
        ceiling, scale, exponent: (n,).
        weights: (n, K) of the weaker kinds, in their order.
    """

    floor: float
    ceiling: Floats
    scale: Floats
    exponent: Floats
    weights: Floats

    @classmethod
    def of(cls, factor: Factor, kinds: tuple[SupervisionKind, ...], z: Floats) -> Curves:
        """The curves of (n, 3 + K) standard normals."""
        beliefs = [factor.weight(kind) for kind in kinds]
        weights = [belief.share(z[:, SHAPE + place]) for place, belief in enumerate(beliefs)]
        return cls(
            factor.floor,
            factor.floor + (1 - factor.floor) * factor.room.share(z[:, 0]),
            factor.scale.positive(z[:, 1]),
            factor.exponent.positive(z[:, 2]),
            np.stack(weights, axis=1) if weights else np.zeros((len(z), 0)),
        )

    def quality(self, full: Floats, weak: Floats) -> Floats:
        """(s, n) value of the factor at s stocks: (s,) outlined images, (s, K) images of the weaker kinds."""
        effective = full[:, None] + weak @ self.weights.T
        grown = 1 - (1 + effective / self.scale) ** -self.exponent
        return np.asarray(self.floor + (self.ceiling - self.floor) * grown, np.float64)
