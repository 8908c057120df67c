"""A head is trusted when it beats a constant on labels held out, and not by luck."""

from dataclasses import replace

import numpy as np
import pytest

from maskloop.values import HeadState
from models.calibration import Observations, fit_on_statistics
from models.trust import judge, luck, rehearse
from tests.models.observed import observe


def test_a_rehearsal_measures_heads_on_images_they_have_not_seen():
    evidence = rehearse(observe(60, "uncertain", learnt=True), observe(20, "uncertain", seed=1))
    assert evidence["held_out_images"] == 20
    assert evidence["held_out_mae"] < 0.03 < evidence["held_out_mae_confidence"]
    assert evidence["held_out_spearman"] > 0.95 > evidence["held_out_spearman_confidence"]
    assert judge(evidence) is HeadState.TRUSTED


def test_every_image_is_judged_by_a_head_fitted_without_it():
    views, unseen = observe(10, "uncertain", learnt=True), observe(4, "uncertain", seed=1)
    errors = []
    for image_id in np.unique(unseen.image_ids):
        here = unseen.image_ids == image_id
        parts = [
            Observations(*(rows[chosen] for rows in (one.image_ids, one.statistics, one.ious, one.learnt)))
            for one, chosen in ((views, np.full(20, True)), (unseen, ~here))
        ]
        predicted = fit_on_statistics(Observations.join(*parts)).predict(unseen.statistics[here])
        errors.append(abs(predicted.mean() - unseen.ious[here].mean()))
    assert rehearse(views, unseen)["held_out_mae"] == pytest.approx(np.mean(errors))


def test_the_constant_is_the_mean_of_the_other_held_out_images_by_hand():
    # Image means .2, .4, .9 against the means of the other two: .65, .55, .3.
    unseen = observe(3, "uncertain")
    unseen = replace(unseen, ious=np.repeat([0.2, 0.4, 0.9], 2))
    evidence = rehearse(observe(10, "uncertain", seed=1, learnt=True), unseen)
    assert evidence["held_out_mae_constant"] == pytest.approx((0.45 + 0.15 + 0.6) / 3)
    assert evidence["held_out_mean_iou"] == pytest.approx(0.5)


def test_statistics_that_tell_nothing_are_trusted_about_once_in_twenty():
    trusted = 0
    for seed in range(100):
        views, unseen = observe(40, "uncertain", 2 * seed, learnt=True), observe(12, "uncertain", 2 * seed + 1)
        rng = np.random.default_rng(seed)
        views, unseen = (replace(one, ious=rng.uniform(size=one.ious.shape)) for one in (views, unseen))
        trusted += judge(rehearse(views, unseen)) is HeadState.TRUSTED
    assert trusted <= 10


def test_luck_by_hand():
    # Five gains and no loss: one of the 32 ways to give them signs. Losses of the same size: all 32.
    gains = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    assert luck(gains) == pytest.approx(1 / 32)
    assert luck(-gains) == 1
    # The smallest of five is a loss: its rank 1 leaves 14 of 15, which two ways of the 32 reach.
    assert luck(gains * [-1, 1, 1, 1, 1]) == pytest.approx(2 / 32)


def test_no_gain_at_all_is_pure_luck():
    assert luck(np.zeros(5)) == 1


@pytest.mark.parametrize(
    ("p_value", "confidence", "head", "state"),
    [
        (0.05, 0.9, 0.1, HeadState.TRUSTED),
        (0.051, 0.42, 0.41, HeadState.CONFIDENCE),  # 1.645 / sqrt(16) = .411
        (0.051, 0.41, 0.1, HeadState.UNTRUSTED),  # within what chance reaches
        (0.051, 0.6, 0.61, HeadState.UNTRUSTED),  # the head ranks better still, and is no better than a constant
        (0.051, None, None, HeadState.UNTRUSTED),
        (0.051, 0.5, None, HeadState.CONFIDENCE),
    ],
)
def test_confidence_takes_over_where_it_ranks_better_than_the_head_and_than_chance(
    p_value: float, confidence: float | None, head: float | None, state: HeadState
):
    ranks = {"held_out_spearman_confidence": confidence, "held_out_spearman": head}
    known = {name: rank for name, rank in ranks.items() if rank is not None}
    assert judge({"held_out_images": 17.0, "held_out_p_value": p_value, **known}) is state


@pytest.mark.parametrize("images", [0, 1])
def test_where_no_image_can_be_compared_nothing_is_trusted(images: int):
    unseen = observe(3, "uncertain")
    few = unseen.only(np.isin(unseen.image_ids, np.unique(unseen.image_ids)[:images]))
    evidence = rehearse(observe(10, "uncertain", seed=1, learnt=True), few)
    assert evidence == {"held_out_images": images}
    assert judge(evidence) is HeadState.UNTRUSTED
