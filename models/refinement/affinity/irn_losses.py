"""IRN's losses of edges and displacements, by pairs of cells at stride 4.

Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with inter-pixel relations*, CVPR 2019, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.refinement.affinity.pairs import LEAST, PairLabels, affinity_losses, pair_labels
from models.refinement.affinity.paths import at_offset, neighbour_offsets, path_affinity


@dataclass(frozen=True)
class IrnLosses:
    """Scalars.

    Args:
        positive: of affinities of alike pairs, background / 2 + foreground / 2.
        negative: of affinities of unlike pairs.
        foreground_displacement: mean |(D_source - D_other) - offset| of pairs of a class: both point to one place.
        background_displacement: mean |D_source - D_other| of pairs of ground.
    """

    positive: Tensor
    negative: Tensor
    foreground_displacement: Tensor
    background_displacement: Tensor

    @property
    def total(self) -> Tensor:
        """What is trained."""
        return (self.positive + self.negative) / 2 + (self.foreground_displacement + self.background_displacement) / 2


def irn_losses(edge_logits: Tensor, displacement: Tensor, labels: Tensor, radius: int) -> IrnLosses:
    """The losses of a batch.

    Args:
        edge_logits: (B, 1, h, w).
        displacement: (B, 2, h, w), rows down and columns to the right, in cells.
        labels: (B, h, w) integers: 0 ground, 1 + class index, 255 unknown.
        radius: pairs are nearer than so many cells.
    """
    pairs = pair_labels(labels, radius)
    of_edges = affinity_losses(path_affinity(torch.sigmoid(edge_logits.float()[:, 0]), radius), pairs)
    foreground, background = displacement_losses(displacement.float(), pairs, radius)
    return IrnLosses(of_edges.background / 2 + of_edges.foreground / 2, of_edges.negative, foreground, background)


def displacement_losses(displacement: Tensor, pairs: PairLabels, radius: int) -> tuple[Tensor, Tensor]:
    """Of pairs of a class and of pairs of ground: sums over both coordinates divided by (2 * count + 1e-5)."""
    source = at_offset(displacement, (0, 0), radius)
    of_class, of_ground = [], []
    for place, offset in enumerate(neighbour_offsets(radius)):
        apart = source - at_offset(displacement, offset, radius)
        target = torch.tensor(offset, dtype=apart.dtype, device=apart.device).view(1, 2, 1, 1)
        of_class.append(((apart - target).abs() * pairs.foreground[:, None, place]).sum())
        of_ground.append((apart.abs() * pairs.background[:, None, place]).sum())
    foreground, background = torch.stack(of_class).sum(), torch.stack(of_ground).sum()
    return (
        foreground / (2 * pairs.foreground.sum() + LEAST),
        background / (2 * pairs.background.sum() + LEAST),
    )
