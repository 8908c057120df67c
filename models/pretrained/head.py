"""The head without a rehearsal: a prior that ships with the package, refined by what people bought.

The prior is a ridge regression of true IoU on the statistics of `models.pretrained.statistics`, fitted across data sets
(`python -m benchmarks prior_head` makes the file and says how good it is on sets left out). It lets predicted IoU mean
something before any label is in. The labels bought in a round are of images that the network which proposed on them had
not learnt from: they are the evidence, at no second training and with no label held out. A ridge on the residuals of
that evidence refines the prior.

What the evidence is biased by: a network of fewer labels drew it, which makes it a little pessimistic; and bought
images are chosen ones, so that a strategy that chooses near a predicted IoU shows the head mostly such images.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskloop.matching import match_within_class
from maskloop.values import HeadState, ObjectLabel
from models.iou_head.calibrator import CalibrationSet, Calibrator, Exposure, fit_on_confidence
from models.iou_head.trust import FitOn, evidence_of, head_state
from models.predictor import Prediction
from models.pretrained.statistics import NAMES

Floats = NDArray[np.float64]
PRIOR_FILE = Path(__file__).with_name("prior.json")
PENALTY = 10.0  # of the ridge on residuals, on statistics of the prior's unit deviation
LEAST_IMAGES = 2  # with evidence, from which on it refines the prior


@cache
def prior() -> tuple[Floats, Floats, Floats, float]:
    """Mean and deviation (K,) of the statistics it was fitted on, weights (K,) of standardised ones, intercept."""
    told = json.loads(PRIOR_FILE.read_text())
    assert tuple(told["statistics"]) == NAMES
    mean, deviation, weights = (np.array(told[name], dtype=np.float64) for name in ("mean", "deviation", "weights"))
    return mean, deviation, weights, float(told["intercept"])


def fit_head(evidence: CalibrationSet | None) -> Calibrator:
    """The prior, refined by the evidence there is."""
    mean, deviation, weights, intercept = prior()
    if evidence is not None and evidence.images >= LEAST_IMAGES:
        design = (evidence.statistics - mean) / deviation
        residuals = evidence.ious - (design @ weights + intercept)
        more, shift = ridge(design, residuals, PENALTY)
        weights, intercept = weights + more, intercept + shift
    scaled = weights / deviation
    return Calibrator("statistics", tuple(scaled.tolist()), float(intercept - mean @ scaled))


def ridge(design: Floats, wanted: Floats, penalty: float) -> tuple[Floats, float]:
    """Weights (K,) and intercept of a ridge regression whose intercept is free."""
    centre, level = design.mean(axis=0), wanted.mean()
    apart = design - centre
    weights: Floats = np.linalg.solve(apart.T @ apart + penalty * np.eye(apart.shape[1]), apart.T @ (wanted - level))
    return weights, float(level - centre @ weights)


def rows_of(predictions: list[Prediction], truths: dict[str, tuple[ObjectLabel, ...]]) -> CalibrationSet:
    """Masks of images that the network had not learnt from, beside how good they are."""
    ious = [match_within_class(item.proposals.objects, truths[item.image_id])[1] for item in predictions]
    rows = sum(map(len, ious))
    return CalibrationSet(
        np.repeat(np.array([item.image_id for item in predictions], dtype=np.str_), [len(values) for values in ious]),
        np.concatenate([item.statistics for item in predictions]) if predictions else np.zeros((0, len(NAMES))),
        np.concatenate(ious) if predictions else np.zeros(0),
        np.full(rows, Exposure.HELD_OUT),
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
