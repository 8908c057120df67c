"""Losses of the network on frozen features, as pure functions of tensors."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST = 1e-3  # of a distance, in image sides


def semantic_loss(logits: Tensor, targets: Tensor, told: Tensor) -> Tensor:
    """Twice the mean binary cross-entropy of every class's cells (B, C, s, s) over those that are told (B, C, s, s)."""
    each = F.binary_cross_entropy_with_logits(logits, targets, reduction="none") * told
    return (each.mean(dim=1) * 2).sum() / (told.sum() / told.shape[1]).clamp(min=1)


def somewhere_loss(logits: Tensor, somewhere: Tensor, known: Tensor) -> Tensor:
    """Of classes that an image shows and nobody said where: minus the logarithm of the largest probability of a cell.

    Multiple-instance learning, as of Pathak et al., *Fully convolutional multi-class multiple instance learning*, 2015.

    Args:
        logits: (B, C, s, s); somewhere: (B, C) bool; known: (B, s, s) bool. 0 where nothing is somewhere.
    """
    largest = logits.masked_fill(~known[:, None], -torch.inf).flatten(2).amax(dim=2)[somewhere]
    return -F.logsigmoid(largest).sum() / max(1, len(largest))


def centre_loss(logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
    """Focal loss with fewer reproaches near a centre (Zhou et al., Objects as points, eq. 1), over the centres."""
    probabilities = logits.sigmoid()
    at_centre = targets == 1
    hit = (1 - probabilities).square() * F.logsigmoid(logits)
    spared = (1 - targets) ** 4 * probabilities.square() * F.logsigmoid(-logits)
    return -(torch.where(at_centre, hit, spared) * known[:, None]).sum() / at_centre.sum().clamp(min=1)


def box_loss(logarithms: Tensor, distances: Tensor) -> Tensor:
    """Of distances to the four sides: mean absolute difference of logarithms, and 1 - IoU of the boxes.

    Args:
        logarithms: (M, 4) as the network gives them, without its unit.
        distances: (M, 4) true ones in image sides.
    """
    if not len(distances):
        return logarithms.sum() * 0
    wanted = distances.clamp(min=SMALLEST)
    said = logarithms.exp()
    ratio = (logarithms - wanted.log()).abs().mean()
    both = torch.minimum(said, wanted)
    overlap = (both[:, 0] + both[:, 2]) * (both[:, 1] + both[:, 3])
    union = (said[:, 0] + said[:, 2]) * (said[:, 1] + said[:, 3]) + (wanted[:, 0] + wanted[:, 2]) * (
        wanted[:, 1] + wanted[:, 3]
    )
    return ratio + (1 - overlap / (union - overlap).clamp(min=1e-9)).mean()


def box_mask_loss(logits: Tensor, regions: Tensor, boxes: Tensor) -> Tensor:
    """Of masks of objects of which no more than a box is known: each of the box's rows and columns holds a part of it.

    1 - Dice of the largest probability of each row with the rows of the box, and of columns likewise (Tian et al.,
    *BoxInst*, 2021, eq. 2): nothing lies outside the box, and the mask reaches its four sides. 0 without a region.

    Args:
        logits: (N, R, R); regions: (N, 4) that they are of; boxes: (N, 4) of the objects; in image sides.
    """
    if not len(logits):
        return logits.sum() * 0
    places = (torch.arange(logits.shape[-1], device=logits.device, dtype=logits.dtype) + 0.5) / logits.shape[-1]
    shown, total = logits.sigmoid(), logits.new_zeros(len(logits))
    for axis, dim in ((0, 1), (1, 2)):  # the columns' largest values lie along x
        low, high = regions[:, axis, None], regions[:, axis + 2, None]
        at = low + places * (high - low)
        wanted = ((at >= boxes[:, axis, None]) & (at <= boxes[:, axis + 2, None])).to(logits.dtype)
        largest = shown.amax(dim=dim)
        both = (largest * wanted).sum(dim=1)
        total = total + 1 - (2 * both + 1) / (largest.square().sum(dim=1) + wanted.sum(dim=1) + 1)
    return total.mean()


def mask_loss(logits: Tensor, targets: Tensor, ignored: Tensor | None = None) -> Tensor:
    """Binary cross-entropy and 1 - soft IoU of regions (N, R, R), targets in [0, 1]; 0 without a region.

    Cells that are `ignored` (N, R, R), bool, do not count; `None` for none.
    """
    if not len(logits):
        return logits.sum() * 0
    if ignored is None:
        entropy, shown = F.binary_cross_entropy_with_logits(logits, targets), logits.sigmoid()
    else:
        targets = targets.masked_fill(ignored, 0)
        each = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").masked_fill(ignored, 0)
        entropy = each.sum() / (~ignored).sum().clamp(min=1)
        shown = logits.sigmoid().masked_fill(ignored, 0)
    both = (shown * targets).sum(dim=(1, 2))
    either = (shown + targets - shown * targets).sum(dim=(1, 2))
    return entropy + (1 - (both + 1) / (either + 1)).mean()
