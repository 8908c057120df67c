"""Regions that nobody knows about are left out of a mask's loss, and filled by what the network is sure of.

The chapter on BBAM of Lee, *Label-efficient learning for object recognition*, 2023, as in the authors' program: at
28 x 28 cells, one step an iteration, always from the masks as they were given.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def grow_known(
    tight: Tensor, loose: Tensor, probabilities: Tensor, sure_of_object: float = 0.9, sure_of_ground: float = 0.1
) -> tuple[Tensor, Tensor]:
    """Cells of objects and of ground, (n, S, S) bool each; the rest is not known.

    Objects are tight masks and where the network is surer than `sure_of_object`, but not where ground was given; ground
    likewise, below `sure_of_ground`. A cell stays if one of its 8 neighbours is of the same kind.

    Args:
        tight, loose: (n, S, S) bool, a tight mask within its loose one; ground is outside of the latter.
        probabilities: (n, S, S) in [0, 1].
    """
    objects = (tight | (probabilities > sure_of_object)) & loose
    ground = (~loose | (probabilities < sure_of_ground)) & ~tight
    return _accompanied(objects), _accompanied(ground)


def known_loss(logits: Tensor, objects: Tensor, ground: Tensor) -> Tensor:
    """Binary cross-entropy, averaged over all cells of objects and over all of ground, and the two averaged; a scalar.

    0 where either is nowhere.

    Args:
        logits: (n, S, S) float.
        objects, ground: (n, S, S) bool.
    """
    if not objects.any() or not ground.any():
        return logits.sum() * 0
    loss: Tensor = (F.softplus(-logits[objects]).mean() + F.softplus(logits[ground]).mean()) / 2
    return loss


def _accompanied(cells: Tensor) -> Tensor:
    """Without those that have none of theirs around."""
    around = torch.ones(1, 1, 3, 3, device=cells.device)
    around[0, 0, 1, 1] = 0
    neighbours = F.conv2d(cells[:, None].float(), around, padding=1)[:, 0]
    return cells & (neighbours > 0.5)
