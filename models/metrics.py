"""How much masks overlap, and how well a score knows it.

IoU is eq. 1 and the image score eq. 2 of Bellver et al., *Mask-guided sample selection for semi-supervised
instance segmentation*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

from maskloop.masks import Mask
from maskloop.values import ObjectLabel, ObjectProposal

Floats = NDArray[np.float64]
Entry = dict[str, Any]
CALIBRATION_BINS = 10
LEAST_IN_A_BIN = 5


def iou_matrix(first: Sequence[Mask], second: Sequence[Mask]) -> Floats:
    """IoU of every mask of `first` with every mask of `second`, (len(first), len(second)), in [0, 1]."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    found = coco_mask.iou([coco_rle(mask) for mask in first], [coco_rle(mask) for mask in second], [0] * len(second))
    return np.nan_to_num(np.asarray(found, dtype=np.float64))


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


def mean_absolute_error(predicted: Floats, true: Floats) -> float:
    """Mean |predicted - true|; 0 for nothing."""
    return float(np.abs(predicted - true).mean()) if predicted.size else 0.0


def bias(predicted: Floats, true: Floats) -> float:
    """Mean of predicted - true: above zero for a score that promises too much; 0 for nothing."""
    return float((predicted - true).mean()) if predicted.size else 0.0


def spearman(predicted: Floats, true: Floats) -> float | None:
    """Rank correlation in [-1, 1], ties at their mean rank; `None` for fewer than two or all equal values."""
    if predicted.size < 2 or np.ptp(predicted) == 0 or np.ptp(true) == 0:
        return None
    return float(np.corrcoef(rankdata(predicted), rankdata(true))[0, 1])


def expected_calibration_error(predicted: Floats, true: Floats) -> float:
    """Mean distance of predicted and true mean within bins of like predictions; 0 for nothing.

    The bins are of equal mass (Nixon et al., *Measuring calibration in deep learning*, 2019): sorted by prediction
    and cut into 10 runs, or into fewer, so that each has 5 values or more. The distances are weighted by the number
    of values. Noise alone keeps it above zero: with few values in a bin even a perfect score has some.

    Args:
        predicted: (N,) in [0, 1].
        true: (N,) in [0, 1].
    """
    if not predicted.size:
        return 0.0
    bins = min(CALIBRATION_BINS, max(1, predicted.size // LEAST_IN_A_BIN))
    runs = np.array_split(np.argsort(predicted, kind="stable"), bins)
    return sum(abs(float((predicted[run] - true[run]).sum())) for run in runs) / predicted.size


def coco_rle(mask: Mask) -> Entry:
    """The mask as pycocotools takes it."""
    return {"size": [mask.height, mask.width], "counts": mask.rle}
