"""What a probability map tells about its own quality, in numbers that mean the same for every network.

The paper's head reads pooled hidden states (Bellver et al., *Mask-guided sample selection for semi-supervised
instance segmentation*, section 3.2), which are private to the network that made them. These statistics are
not: what is learnt from one network's maps holds for another's, so a head can be fitted out of fold.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

NAMES = (
    "confidence",  # mean probability inside the mask
    "self_iou",  # soft IoU of the probability map and its own mask
    "uncertain",  # share of the image's pixels with .1 < p < .9
    "blur",  # the same, as a share of the pixels with p > .1
    "stability",  # IoU of the masks at .3 and .7
    "root_area",  # side of a square of the mask's area, as a share of the image's side
    "empty",  # 1 when no pixel reaches .5
    "objects",  # number of objects decoded in this image / 5
    "overlap",  # largest share of the mask that another step claims too
    "peak",  # largest probability
    "centre",  # largest probability inside the mask that the middle of an object of its class is there
    "contrast",  # distance of the mean colours inside and outside, in the image's deviations
)
CONFIDENCE = NAMES.index("confidence")


def count_statistics(categories: int) -> int:
    """Columns of `mask_statistics` for a vocabulary of `categories` classes."""
    return len(NAMES) + categories


def mask_statistics(logits: Tensor, classes: Tensor, images: Tensor, centres: Tensor | None, categories: int) -> Tensor:
    """Statistics of each step's map, on the maps' own device.

    Args:
        logits: (B, T, S, S) of the steps' masks.
        classes: (B, T) int64 class index of each step in [0, categories), -1 for no step.
        images: (B, 3, S, S), in any unit.
        centres: (B, C, s, s) logits of objects' middles, S a multiple of s; `None` leaves their column zero.

    Returns:
        (B, T, K) float32: the columns of `NAMES`, all within [0, 1] but `objects` and `contrast`, then the class
        one-hot. Rows of no step are zero.
    """
    if not classes.shape[1]:
        return logits.new_zeros(len(classes), 0, count_statistics(categories))
    valid = (classes >= 0).float()
    p = (logits.float().flatten(2)).sigmoid() * valid[..., None]  # (B, T, N)
    mask = (p > 0.5).float()
    area, inside, total = mask.sum(-1), (p * mask).sum(-1), p.sum(-1)
    faint, uncertain = _share(p > 0.1), _share((p > 0.1) & (p < 0.9))
    columns = (
        _ratio(inside, area),
        _ratio(inside, total + area - inside),
        uncertain,
        _ratio(uncertain, faint),
        _ratio(_share(p > 0.7), _share(p > 0.3)),
        (area / p.shape[-1]).sqrt(),
        (area == 0).float(),
        (valid.sum(1, keepdim=True) / 5).expand_as(area),
        _largest_overlap(mask, area),
        p.amax(-1),
        torch.zeros_like(area) if centres is None else _highest_centre(mask, classes, centres),
        _contrast(mask, area, images.float().flatten(2)),
    )
    one_hot = F.one_hot(classes.clamp(min=0), categories).float()
    return torch.cat([torch.stack(columns, -1), one_hot], -1) * valid[..., None]


def _share(chosen: Tensor) -> Tensor:
    return chosen.float().mean(-1)


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    """part / whole, 0 where there is no whole."""
    return torch.where(whole > 0, part / whole.clamp(min=torch.finfo(whole.dtype).tiny), 0)


def _largest_overlap(mask: Tensor, area: Tensor) -> Tensor:
    """(B, T) largest |own & other| / |own| over the image's other steps."""
    shared = mask @ mask.transpose(1, 2)  # (B, T, T)
    others = shared - torch.diag_embed(torch.diagonal(shared, dim1=1, dim2=2))
    return _ratio(others.amax(-1), area)


def _highest_centre(mask: Tensor, classes: Tensor, centres: Tensor) -> Tensor:
    """(B, T) largest probability of `centres` (B, C, s, s), of each step's class, where its mask (B, T, N) is."""
    side, size = centres.shape[-1], math.isqrt(mask.shape[-1])
    pooled = F.max_pool2d(mask.view(*mask.shape[:2], size, size), size // side).flatten(2)  # (B, T, n)
    own = centres.float().sigmoid().flatten(2)[torch.arange(len(classes), device=classes.device)[:, None], classes]
    return (pooled * own).amax(-1)


def _contrast(mask: Tensor, area: Tensor, pixels: Tensor) -> Tensor:
    """(B, T) root mean square over the channels of `pixels` (B, 3, N), 0 for an empty mask."""
    count = pixels.shape[-1]
    inside = mask @ pixels.transpose(1, 2)  # (B, T, 3) sums
    outside = pixels.sum(-1)[:, None] - inside
    apart = inside / area.clamp(min=1)[..., None] - outside / (count - area).clamp(min=1)[..., None]
    deviation = (pixels - pixels.mean(-1, keepdim=True)).square().mean(-1).sqrt().clamp(min=1e-6)[:, None]
    return (apart / deviation).square().mean(-1).sqrt() * ((area > 0) & (area < count))
