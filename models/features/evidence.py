"""Evidence for a head: masks of labels new to the network that drew them, and what they say of the head."""

from __future__ import annotations

import numpy as np

from maskloop.matching import judged_ious
from maskloop.values import HeadState, ObjectLabel
from models.iou_head.calibrator import CalibrationSet, Exposure, fit_on_confidence
from models.iou_head.trust import FitOn, evidence_of, head_state
from models.predictor import Prediction

LEAST_IMAGES = 2  # with evidence, from which on it says anything


def rows_of(predictions: list[Prediction], truths: dict[str, tuple[ObjectLabel, ...]]) -> CalibrationSet:
    """Masks of images, one or more, that the network had not learnt from, beside how good they are; none on a crowd."""
    pairs = [judged_ious(item.proposals.objects, truths[item.image_id]) for item in predictions]
    rows = [len(ious) for _, ious in pairs]
    return CalibrationSet(
        np.repeat(np.array([item.image_id for item in predictions], dtype=np.str_), rows),
        np.concatenate([item.statistics[judged] for item, (judged, _) in zip(predictions, pairs, strict=True)]),
        np.concatenate([ious for _, ious in pairs]),
        np.full(sum(rows), Exposure.HELD_OUT),
    )


def judge(
    evidence: CalibrationSet | None, fit_on: FitOn, rng: np.random.Generator
) -> tuple[HeadState, dict[str, float]]:
    """Whether the head is to be trusted, and what was measured: every image by a head that has not seen it.

    Args:
        fit_on: fits the head.
        rng: shuffles, where there are too many orders to try them all.
    """
    if evidence is None or evidence.images < LEAST_IMAGES:
        return HeadState.UNTRUSTED, {"held_out_images": float(evidence.images if evidence else 0)}
    measured = evidence_of(evidence, fit_on, fit_on_confidence, rng)
    return head_state(measured), measured
