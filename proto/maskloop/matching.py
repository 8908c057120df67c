"""Masks beside masks: IoU, and who belongs to whom.

IoU is eq. 1 of Bellver et al., *Mask-guided sample selection for semi-supervised instance segmentation*. Crowds are
treated as Kirillov et al., *Panoptic segmentation*, section 4.1, do: nothing is matched with one, and what is drawn
mostly on one is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from scipy.optimize import linear_sum_assignment

from maskloop.masks import Mask
from maskloop.values import ObjectLabel, ObjectProposal

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Entry = dict[str, Any]
MOSTLY = 0.5
"""Share of a proposal on a crowd, and IoU with an object, above which it belongs to the one or to the other."""


def iou_matrix(first: Sequence[Mask], second: Sequence[Mask]) -> Floats:
    """IoU of every mask of `first` with every mask of `second`, (len(first), len(second)), in [0, 1]."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    ious = coco_mask.iou([coco_rle(mask) for mask in first], [coco_rle(mask) for mask in second], [0] * len(second))
    return np.nan_to_num(np.asarray(ious, dtype=np.float64))


def match_within_class(
    proposals: Sequence[ObjectLabel | ObjectProposal], truths: Sequence[ObjectLabel]
) -> tuple[NDArray[np.int64], Floats]:
    """Pair proposals with true objects of their own category so that the sum of IoUs is largest (Hungarian).

    Crowds are paired with nothing, and so are proposals that are not `judged`.

    Returns:
        For each proposal the place of its object in `truths` (-1: none) and their IoU (0: none); both (P,).
    """
    places, ious = np.full(len(proposals), -1), np.zeros(len(proposals))
    is_judged = judged(proposals, truths)
    for category_id in sorted({item.category_id for item in truths if not item.crowd}):
        mine = [place for place, item in enumerate(proposals) if item.category_id == category_id and is_judged[place]]
        theirs = [place for place, item in enumerate(truths) if item.category_id == category_id and not item.crowd]
        overlap = iou_matrix([proposals[place].mask for place in mine], [truths[place].mask for place in theirs])
        for row, column in zip(*linear_sum_assignment(overlap, maximize=True), strict=True):
            places[mine[row]], ious[mine[row]] = theirs[column], overlap[row, column]
    return places, ious


def judged(proposals: Sequence[ObjectLabel | ObjectProposal], truths: Sequence[ObjectLabel]) -> Bools:
    """Which proposals are right or wrong, (P,): all but those mostly on crowds of their category.

    One that overlaps a true object of its category with an IoU above .5 is judged all the same.
    """
    is_judged = np.ones(len(proposals), dtype=np.bool_)
    for category_id in sorted({item.category_id for item in truths if item.crowd}):
        mine = [place for place, item in enumerate(proposals) if item.category_id == category_id]
        crowd = [item.mask for item in truths if item.category_id == category_id and item.crowd]
        there = [item.mask for item in truths if item.category_id == category_id and not item.crowd]
        masks = [proposals[place].mask for place in mine]
        found = iou_matrix(masks, there).max(axis=1, initial=0) > MOSTLY
        is_judged[mine] = found | (shares_inside(masks, crowd) <= MOSTLY)
    return is_judged


def judged_ious(proposals: Sequence[ObjectProposal], truths: Sequence[ObjectLabel]) -> tuple[Bools, Floats]:
    """Which proposals are `judged`, (P,), and the IoU of each of those with its object, 0 for none."""
    is_judged = judged(proposals, truths)
    return is_judged, match_within_class(proposals, truths)[1][is_judged]


def shares_inside(masks: Sequence[Mask], region: Sequence[Mask]) -> Floats:
    """The share of each mask's pixels that the masks of `region`, one or more, cover together; 0 for an empty mask."""
    if not masks:
        return np.zeros(0)
    merged = coco_mask.merge([coco_rle(mask) for mask in region])
    shares = coco_mask.iou([coco_rle(mask) for mask in masks], [merged], [1])[:, 0]  # of a crowd: over the first's area
    return np.nan_to_num(np.asarray(shares, dtype=np.float64))


def image_iou(proposals: Sequence[ObjectProposal], truths: Sequence[ObjectLabel]) -> float:
    """What an image's score should be: the sum of its pairs' IoUs over its objects, or its proposals where these are
    more (Bellver et al., eq. 2); 0 without either. Crowds, and proposals on them, are left out."""
    is_judged, ious = judged_ious(proposals, truths)
    objects = sum(not item.crowd for item in truths)
    return float(ious.sum()) / max(int(is_judged.sum()), objects, 1)


def coco_rle(mask: Mask) -> Entry:
    """The mask as pycocotools takes it."""
    return {"size": [mask.height, mask.width], "counts": mask.rle}
