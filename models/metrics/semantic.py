"""IoU of classes' pixels counted over a whole set, the ground among them, as Pascal VOC's segmentation task has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 255
"""In a label map: nobody knows, and nothing is counted there."""
Counts = NDArray[np.int64]


def confusion(said: NDArray[np.integer], true: NDArray[np.integer], labels: int) -> Counts:
    """(labels, labels) pixels, rows are the truth.

    Args:
        said: (H, W) labels below `labels`; `UNKNOWN` is taken for 0, the ground.
        true: (H, W) likewise; `UNKNOWN` pixels are left out.
        labels: how many there are, the ground included.
    """
    known = true != UNKNOWN
    spoken = np.where(said == UNKNOWN, 0, said)[known].astype(np.int64)
    flat = np.bincount(true[known].astype(np.int64) * labels + spoken, minlength=labels * labels)
    return flat.reshape(labels, labels)


def class_ious(counts: Counts) -> NDArray[np.float64]:
    """(labels,) IoU of each label's pixels; NaN of one that is neither there nor said."""
    shared = np.diagonal(counts).astype(np.float64)
    union = counts.sum(axis=0) + counts.sum(axis=1) - shared
    ious: NDArray[np.float64] = np.divide(shared, union, out=np.full(len(shared), np.nan), where=union > 0)
    return ious


def mean_iou(counts: Counts) -> float:
    """Mean over the labels that are there or said; 0 without any."""
    ious = class_ious(counts)
    return float(np.nanmean(ious)) if np.isfinite(ious).any() else 0.0


def dice_of(iou: float) -> float:
    """The Dice coefficient of an IoU, 2m / (1 + m).

    Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022,
    report that of the mean IoU, which is not the mean of the classes' coefficients.
    """
    return 2 * iou / (1 + iou)


def class_f1s(counts: Counts) -> NDArray[np.float64]:
    """(labels,) F1 of each label's pixels, 2 TP / (2 TP + FP + FN); NaN of one that is neither there nor said."""
    shared, sides = np.diagonal(counts).astype(np.float64), counts.sum(axis=0) + counts.sum(axis=1)
    values: NDArray[np.float64] = np.divide(2 * shared, sides, out=np.full(len(shared), np.nan), where=sides > 0)
    return values


def mean_f1(counts: Counts) -> float:
    """Mean over the labels that are there or said (macro); 0 without any."""
    values = class_f1s(counts)
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0
