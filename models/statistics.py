"""What a probability map tells about its own quality, in numbers that mean the same for every network.

The paper's head reads pooled hidden states (Bellver et al., *Mask-guided sample selection for semi-supervised
instance segmentation*, section 3.2), which are private to the network that made them. These statistics are
not: what is learnt from one network's maps holds for another's, so a head can be fitted out of fold.
"""

from __future__ import annotations

import torch
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
)
CONFIDENCE = NAMES.index("confidence")


def count_statistics(categories: int) -> int:
    """Columns of `mask_statistics` for a vocabulary of `categories` classes."""
    return len(NAMES) + categories


def mask_statistics(logits: Tensor, classes: Tensor, categories: int) -> Tensor:
    """Statistics of each step's map, on the maps' own device.

    Args:
        logits: (B, T, S, S) of the steps' masks.
        classes: (B, T) int64 class index of each step in [0, categories), -1 for no step.

    Returns:
        (B, T, K) float32: the columns of `NAMES`, all within [0, 1] but `objects`, then the class one-hot.
        Rows of no step are zero.
    """
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
    )
    one_hot = torch.nn.functional.one_hot(classes.clamp(min=0), categories).float()
    return torch.cat([torch.stack(columns, -1), one_hot], -1) * valid[..., None]


def _share(chosen: Tensor) -> Tensor:
    return chosen.float().mean(-1)


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    """part / whole, 0 where there is no whole."""
    return torch.where(whole > 0, part / whole.clamp(min=torch.finfo(whole.dtype).tiny), 0)


def _largest_overlap(mask: Tensor, area: Tensor) -> Tensor:
    """(B, T) largest |own & other| / |own| over the image's other steps."""
    if not area.shape[1]:
        return area
    shared = mask @ mask.transpose(1, 2)  # (B, T, T)
    others = shared - torch.diag_embed(torch.diagonal(shared, dim1=1, dim2=2))
    return _ratio(others.amax(-1), area)
