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

from models.features.evidence import LEAST_IMAGES
from models.iou_head.calibrator import CalibrationSet, Calibrator
from models.pretrained.statistics import NAMES

Floats = NDArray[np.float64]
PRIOR_FILE = Path(__file__).with_name("prior.json")
PENALTY = 10.0  # of the ridge on residuals, on statistics of the prior's unit deviation


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
