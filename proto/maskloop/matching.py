"""Masks beside masks: IoU, and who belongs to whom.

IoU is eq. 1 of Bellver et al., *Mask-guided sample selection for semi-supervised instance segmentation*.
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
Entry = dict[str, Any]


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

    Returns:
        For each proposal the place of its object in `truths` (-1: none) and their IoU (0: none); both (P,).
    """
    places, ious = np.full(len(proposals), -1), np.zeros(len(proposals))
    for category_id in sorted({item.category_id for item in truths}):
        mine = [place for place, item in enumerate(proposals) if item.category_id == category_id]
        theirs = [place for place, item in enumerate(truths) if item.category_id == category_id]
        overlap = iou_matrix([proposals[place].mask for place in mine], [truths[place].mask for place in theirs])
        for row, column in zip(*linear_sum_assignment(overlap, maximize=True), strict=True):
            places[mine[row]], ious[mine[row]] = theirs[column], overlap[row, column]
    return places, ious


def image_iou(proposals: Sequence[ObjectProposal], truths: Sequence[ObjectLabel]) -> float:
    """What an image's score should be: the sum of its pairs' IoUs over its objects, or its proposals where these are
    more (Bellver et al., eq. 2); 0 without either."""
    _, ious = match_within_class(proposals, truths)
    return float(ious.sum()) / max(len(proposals), len(truths), 1)


def coco_rle(mask: Mask) -> Entry:
    """The mask as pycocotools takes it."""
    return {"size": [mask.height, mask.width], "counts": mask.rle}
