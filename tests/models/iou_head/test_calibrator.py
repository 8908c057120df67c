"""The head learns on statistics whose truth is known, and gives way to confidence when it knows no better."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.values import HeadState
from models.iou_head.calibrator import (
    CalibrationSet,
    Calibrator,
    Exposure,
    fit_calibrator,
    fit_on_confidence,
    fit_on_statistics,
)
from models.iou_head.mask_statistics import CONFIDENCE, NAMES
from models.metrics.agreement import spearman
from models.training.holdout import MIN_IMAGES
from tests.models.observed import WIDTH, observe

PEAK = NAMES.index("peak")


def test_the_head_finds_the_statistic_that_tells():
    head = fit_calibrator(observe(60, "uncertain"), HeadState.TRUSTED)
    unseen = observe(40, "uncertain", seed=1)
    assert head.head == "statistics"
    assert np.abs(head.predict(unseen.statistics) - unseen.ious).mean() < 0.03


@pytest.mark.parametrize("exposure", [Exposure.TRAIN, Exposure.AUGMENTED])
def test_what_a_network_has_learnt_does_not_raise_the_level(exposure: Exposure):
    # IoU is .2 higher on learnt images of the same statistics; the head must speak of the others.
    learnt, unseen = observe(200, "uncertain", exposure=exposure), observe(200, "uncertain", seed=1)
    raised = replace(learnt, ious=learnt.ious + 0.2)
    head = fit_calibrator(CalibrationSet.join(raised, unseen), HeadState.TRUSTED)
    new = observe(40, "uncertain", seed=2)
    assert (head.predict(new.statistics) - new.ious).mean() == pytest.approx(0, abs=0.02)
    naive = fit_calibrator(raised, HeadState.TRUSTED)
    assert (naive.predict(new.statistics) - new.ious).mean() == pytest.approx(0.2, abs=0.02)


def test_views_and_the_images_themselves_have_levels_of_their_own():
    parts = [observe(200, "uncertain", seed=place, exposure=exposure) for place, exposure in enumerate(Exposure)]
    parts = [replace(part, ious=part.ious + gain) for part, gain in zip(parts, (0.0, 0.2, -0.1), strict=True)]
    new = observe(40, "uncertain", seed=9)
    predicted = fit_on_statistics(CalibrationSet.join(*parts)).predict(new.statistics)
    assert (predicted - new.ious).mean() == pytest.approx(0, abs=0.02)


def test_the_head_is_confidence_alone_where_that_was_found_to_rank_better():
    assert fit_calibrator(observe(40, "uncertain"), HeadState.CONFIDENCE).head == "confidence"
    assert fit_calibrator(observe(40, "uncertain"), HeadState.UNTRUSTED).head == "statistics"


def test_with_a_handful_of_images_nothing_is_fitted():
    head = fit_calibrator(observe(MIN_IMAGES - 1, "uncertain"), HeadState.TRUSTED)
    assert head.head == "unfitted"
    statistics = np.random.default_rng(0).uniform(size=(5, WIDTH))
    assert np.array_equal(head.predict(statistics), statistics[:, CONFIDENCE])


def test_the_confidence_head_ranks_as_confidence_even_where_it_misleads():
    observed = observe(20, "confidence")
    misleading = replace(observed, ious=0.7 - observed.ious)
    predicted = fit_on_confidence(misleading).predict(misleading.statistics)
    assert spearman(predicted, misleading.statistics[:, CONFIDENCE]) == pytest.approx(1)
    assert predicted.mean() == pytest.approx(misleading.ious.mean(), abs=0.01)


def test_least_squares_on_confidence_by_hand_from_unseen_images_alone():
    # Confidences 0, .5, 1 and IoUs .1, .2, .6: slope .5, intercept .3 - .25 = .05. The learnt row says otherwise.
    statistics = np.zeros((4, WIDTH))
    statistics[:, CONFIDENCE] = 0, 0.5, 1, 0.3
    ids, exposure = np.array(["a", "b", "c", "d"]), np.array([0, 0, 0, Exposure.TRAIN])
    head = fit_on_confidence(CalibrationSet(ids, statistics, np.array([0.1, 0.2, 0.6, 1.0]), exposure))
    assert head.weights[CONFIDENCE] == pytest.approx(0.5)
    assert head.intercept == pytest.approx(0.05)


def test_a_statistic_that_never_varies_gets_no_weight():
    observed = observe(20, "uncertain")
    observed.statistics[:, 5] = 0.25
    assert fit_on_statistics(observed).weights[5] == 0


def test_a_statistic_that_hardly_varied_does_not_decide_where_it_varies():
    # A map's largest probability was 1 but for noise in all that was learnt from; a pool has fainter maps.
    rows, new = observe(60, "uncertain"), observe(20, "uncertain", seed=1)
    rows.statistics[:, PEAK] = 1 - 1e-4 * rows.statistics[:, PEAK]
    new.statistics[:, PEAK] = 1
    head = fit_on_statistics(rows)
    as_known = head.predict(new.statistics)
    new.statistics[:, PEAK] = 0.6
    assert np.abs(head.predict(new.statistics) - as_known).max() < 0.15


@given(weights=st.lists(st.floats(-5, 5), min_size=WIDTH, max_size=WIDTH), intercept=st.floats(-5, 5))
def test_predicted_ious_are_ious(weights: list[float], intercept: float):
    statistics = np.random.default_rng(0).uniform(size=(7, WIDTH))
    predicted = Calibrator("statistics", tuple(weights), intercept).predict(statistics)
    assert predicted.shape == (7,)
    assert ((predicted >= 0) & (predicted <= 1)).all()


def test_a_head_survives_json_bit_for_bit():
    head = fit_calibrator(observe(30, "uncertain"), HeadState.TRUSTED)
    assert Calibrator.from_dict(json.loads(json.dumps(head.to_dict()))) == head


def test_image_means_are_taken_over_each_images_rows():
    ious, exposure = np.array([0.2, 0.5, 0.6]), np.zeros(3, dtype=np.int64)
    observed = CalibrationSet(np.array(["b", "a", "b"]), np.zeros((3, WIDTH)), ious, exposure)
    assert observed.image_means(observed.ious).tolist() == pytest.approx([0.5, 0.4])
