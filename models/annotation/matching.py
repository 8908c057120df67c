"""Which object each step is to draw, or drew: Hungarian matching.

RSIS matches steps and objects by soft IoU (Salvador et al., section 3.3); a step that was fed a class may only draw an
object of that class (Bellver et al., section 3.2).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.annotation.losses import EPSILON

FORBIDDEN = 10.0  # cost of a step and an object of different classes, or that are not there


@torch.no_grad()
def match_objects(logits: Tensor, classes: Tensor, masks: Tensor) -> Tensor:
    """The objects' places in the order of the steps that draw them.

    Args:
        logits: (B, T, S, S) mask logits of the steps.
        classes: (B, T) int64 class of each step and, as both are in the same order, of each object; -1 for none.
        masks: (B, T, S, S) bool objects.

    Returns:
        (B, T) int64: step t of image b draws object `result[b, t]`.
    """
    same = (classes[:, :, None] == classes[:, None, :]) & (classes >= 0)[:, :, None]
    costs = torch.where(same, 1 - soft_iou_of_pairs(logits.float().sigmoid(), masks.float()), FORBIDDEN).cpu().numpy()
    order = np.zeros(costs.shape[:2], dtype=np.int64)
    for row, image in enumerate(costs):
        order[row] = _pairs(image)[1]
    return torch.from_numpy(order).to(logits.device)


@torch.no_grad()
def match_across_classes(logits: Tensor, masks: Tensor, there: Tensor) -> Tensor:
    """The objects' places in the order of the steps that draw them, where no step is fed a class.

    Of n objects, the first n steps draw one each, in whatever order fits best.

    Args:
        logits: (B, T, S, S) mask logits of the steps.
        masks: (B, N, S, S) bool objects.
        there: (B, N) bool, those of an image first.

    Returns:
        (B, T) int64: step t of image b draws object `result[b, t]`, -1 for none.
    """
    ious = soft_iou_of_pairs(logits.float().sigmoid(), masks.float()).cpu().numpy()
    order = np.full(ious.shape[:2], -1, dtype=np.int64)
    for row, objects in enumerate(there.sum(dim=1).tolist()):
        steps, places = _pairs(ious[row, :objects, :objects], maximize=True)
        order[row, steps] = places
    return torch.from_numpy(order).to(logits.device)


@torch.no_grad()
def best_ious(drawn: Tensor, drawn_classes: Tensor, masks: Tensor, classes: Tensor) -> Tensor:
    """IoU of each drawn mask with the object of its class that it is paired with, 0 for none; the largest sum.

    Args:
        drawn: (B, T, S, S) bool.
        drawn_classes: (B, T) int64, -1 for none.
        masks: (B, N, S, S) bool objects.
        classes: (B, N) int64, -1 for none.

    Returns:
        (B, T) in [0, 1].
    """
    same = (drawn_classes[:, :, None] == classes[:, None, :]) & (classes >= 0)[:, None, :]
    ious = torch.where(same, soft_iou_of_pairs(drawn.float(), masks.float()), 0)
    paired = ious.new_zeros(ious.shape[:2])
    for row, image in enumerate(ious):
        steps, places = _pairs(image.cpu().numpy(), maximize=True)
        paired[row, steps] = image[steps, places]
    return paired


def _pairs(values: NDArray[Any], *, maximize: bool = False) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pairs with the least sum, or the largest: Hungarian matching.

    Where a value is no number any pair is as good: the loss says that the training diverges.
    """
    from scipy.optimize import linear_sum_assignment  # half a second, which only trainings need

    rows, columns = linear_sum_assignment(np.nan_to_num(values), maximize=maximize)
    return rows, columns


def soft_iou_of_pairs(probabilities: Tensor, targets: Tensor) -> Tensor:
    """Soft IoU of every step with every object: (B, T, S, S) and (B, N, S, S) to (B, T, N)."""
    shown, solid = probabilities.flatten(2), targets.flatten(2)
    both = shown @ solid.transpose(1, 2)
    either = shown.sum(dim=2)[:, :, None] + solid.sum(dim=2)[:, None, :] - both
    return both / (either + EPSILON)
