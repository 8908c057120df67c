"""Which object each step is to draw: Hungarian matching on soft IoU within each class.

RSIS matches steps and objects by soft IoU (Salvador et al., section 3.3); here a step may only draw an object of
the class it was fed (Bellver et al., section 3.2).
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from models.losses import EPSILON

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
        order[row] = linear_sum_assignment(image)[1]
    return torch.from_numpy(order).to(logits.device)


def soft_iou_of_pairs(probabilities: Tensor, targets: Tensor) -> Tensor:
    """Soft IoU of every step with every object: (B, T, S, S) and (B, N, S, S) to (B, T, N)."""
    shown, solid = probabilities.flatten(2), targets.flatten(2)
    both = shown @ solid.transpose(1, 2)
    either = shown.sum(dim=2)[:, :, None] + solid.sum(dim=2)[:, None, :] - both
    return both / (either + EPSILON)
