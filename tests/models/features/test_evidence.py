"""Which head evidence gives a network: the recipe's, or confidence where that ranked better."""

from __future__ import annotations

import numpy as np
import pytest

from maskloop.values import HeadState
from models.features.evidence import judged_head
from models.iou_head.calibrator import CalibrationSet, Calibrator, Exposure
from models.iou_head.mask_statistics import CONFIDENCE

WIDTH = 12


def evidence(ious: np.ndarray, confidence: np.ndarray) -> CalibrationSet:
    """One mask an image."""
    statistics = np.zeros((len(ious), WIDTH))
    statistics[:, CONFIDENCE] = confidence
    ids = np.array([f"{place:02}" for place in range(len(ious))])
    return CalibrationSet(ids, statistics, ious, np.full(len(ious), Exposure.HELD_OUT))


def constant(_: CalibrationSet | None) -> Calibrator:
    """A head that knows nothing: the same of every mask."""
    return Calibrator("statistics", (0.0,) * WIDTH, 0.5)


def telling(_: CalibrationSet | None) -> Calibrator:
    """A head that goes by the confidence, and is right."""
    return Calibrator("statistics", tuple(np.eye(WIDTH)[CONFIDENCE].tolist()), 0.0)


TRUE = np.linspace(0.1, 0.9, 20)


def test_where_confidence_ranks_better_it_is_what_scores_are():
    """The version says `confidence` then, and what is said of its scores is to be true of them."""
    calibrator, state, measured = judged_head(evidence(TRUE, TRUE**2), constant, np.random.default_rng(0))
    assert state is HeadState.CONFIDENCE
    assert calibrator.head == "confidence"
    scores = calibrator.predict(evidence(TRUE, TRUE**2).statistics)
    assert (np.diff(scores) > 0).all()
    assert scores.mean() == pytest.approx(TRUE.mean(), abs=0.02)
    assert measured["held_out_images"] == 20


@pytest.mark.parametrize(
    ("fit_on", "confidence", "state"),
    [(telling, TRUE, HeadState.TRUSTED), (constant, np.full(20, 0.5), HeadState.UNTRUSTED)],
)
def test_else_the_head_is_the_recipes(fit_on, confidence, state):
    calibrator, told, _ = judged_head(evidence(TRUE, confidence), fit_on, np.random.default_rng(0))
    assert (calibrator, told) == (fit_on(None), state)


def test_without_evidence_nothing_is_judged():
    calibrator, state, measured = judged_head(None, constant, np.random.default_rng(0))
    assert (calibrator, state, measured) == (constant(None), HeadState.UNTRUSTED, {"held_out_images": 0.0})
