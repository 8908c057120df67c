"""Labels that say where they are unknown, from two refinements of the same maps: one sure of objects, one of ground.

Each is (H, W) int32: 0 for the ground, 1 + class index, 255 for unknown. What a network of affinities or of edges
learns from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument
from models.refinement.crf.refiner import irn_refiner, psa_refiner
from models.refinement.face import GROUND, UNKNOWN, MapsToRefine, class_labels

Labels = NDArray[np.int32]
NO_SCORE = 1e-5  # less than this of every label: outside of a picture


@dataclass(frozen=True)
class SeedScores:
    """How likely each label of each pixel is by PSA's two refinements.

    Args:
        classes: class indices of n maps.
        rows: (2, n + 1, H, W) float in [0, 1]: beside much ground, then beside little; of each, the ground's first.
            All are 0 outside of a picture.

    Raises:
        InvalidArgument: the rows are not of so many classes.
    """

    classes: tuple[int, ...]
    rows: NDArray[np.floating]

    def __post_init__(self) -> None:
        if self.rows.ndim != 4 or self.rows.shape[:2] != (2, len(self.classes) + 1):
            raise InvalidArgument(f"scores {self.rows.shape} are not of {len(self.classes)} classes", field="rows")

    def labels(self) -> Labels:
        """(H, W): the likeliest of each pixel, see `join_psa_labels`."""
        sure, possible = (class_labels(rows.argmax(axis=0), self.classes) for rows in self.rows)
        return join_psa_labels(sure, possible, self.rows.max(axis=(0, 1)) >= NO_SCORE)

    def averaged(self, cell: int) -> SeedScores:
        """Of cells of `cell` x `cell` pixels, which fill the picture; what is outside of it counts as 0."""
        height, width = (length // cell for length in self.rows.shape[2:])
        cells = self.rows.reshape(*self.rows.shape[:2], height, cell, width, cell)
        return SeedScores(self.classes, cells.mean(axis=(3, 5), dtype=np.float32))


def irn_labels(image: NDArray[np.uint8], maps: MapsToRefine, conf_fg: float = 0.30, conf_bg: float = 0.05) -> Labels:
    """What IRN learns from (Ahn, Cho, Kwak, CVPR 2019): its CRF beside a high threshold and beside a low one.

    AdvCAM takes .35 and .15, RIB .35 and .17, W-OoD .30 and .15.

    Args:
        image: (H, W, 3) uint8 RGB.
        maps: of the image.
        conf_fg, conf_bg: thresholds in [0, 1] above which an object is sure, and below which the ground is.
    """
    sure = irn_refiner(conf_fg).refine(image, maps).labels
    possible = irn_refiner(conf_bg).refine(image, maps).labels
    return join_irn_labels(sure, possible)


def psa_scores(
    image: NDArray[np.uint8], maps: MapsToRefine, alpha_low: float = 4.0, alpha_high: float = 32.0
) -> SeedScores:
    """What PSA learns from (Ahn, Kwak, CVPR 2018): its CRF beside much ground and beside little.

    PSA averages these over 8 x 8 pixels before it takes the likeliest labels, see
    `models.refinement.affinity.seed_views.pooled_labels`.

    Args:
        image: (H, W, 3) uint8 RGB.
        maps: of the image.
        alpha_low, alpha_high: powers of the ground. At the low one, it is large, so that objects are sure; at the high
            one, it is small, so that ground is sure.
    """
    both = [psa_refiner(alpha).refine(image, maps).probabilities for alpha in (alpha_low, alpha_high)]
    return SeedScores(tuple(maps.classes), np.stack(both))


def psa_labels(
    image: NDArray[np.uint8], maps: MapsToRefine, alpha_low: float = 4.0, alpha_high: float = 32.0
) -> Labels:
    """The likeliest labels of `psa_scores`, pixel by pixel."""
    return psa_scores(image, maps, alpha_low, alpha_high).labels()


def join_irn_labels(sure: Labels, possible: Labels) -> Labels:
    """The class where `sure` has one; ground where both say so; elsewhere unknown.

    Args:
        sure, possible: (H, W), 0 or 1 + class index: with a high threshold and with a low one.
    """
    _check(sure, possible)
    unsure = np.where(possible == GROUND, GROUND, UNKNOWN)
    return np.where(sure != GROUND, sure, unsure).astype(np.int32)


def join_psa_labels(sure: Labels, possible: Labels, known: NDArray[np.bool_] | None = None) -> Labels:
    """Ground where `possible` says so, whatever `sure` says; else the class where `sure` has one; elsewhere unknown.

    Args:
        sure, possible: (H, W), 0 or 1 + class index: with a low alpha and with a high one.
        known: (H, W), False outside of a picture that is cropped, where all is unknown.
    """
    _check(sure, possible)
    labels = np.where(possible == GROUND, GROUND, np.where(sure == GROUND, UNKNOWN, sure))
    if known is not None:
        labels = np.where(known, labels, UNKNOWN)
    return labels.astype(np.int32)


def _check(sure: Labels, possible: Labels) -> None:
    if sure.shape != possible.shape:
        raise InvalidArgument(f"labels {sure.shape} and {possible.shape} are not of one image", field="possible")
