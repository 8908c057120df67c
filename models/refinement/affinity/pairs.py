"""What seed labels say of pairs of cells, and the losses of their affinities, as PSA and IRN share them.

Ahn, Kwak, *Learning pixel-level semantic affinity*, CVPR 2018, section 3.2; Ahn, Cho, Kwak, *Weakly supervised learning
of instance segmentation with inter-pixel relations*, CVPR 2019, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.refinement.affinity.paths import at_offset, neighbour_offsets

UNKNOWN = 255
LEAST = 1e-5  # added to counts, and to what a logarithm is taken of


@dataclass(frozen=True)
class PairLabels:
    """Which pairs are known to be alike or not, (B, K, h', w') bool each, as `paths` orders pairs.

    Args:
        background: both cells are ground. The authors of PSA do not ask here whether both are known; there is no need
            to, since both are 0.
        foreground: both are of the same class.
        negative: both are known, and of different labels.
    """

    background: Tensor
    foreground: Tensor
    negative: Tensor


def pair_labels(labels: Tensor, radius: int) -> PairLabels:
    """Of (B, H, W) integer labels: 0 ground, 1 + class index, 255 unknown."""
    source = at_offset(labels, (0, 0), radius)[:, None]
    other = torch.stack([at_offset(labels, offset, radius) for offset in neighbour_offsets(radius)], dim=1)
    same, known = source == other, (source != UNKNOWN) & (other != UNKNOWN)
    return PairLabels(same & (source == 0), same & known & (source != 0), ~same & known)


@dataclass(frozen=True)
class AffinityLosses:
    """Scalars: means of -log(W + 1e-5) over pairs that are alike, of -log(1 + 1e-5 - W) over those that are not.

    Args:
        background, foreground, negative: of the pairs that `PairLabels` names so.
        positive: of background and foreground pairs together.
    """

    background: Tensor
    foreground: Tensor
    negative: Tensor
    positive: Tensor


def affinity_losses(affinity: Tensor, pairs: PairLabels) -> AffinityLosses:
    """Of (B, K, h', w') affinities in [0, 1]. A mean is a sum divided by (count + 1e-5), so that of no pair is 0."""
    alike, unlike = -torch.log(affinity + LEAST), -torch.log(1 + LEAST - affinity)
    return AffinityLosses(
        mean_over(alike, pairs.background),
        mean_over(alike, pairs.foreground),
        mean_over(unlike, pairs.negative),
        mean_over(alike, pairs.background | pairs.foreground),
    )


def mean_over(values: Tensor, chosen: Tensor) -> Tensor:
    """Of the chosen (bool) values, their sum divided by (count + 1e-5)."""
    return (values * chosen).sum() / (chosen.sum() + LEAST)
