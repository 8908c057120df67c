"""Losses of the annotation network, as pure functions of tensors.

Sources: RSIS (Salvador et al., section 3.3) for the soft IoU, classes and objectness; Bellver et al., Mask-guided
sample selection for semi-supervised instance segmentation, section 3.3, for the IoU branch; Zhou et al., Objects as
points, equation 1, for the centres.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

EPSILON = 1e-6
EXPONENTS = {"sqrt": 0.5, "square": 2.0, "identity": 1.0}  # of the IoU branch's target


def soft_iou(probabilities: Tensor, targets: Tensor) -> Tensor:
    """sum(p y) / (sum(p + y - p y) + 1e-6) over the last two axes; broadcasts over the others."""
    both = (probabilities * targets).sum(dim=(-2, -1))
    either = (probabilities + targets - probabilities * targets).sum(dim=(-2, -1))
    return both / (either + EPSILON)


def hard_iou(masks: Tensor, targets: Tensor) -> Tensor:
    """|A & B| / |A | B| of bool masks over the last two axes, 0 when both are empty (Bellver et al., eq. 1)."""
    both = (masks & targets).sum(dim=(-2, -1))
    either = (masks | targets).sum(dim=(-2, -1))
    return both / either.clamp(min=1)


def mask_loss(logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
    """Mean of 1 - soft IoU over the valid steps.

    Args:
        logits: (B, T, S, S).
        targets: (B, T, S, S), each step's object, in [0, 1].
        valid: (B, T) bool; a batch without a valid step has loss 0.
    """
    overlap = soft_iou(logits.float().sigmoid(), targets.float())
    return ((1 - overlap) * valid).sum() / valid.sum().clamp(min=1)


def class_loss(probabilities: Tensor, classes: Tensor) -> Tensor:
    """Mean of -log p[true class] over the steps that draw an object.

    Args:
        probabilities: (B, T, C + 1), index 0 for the end of the sequence, which no step is taught.
        classes: (B, T) int64 class index in [0, C) of each step's object, -1 for none.
    """
    there = classes >= 0
    true = probabilities.float().gather(2, (classes + 1).unsqueeze(2)).squeeze(2)
    return -(true.clamp(min=EPSILON).log() * there).sum() / there.sum().clamp(min=1)


def objectness_loss(logits: Tensor, objects: Tensor, crowded: Tensor | None = None) -> Tensor:
    """RSIS's stop loss: a half of the binary cross-entropy, mean over an image's objects and the step after the last.

    Args:
        logits: (B, T) of there being an object.
        objects: (B,) int64, how many there are: the target is 1 at the first so many steps and 0 at the next one, and
            no other step counts.
        crowded: (B,) bool, images with a crowd, in which nobody knows whether the step after the last draws an object:
            it does not count there. `None` for none.
    """
    steps = torch.arange(logits.shape[1], device=logits.device)
    target, taught = steps < objects[:, None], steps <= objects[:, None]
    if crowded is not None:
        taught = taught & (target | ~crowded[:, None])
    each = F.binary_cross_entropy_with_logits(logits.float(), target.float(), reduction="none")
    return 0.5 * (each * taught).sum() / taught.sum().clamp(min=1)


def iou_target(iou: Tensor, kind: str) -> Tensor:
    """What the IoU branch learns for a true IoU: its square root, its square, or itself."""
    return iou ** EXPONENTS[kind]


def iou_from_output(output: Tensor, kind: str) -> Tensor:
    """The inverse of `iou_target`: the branch's output in [0, 1] to an IoU in [0, 1]."""
    return output ** (1 / EXPONENTS[kind])


def iou_branch_loss(output: Tensor, iou: Tensor, valid: Tensor, kind: str) -> Tensor:
    """Mean absolute difference of the branch's output and its target over the valid steps; all (B, T)."""
    return ((output - iou_target(iou, kind)).abs() * valid).sum() / valid.sum().clamp(min=1)


def centre_loss(logits: Tensor, targets: Tensor, known: Tensor | None = None) -> Tensor:
    """Focal loss with fewer reproaches near a centre, a sum over the number of centres (Objects as points, eq. 1).

    Args:
        logits: (B, C, s, s).
        targets: (B, C, s, s) in [0, 1], exactly 1 at centres.
        known: (B, s, s) bool, the cells that count; `None` for all.
    """
    logits = logits.float()
    probabilities = logits.sigmoid()
    at_centre = targets == 1
    hit = (1 - probabilities).square() * F.logsigmoid(logits)
    spared = (1 - targets) ** 4 * probabilities.square() * F.logsigmoid(-logits)
    each = torch.where(at_centre, hit, spared)
    if known is not None:
        each = each * known[:, None]
    return -each.sum() / at_centre.sum().clamp(min=1)


def semantic_loss(logits: Tensor, targets: Tensor, known: Tensor | None = None) -> Tensor:
    """Binary cross-entropy of every class's pixels; classes may overlap. (B, C, s, s) both, targets in [0, 1].

    The mean over the cells `known` (B, s, s), `None` for all.
    """
    each = F.binary_cross_entropy_with_logits(logits.float(), targets, reduction="none").sum(dim=1)
    return each.mean() if known is None else (each * known).sum() / known.sum().clamp(min=1)
