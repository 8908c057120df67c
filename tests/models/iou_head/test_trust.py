"""A head is trusted when it beats a constant on labels held out, and not by luck."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from maskloop.values import HeadState
from models.iou_head import trust
from models.iou_head.calibrator import CalibrationSet, Calibrator, Exposure, fit_on_confidence, fit_on_statistics
from models.iou_head.trust import FOLDS, evidence_of, head_state, held_out_evidence, permutation_p_value
from tests.models.observed import observe

RNG = np.random.default_rng(0)


def test_a_held_out_fit_measures_heads_on_images_they_have_not_seen():
    evidence = held_out_evidence(
        observe(60, "uncertain", exposure=Exposure.AUGMENTED), observe(20, "uncertain", seed=1), RNG
    )
    assert evidence["held_out_images"] == 20
    assert evidence["held_out_mae"] < 0.03 < evidence["held_out_mae_confidence"]
    assert evidence["held_out_spearman"] > 0.95 > evidence["held_out_spearman_confidence"]
    assert head_state(evidence) is HeadState.TRUSTED


def test_every_image_is_judged_by_a_head_fitted_without_it():
    views, unseen = observe(10, "uncertain", exposure=Exposure.AUGMENTED), observe(4, "uncertain", seed=1)
    errors = []
    for image_id in np.unique(unseen.image_ids):
        here = unseen.image_ids == image_id
        parts = [
            CalibrationSet(*(rows[chosen] for rows in (one.image_ids, one.statistics, one.ious, one.exposure)))
            for one, chosen in ((views, np.full(20, True)), (unseen, ~here))
        ]
        predicted = fit_on_statistics(CalibrationSet.join(*parts)).predict(unseen.statistics[here])
        errors.append(abs(predicted.mean() - unseen.ious[here].mean()))
    assert held_out_evidence(views, unseen, RNG)["held_out_mae"] == pytest.approx(np.mean(errors))


def test_of_many_images_as_many_heads_are_fitted_and_none_has_seen_what_it_judges():
    unseen, fitted_on = observe(2 * FOLDS + 30, "uncertain"), list[CalibrationSet]()

    def fit_on(rows: CalibrationSet) -> Calibrator:
        fitted_on.append(rows)
        return fit_on_statistics(rows)

    evidence = evidence_of(unseen, fit_on, fit_on_confidence, np.random.default_rng(0))
    assert len(fitted_on) == FOLDS
    left_out = [set(unseen.image_ids) - set(rows.image_ids) for rows in fitted_on]
    assert sorted(image for fold in left_out for image in fold) == sorted(set(unseen.image_ids))
    assert {len(fold) for fold in left_out} == {2, 3}
    assert evidence["held_out_mae"] < 0.03


def test_luck_is_the_same_whatever_number_of_orders_is_tried_at_once(monkeypatch):
    true = np.linspace(0.1, 0.9, 30)
    predicted = np.random.default_rng(1).permutation(true) + true / 3
    at_once = permutation_p_value(predicted, true, np.random.default_rng(0))
    monkeypatch.setattr(trust, "TRIED_AT_ONCE", 30 * 77)
    assert permutation_p_value(predicted, true, np.random.default_rng(0)) == at_once
    assert 0.001 < at_once < 0.5


def test_memory_of_the_luck_of_many_images_stays_small():
    predicted = np.linspace(0, 1, 1500)
    tracemalloc.start()
    permutation_p_value(predicted, predicted, np.random.default_rng(0))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100e6  # all at once take 500 MB


def test_the_constant_is_the_mean_of_the_other_held_out_images_by_hand():
    # Image means .2, .4, .9 against the means of the other two: .65, .55, .3.
    unseen = observe(3, "uncertain")
    unseen = replace(unseen, ious=np.repeat([0.2, 0.4, 0.9], 2))
    evidence = held_out_evidence(observe(10, "uncertain", seed=1, exposure=Exposure.AUGMENTED), unseen, RNG)
    assert evidence["held_out_mae_constant"] == pytest.approx((0.45 + 0.15 + 0.6) / 3)
    assert evidence["held_out_mean_iou"] == pytest.approx(0.5)


def test_statistics_that_tell_nothing_are_trusted_about_once_in_twenty():
    trusted = 0
    for seed in range(40):
        views, unseen = (
            observe(40, "uncertain", 2 * seed, exposure=Exposure.AUGMENTED),
            observe(12, "uncertain", 2 * seed + 1),
        )
        rng = np.random.default_rng(seed)
        views, unseen = (replace(one, ious=rng.uniform(size=one.ious.shape)) for one in (views, unseen))
        trusted += head_state(held_out_evidence(views, unseen, RNG)) is HeadState.TRUSTED
    assert trusted <= 5


def test_luck_is_the_share_of_orders_with_as_small_an_error_by_hand():
    # Of the six orders of .1, .2, .6 only the right one has error 0; swapping the first two is the next best.
    true = np.array([0.1, 0.2, 0.6])
    assert permutation_p_value(true, true, RNG) == pytest.approx(1 / 6)
    assert permutation_p_value(true[[1, 0, 2]], true, RNG) == pytest.approx(2 / 6)
    assert permutation_p_value(true[[2, 1, 0]], true, RNG) == pytest.approx(1)


def test_a_constant_is_pure_luck_and_a_level_that_is_off_is_not():
    true = np.linspace(0.1, 0.9, 20)
    assert permutation_p_value(np.full(20, 0.5), true, RNG) == 1
    assert permutation_p_value(true * 0.5, true, np.random.default_rng(0)) < 0.01


@pytest.mark.parametrize(
    ("error", "p_value", "state"),
    [
        (0.099, 0.05, HeadState.TRUSTED),
        (0.1, 0.01, HeadState.UNTRUSTED),  # no luck, and yet no better than the constant's .1
        (0.05, 0.051, HeadState.UNTRUSTED),
    ],
)
def test_a_head_is_trusted_that_beats_the_constant_by_more_than_luck(error: float, p_value: float, state: HeadState):
    errors = {"held_out_mae": error, "held_out_mae_constant": 0.1}
    assert head_state({"held_out_images": 17.0, "held_out_p_value": p_value, **errors}) is state


@pytest.mark.parametrize(
    ("confidence", "head", "state"),
    [
        (0.42, 0.41, HeadState.CONFIDENCE),  # 1.645 / sqrt(16) = .411
        (0.41, 0.1, HeadState.UNTRUSTED),  # within what chance reaches
        (0.6, 0.61, HeadState.UNTRUSTED),  # the head ranks better still, and is no better than a constant
        (None, None, HeadState.UNTRUSTED),
        (0.5, None, HeadState.CONFIDENCE),
    ],
)
def test_confidence_takes_over_where_it_ranks_better_than_the_head_and_than_chance(
    confidence: float | None, head: float | None, state: HeadState
):
    ranks = {"held_out_spearman_confidence": confidence, "held_out_spearman": head}
    known = {name: rank for name, rank in ranks.items() if rank is not None}
    errors = {"held_out_mae": 0.2, "held_out_mae_constant": 0.1, "held_out_p_value": 0.5}
    assert head_state({"held_out_images": 17.0, **errors, **known}) is state


@pytest.mark.parametrize("images", [0, 1])
def test_where_no_image_can_be_compared_nothing_is_trusted(images: int):
    unseen = observe(3, "uncertain")
    few = unseen.only(np.isin(unseen.image_ids, np.unique(unseen.image_ids)[:images]))
    evidence = held_out_evidence(observe(10, "uncertain", seed=1, exposure=Exposure.AUGMENTED), few, RNG)
    assert evidence == {"held_out_images": images}
    assert head_state(evidence) is HeadState.UNTRUSTED
