"""What a region's map tells about its own quality, in numbers that mean the same for every data set.

None depends on the vocabulary, so that a head fitted on some data sets holds for another (`prior`).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.iou_head.mask_statistics import CONFIDENCE
from models.iou_head.mask_statistics import NAMES as OF_STEPS
from models.pretrained.decode import SIDE, Candidates, inside_mean
from models.pretrained.network import Maps

NAMES = (
    "confidence",  # centre x inside x class, what objects are told from the rest by
    "inside",  # mean probability inside the mask
    "centre",  # probability of the centre
    "class",  # probability of the likeliest class
    "self_iou",  # soft IoU of the probability map and its own mask
    "blur",  # share of the pixels with p > .1 that have p < .9
    "stability",  # IoU of the masks at .3 and .7
    "refined",  # IoU of the masks before and after the box was refined
    "root_area",  # side of a square of the mask's area, in image sides
    "objects",  # number of candidates in the image / 20
    "overlap",  # largest share of the mask that another candidate claims too
    "semantic",  # mean probability of any object where the mask is
    "cut",  # share of the region that lies outside the image
)
assert NAMES[CONFIDENCE] == OF_STEPS[CONFIDENCE]


def region_statistics(candidates: Candidates, maps: Maps) -> Tensor:
    """(N, K) float32: the columns of `NAMES`, all in [0, 1] but `objects`.

    Args:
        maps: that the candidates were found in.
    """
    beside, cells = _number_beside(candidates.images), candidates.cells.flatten(1).float()
    return statistics_beside(candidates, maps, beside, _largest_overlap(candidates.images, cells))


def statistics_beside(candidates: Candidates, maps: Maps, beside: Tensor, overlap: Tensor) -> Tensor:
    """As `region_statistics`.

    Args:
        beside: (N,) how many candidates the image of each has.
        overlap: (N,) largest share of each mask that another one claims too.
    """
    p, solid = candidates.logits.sigmoid().flatten(1), (candidates.logits > 0).flatten(1).float()
    inside, total, area = (p * solid).sum(1), p.sum(1), solid.sum(1)
    faint, sure = (p > 0.1).float().sum(1), (p >= 0.9).float().sum(1)
    cells = candidates.cells.flatten(1).float()
    side = maps.semantic.shape[-1]
    any_object = F.interpolate(maps.semantic[:, -1:].sigmoid(), size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    shown = any_object[:, 0].flatten(1)[candidates.images] if side else cells
    regions = candidates.regions
    size = (regions[:, 2:] - regions[:, :2]).prod(dim=1)
    within = (regions[:, 2:].clamp(max=1) - regions[:, :2].clamp(min=0)).clamp(min=0).prod(dim=1)
    columns = (
        candidates.score * candidates.classes.amax(dim=1),
        inside_mean(candidates.logits),
        candidates.centres,
        candidates.classes.amax(dim=1),
        inside / (total + area - inside).clamp(min=1e-6),
        1 - sure / faint.clamp(min=1),
        (p > 0.7).float().sum(1) / (p > 0.3).float().sum(1).clamp(min=1),
        candidates.first_iou,
        cells.mean(dim=1).sqrt(),
        beside / 20,
        overlap,
        (shown * cells).sum(1) / cells.sum(1).clamp(min=1),
        1 - within / size.clamp(min=1e-9),
    )
    return torch.stack(columns, dim=1)


def _number_beside(images: Tensor) -> Tensor:
    """(N,) how many candidates the image of each has."""
    if not len(images):
        return images.float()
    return torch.bincount(images)[images].float()


def _largest_overlap(images: Tensor, cells: Tensor) -> Tensor:
    """(N,) largest |own & other| / |own| over the image's other masks (N, cells)."""
    largest = cells.new_zeros(len(cells))
    for image in set(images.tolist()):
        (own,) = (images == image).nonzero(as_tuple=True)
        both = cells[own] @ cells[own].T
        both.fill_diagonal_(0)
        largest[own] = both.amax(dim=1) / cells[own].sum(dim=1).clamp(min=1)
    return largest
