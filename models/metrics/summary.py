"""The metrics of an evaluation beside its own fields, by the names that `maskloop.v1.Evaluation` documents."""

from __future__ import annotations

import numpy as np

from maskloop.matching import Proposals, Truths, panoptic
from models.metrics.agreement import Floats, bias, expected_calibration_error, mean_absolute_error, spearman
from models.metrics.average_precision import Detection
from models.metrics.overlap import (
    average_best_overlap,
    mean_dice,
    mean_similarity,
    object_f1,
    semantic_iou,
)


def detection_metrics(detection: Detection) -> dict[str, float]:
    """AP and AR at the thresholds that the literature reports."""
    return {
        "ap25": detection.ap(0.25),
        "ap70": detection.ap(0.7),
        "ap75": detection.ap(0.75),
        "ar": detection.ar(),
        "ar50": detection.ar(0.5),
        "ar70": detection.ar(0.7),
        "f50": detection.f50,
    }


def overlap_metrics(truths: Truths, proposals: Proposals) -> dict[str, float]:
    """What no ranking enters."""
    by_category, found = semantic_iou(truths, proposals), panoptic(truths, proposals)
    return {
        "miou": float(np.mean(list(by_category.values()))) if by_category else 0.0,
        "dice": mean_dice(truths, proposals),
        "object_f1": object_f1(truths, proposals),
        "pq": found.quality,
        "rq": found.recognition,
        "sq": found.segmentation,
        "abo": average_best_overlap(truths, proposals),
        "ssim": mean_similarity(truths, proposals),
    }


def reliability_metrics(name: str, predicted: Floats, true: Floats) -> dict[str, float]:
    """How image scores (N,) agree with the truth (N,): `NAME_mae`, `NAME_ece`, `NAME_bias`, `NAME_spearman`.

    An undefined rank correlation is left out.
    """
    rank = spearman(predicted, true)
    return {
        f"{name}_mae": mean_absolute_error(predicted, true),
        f"{name}_ece": expected_calibration_error(predicted, true),
        f"{name}_bias": bias(predicted, true),
        **({} if rank is None else {f"{name}_spearman": rank}),
    }
