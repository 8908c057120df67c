"""The losses of W-OoD: near to the centres of an image's classes, far from those of images that hold nothing.

Lee, Oh, Yun, Choe, Kim, Yoon, *Weakly supervised semantic segmentation using out-of-distribution data*, CVPR 2022 (Lee,
*Label-efficient learning for object recognition*, Seoul National University 2023, chapter of W-OoD).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

TINY = 1e-12


def distances(features: Tensor, centres: Tensor) -> Tensor:
    """(B, K) Euclidean distances of features (B, D) to centres (K, D).

    A distance of 0, whose gradient is infinite, is 1e-6 here, and moves nothing.
    """
    squares = (features[:, None] - centres[None]).square().sum(dim=2)
    return squares.clamp(min=TINY).sqrt()


def nearest_pairs(away: Tensor, share: float, *, by_image: bool) -> Tensor:
    """Which pairs of an image and a centre are near, (B, K) bool; that share of them where no two are equally far.

    Args:
        away: (B, K) distances.
        share: in [0, 1], of pairs; the number that is far is rounded down.
        by_image: whether that share of each image's pairs is near, as the paper writes; else one threshold holds for
            the whole batch, as in the authors' program.
    """
    rows = away.detach() if by_image else away.detach().view(1, -1)
    far = int((1 - share) * rows.shape[1])
    if not far:
        return torch.ones_like(away, dtype=torch.bool)
    threshold = rows.topk(far, dim=1).values[:, -1:]
    return (rows < threshold).view(away.shape)


def distance_loss(
    features: Tensor, classes: Tensor, class_centres: Tensor, ood_centres: Tensor, near: Tensor
) -> Tensor:
    """L_d as the paper writes it, its mean over the images: the distances to the centres of an image's classes less
    those to the OoD centres that are near.

    The authors' program divides it by the number K of OoD centres.

    Args:
        features: (B, D), which alone are differentiated.
        classes: (B, C), 1 where an image is of a class.
        class_centres: (C, D).
        ood_centres: (K, D).
        near: (B, K) bool, see `nearest_pairs`.
    """
    own = (distances(features, class_centres) * classes).sum(dim=1)
    other = (distances(features, ood_centres) * near).sum(dim=1)
    return (own - other).mean()


def perturbed(network: Callable[[Tensor], Tensor], images: Tensor, step: float) -> Tensor:
    """Images moved one step up the gradient of their largest logits, (B, 3, H, W), within the batch's values.

    Args:
        network: gives logits (B, C).
        images: (B, 3, H, W), normalised.
        step: by how much the value moves that moves most.
    """
    leaf = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(network(leaf).float().amax(dim=1).sum(), leaf)
    moved = images + step * gradient / gradient.abs().max().clamp(min=TINY)
    return moved.clamp(min=images.min(), max=images.max())


def nothing_loss(logits: Tensor, spared: int | None = None) -> Tensor:
    """Multi-label soft margin against no class at all, the mean over images and classes.

    Args:
        logits: (B, C).
        spared: images whose likeliest class is this one count 0.
    """
    losses = F.softplus(logits.float()).mean(dim=1)
    if spared is not None:
        losses = losses * (logits.argmax(dim=1) != spared)
    return losses.mean()
