"""The head learns on statistics whose truth is known, and gives way to confidence when it knows no better."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import (
    MIN_IMAGES,
    Calibrator,
    Observations,
    deal_folds,
    fit_calibrator,
    fit_on_confidence,
    fit_on_statistics,
    held_out,
)
from models.metrics import spearman
from models.statistics import CONFIDENCE, NAMES

WIDTH = len(NAMES) + 2
UNCERTAIN = NAMES.index("uncertain")


def observe(images: int, truth: str, seed: int = 0, noise: float = 0.02) -> Observations:
    """Two objects an image; IoU follows the named statistic (falling with `uncertain`), the others are noise."""
    rng = np.random.default_rng(seed)
    statistics = rng.uniform(size=(2 * images, WIDTH))
    ious = 0.8 - 0.6 * statistics[:, UNCERTAIN] if truth == "uncertain" else 0.6 * statistics[:, CONFIDENCE]
    ious = np.clip(ious + rng.normal(scale=noise, size=ious.shape), 0, 1)
    return Observations(np.repeat([f"image-{i}" for i in range(images)], 2), statistics, ious)


def test_the_head_finds_the_statistic_that_tells():
    head, evidence = fit_calibrator(observe(60, "uncertain"))
    unseen = observe(40, "uncertain", seed=1)
    assert head.head == "statistics"
    assert np.abs(head.predict(unseen.statistics) - unseen.ious).mean() < 0.03
    assert evidence["held_out_images"] == 60
    assert evidence["held_out_mae"] < 0.03
    assert evidence["held_out_spearman"] > 0.95 > evidence["held_out_spearman_confidence"]


def test_confidence_takes_over_where_it_ranks_better():
    observed = observe(MIN_IMAGES, "confidence", noise=0.15, seed=4)
    head, evidence = fit_calibrator(observed)
    ranking = {
        "confidence": held_out(fit_on_confidence, observed),
        "statistics": held_out(lambda seen: fit_on_statistics(seen, 30.0), observed),
    }
    means = {key: observed.image_means(values) for key, values in ranking.items()}
    true = observed.image_means(observed.ious)
    assert spearman(means["confidence"], true) > spearman(means["statistics"], true)
    assert head.head == "confidence"
    assert evidence["held_out_spearman"] == evidence["held_out_spearman_confidence"]


def test_with_a_handful_of_images_nothing_is_fitted():
    head, evidence = fit_calibrator(observe(MIN_IMAGES - 1, "uncertain"))
    assert head.head == "unfitted"
    assert evidence == {"held_out_images": MIN_IMAGES - 1}
    statistics = np.random.default_rng(0).uniform(size=(5, WIDTH))
    assert np.array_equal(head.predict(statistics), statistics[:, CONFIDENCE])


def test_the_confidence_head_ranks_as_confidence_even_where_it_misleads():
    observed = observe(20, "confidence")
    misleading = Observations(observed.image_ids, observed.statistics, 0.7 - observed.ious)
    predicted = fit_on_confidence(misleading).predict(misleading.statistics)
    assert spearman(predicted, misleading.statistics[:, CONFIDENCE]) == pytest.approx(1)
    assert predicted.mean() == pytest.approx(misleading.ious.mean(), abs=0.01)


def test_least_squares_on_confidence_by_hand():
    # Confidences 0, .5, 1 and IoUs .1, .2, .6: slope .5, intercept .3 - .25 = .05.
    statistics = np.zeros((3, WIDTH))
    statistics[:, CONFIDENCE] = 0, 0.5, 1
    head = fit_on_confidence(Observations(np.array(["a", "b", "c"]), statistics, np.array([0.1, 0.2, 0.6])))
    assert head.weights[CONFIDENCE] == pytest.approx(0.5)
    assert head.intercept == pytest.approx(0.05)


def test_a_statistic_that_never_varies_gets_no_weight():
    observed = observe(20, "uncertain")
    observed.statistics[:, 5] = 0.25
    assert fit_on_statistics(observed, 1.0).weights[5] == 0


def test_rows_of_one_image_are_held_out_together():
    # An image's own column tells its IoU exactly: only a head that saw the image's other row could use it.
    images, rows = 10, 2
    statistics = np.zeros((images * rows, WIDTH + images))
    statistics[np.arange(images * rows), WIDTH + np.repeat(np.arange(images), rows)] = 1
    ious = np.repeat(np.linspace(0, 1, images), rows)
    observed = Observations(np.repeat([f"image-{i}" for i in range(images)], rows), statistics, ious)
    predicted = held_out(lambda seen: fit_on_statistics(seen, 1e-6), observed)
    assert np.abs(predicted - ious).mean() > 0.2


@given(weights=st.lists(st.floats(-5, 5), min_size=WIDTH, max_size=WIDTH), intercept=st.floats(-5, 5))
def test_predicted_ious_are_ious(weights: list[float], intercept: float):
    statistics = np.random.default_rng(0).uniform(size=(7, WIDTH))
    predicted = Calibrator("statistics", tuple(weights), intercept).predict(statistics)
    assert predicted.shape == (7,)
    assert ((predicted >= 0) & (predicted <= 1)).all()


def test_a_head_survives_json_bit_for_bit():
    head, _ = fit_calibrator(observe(30, "uncertain"))
    assert Calibrator.from_dict(json.loads(json.dumps(head.to_dict()))) == head


def test_image_means_are_taken_over_each_images_rows():
    observed = Observations(np.array(["b", "a", "b"]), np.zeros((3, WIDTH)), np.array([0.2, 0.5, 0.6]))
    assert observed.image_means(observed.ious).tolist() == pytest.approx([0.5, 0.4])


@given(count=st.integers(2, 40), folds=st.integers(2, 4), seed=st.integers(0, 5))
def test_folds_part_the_images_evenly_and_in_no_order_of_arrival(count: int, folds: int, seed: int):
    ids = [f"image-{number}" for number in range(count)]
    dealt = deal_folds(ids, folds, seed)
    assert sorted(image_id for fold in dealt for image_id in fold) == sorted(ids)
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1
    assert deal_folds(reversed(ids), folds, seed) == dealt


def test_another_seed_deals_other_folds():
    ids = [f"image-{number}" for number in range(20)]
    assert deal_folds(ids, 2, seed=0) != deal_folds(ids, 2, seed=1)
