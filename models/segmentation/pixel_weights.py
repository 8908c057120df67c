"""How much each pixel of a mask that may be wrong counts, by what the network makes of it so far.

Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022,
section 3, equations 3 to 8: easy pixels count more, since labels that are hard to learn are often wrong. Any training
by cross-entropy may take them, with two classes or many. No gradient comes back through a weight.

    c_max    the largest probability
    c_diff   the largest probability less the smallest; with two classes 2 c_max - 1
    l_norm   softmax of minus the losses over an image's pixels, times their number: its mean is 1
    lc_mix   l_norm times c_max
    ohem     the opposite, for comparison: hard pixels alone (Shrivastava, Gupta, Girshick, *Training region-based
             object detectors with online hard example mining*, CVPR 2016), the others 0; its mean is 1
    plain    1

An image of one class has weights 1 (equation 8), but for `ohem`. The authors' program has `l_norm` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.metrics.semantic import UNKNOWN

WeightMap = Literal["plain", "c_max", "c_diff", "l_norm", "lc_mix", "ohem"]
SURE = 0.7
"""Probability of its label from which on a pixel is easy, for `ohem`."""
LEAST_SHARE = 1 / 16
"""Of the known pixels of a batch, for `ohem`: so many hard ones count even where all are easy. Both are the usual
values; the paper does not say which it compares with."""


def plain(logits: Tensor, labels: Tensor) -> Tensor:
    """Ones, (B, H, W) float32; arguments of all maps as of `pixel_weights`."""
    return torch.ones(labels.shape, device=logits.device)


@torch.no_grad()
def c_max(logits: Tensor, labels: Tensor) -> Tensor:
    """The largest probability, (B, H, W) in [1 / C, 1]."""
    return logits.float().softmax(dim=1).amax(dim=1)


@torch.no_grad()
def c_diff(logits: Tensor, labels: Tensor) -> Tensor:
    """The largest probability less the smallest, (B, H, W) in [0, 1]."""
    probabilities = logits.float().softmax(dim=1)
    return probabilities.amax(dim=1) - probabilities.amin(dim=1)


@torch.no_grad()
def l_norm(logits: Tensor, labels: Tensor) -> Tensor:
    """Softmax of minus the losses over an image's known pixels, times their number; (B, H, W), 0 where unknown."""
    return _l_norm(logits, labels, labels != UNKNOWN)


@torch.no_grad()
def l_norm_official(logits: Tensor, labels: Tensor) -> Tensor:
    """The same over all pixels, as in the authors' program: unknown ones have loss 0, hence the largest weight."""
    return _l_norm(logits, labels, torch.ones_like(labels, dtype=torch.bool))


@torch.no_grad()
def lc_mix(logits: Tensor, labels: Tensor) -> Tensor:
    """`l_norm` times `c_max`."""
    return l_norm(logits, labels) * c_max(logits, labels)


@torch.no_grad()
def ohem(logits: Tensor, labels: Tensor, sure: float = SURE, least_share: float = LEAST_SHARE) -> Tensor:
    """The number of a batch's known pixels over that of the hard ones where a pixel is hard, else 0; (B, H, W).

    A pixel is hard if its label's probability is below `sure`, or among the `least_share` lowest, equals included.
    """
    known = labels != UNKNOWN
    number = int(known.sum())
    if not number:
        return torch.zeros(labels.shape, device=logits.device)
    likely = torch.exp(-cross_entropies(logits, labels))
    least = likely[known].kthvalue(max(1, round(least_share * number))).values
    hard = known & ((likely < sure) | (likely <= least))
    return hard.float() * number / hard.sum()


WEIGHT_MAPS: Mapping[WeightMap, Callable[[Tensor, Tensor], Tensor]] = {
    "plain": plain,
    "c_max": c_max,
    "c_diff": c_diff,
    "l_norm": l_norm,
    "lc_mix": lc_mix,
    "ohem": ohem,
}
OFFICIAL: Mapping[WeightMap, Callable[[Tensor, Tensor], Tensor]] = {
    **WEIGHT_MAPS,
    "l_norm": l_norm_official,
    "lc_mix": lambda logits, labels: l_norm_official(logits, labels) * c_max(logits, labels),
}


def cross_entropies(logits: Tensor, labels: Tensor) -> Tensor:
    """(B, H, W) float32 losses, 0 where unknown; arguments as of `pixel_weights`."""
    return F.cross_entropy(logits.float(), labels, reduction="none", ignore_index=UNKNOWN)


@torch.no_grad()
def pixel_weights(kind: WeightMap, logits: Tensor, labels: Tensor, *, official: bool = False) -> Tensor:
    """(B, H, W) float32 weights of 0 or more, 0 where a pixel's label is unknown; no gradient comes back.

    Args:
        logits: (B, C, H, W), C of 2 or more.
        labels: (B, H, W) int64 class indices, 255 unknown.
        official: whether unknown pixels are weighed like any other, as in the authors' program.

    Raises:
        InvalidArgument: the shapes do not fit, or there is no such map.
    """
    if kind not in WEIGHT_MAPS:
        raise InvalidArgument(f"weights are {kind!r}, none of {', '.join(WEIGHT_MAPS)}", field="kind")
    if logits.shape[2:] != labels.shape[1:] or len(logits) != len(labels) or logits.shape[1] < 2:
        raise InvalidArgument(
            f"logits {tuple(logits.shape)} and labels {tuple(labels.shape)} do not fit", field="labels"
        )
    made = (OFFICIAL if official else WEIGHT_MAPS)[kind](logits, labels)
    if kind not in ("plain", "ohem"):
        made = torch.where(of_one_class(labels)[:, None, None], torch.ones_like(made), made)
    return made if official else made * (labels != UNKNOWN)


def of_one_class(labels: Tensor) -> Tensor:
    """(B,) bool: whether an image's known pixels are all of one class, or there are none; labels (B, H, W) int64."""
    flat, known = labels.flatten(1), (labels != UNKNOWN).flatten(1)
    highest = torch.where(known, flat, torch.full_like(flat, -1)).amax(dim=1)
    lowest = torch.where(known, flat, torch.full_like(flat, UNKNOWN)).amin(dim=1)
    return highest <= lowest


def weighted_loss(kind: WeightMap, logits: Tensor, labels: Tensor, *, official: bool = False) -> Tensor:
    """The mean over all known pixels of weight times cross-entropy, a scalar; 0 where no pixel is known.

    Equation 3 is a sum; the authors' program has a mean.

    Args:
        official: as of `pixel_weights`, and the mean is over all pixels, unknown ones with loss 0 among them.
    """
    losses = pixel_weights(kind, logits, labels, official=official) * cross_entropies(logits, labels)
    number = labels.numel() if official else int((labels != UNKNOWN).sum())
    return losses.sum() / max(1, number)


def two_classes(logits: Tensor) -> Tensor:
    """(B, H, W) logits of an object to (B, 2, H, W) of ground and object, whose softmax is the logits' sigmoid."""
    return torch.stack([torch.zeros_like(logits), logits], dim=1)


def _l_norm(logits: Tensor, labels: Tensor, counted: Tensor) -> Tensor:
    losses, flat = cross_entropies(logits, labels).flatten(1), counted.flatten(1)
    shares = torch.where(flat, -losses, torch.full_like(losses, -torch.inf)).softmax(dim=1)
    shares = torch.where(flat, shares, torch.zeros_like(shares))  # of an image without a pixel that counts: NaN
    return (shares * flat.sum(dim=1, keepdim=True)).view(labels.shape)
