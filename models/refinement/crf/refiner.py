"""Class maps refined by a dense CRF alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from models.refinement.crf.mean_field import IRN, PSA, CrfSettings, Sums, mean_field
from models.refinement.crf.unaries import clipped_unary, hard_unary
from models.refinement.face import (
    ConstantGround,
    Ground,
    MapsToRefine,
    PoweredGround,
    Refined,
    Refiner,
    check_maps,
    class_labels,
)


@dataclass(frozen=True)
class CrfRefiner(Refiner):
    """The ground and the maps as a CRF's costs; each pixel gets its likeliest label, none is unknown.

    Args:
        ground: beside the maps.
        settings: of the CRF.
        unary: "clipped" takes the maps for probabilities; "hard" the largest of each pixel for its label. See
            `models.refinement.crf.unaries`.
        sums: see `models.refinement.crf.mean_field.mean_field`.
        device: where exact sums are computed; the CPU without one.
    """

    ground: Ground
    settings: CrfSettings
    unary: Literal["clipped", "hard"] = "clipped"
    sums: Sums = "lattice"
    device: torch.device | None = None

    def refine(self, image: NDArray[np.uint8], maps: MapsToRefine) -> Refined:
        """See `Refiner.refine`."""
        check_maps(image, maps)
        evidence = self.ground.before(maps.whole.detach().float().cpu()).numpy()
        cost = (
            clipped_unary(evidence) if self.unary == "clipped" else hard_unary(evidence.argmax(axis=0), len(evidence))
        )
        probabilities = mean_field(cost, image, self.settings, sums=self.sums, device=self.device)
        return Refined(maps.classes, class_labels(probabilities.argmax(axis=0), maps.classes), probabilities)


def irn_refiner(threshold: float) -> CrfRefiner:
    """IRN's: a constant ground, hard labels (Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with
    inter-pixel relations*, CVPR 2019)."""
    return CrfRefiner(ConstantGround(threshold), IRN, "hard")


def psa_refiner(alpha: float) -> CrfRefiner:
    """PSA's: a ground by its power (Ahn, Kwak, *Learning pixel-level semantic affinity with image-level supervision*,
    CVPR 2018)."""
    return CrfRefiner(PoweredGround(alpha), PSA)
