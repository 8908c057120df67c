from collections.abc import Callable
from dataclasses import replace

import pytest

from maskloop.compare.analysis.comparison import Point, Trial
from maskloop.compare.analysis.spending import spending

MakePoint = Callable[..., Point]
MakeTrial = Callable[..., Trial]


def test_what_was_bought_after_the_first_batch(trial_of: MakeTrial, a_point: MakePoint) -> None:
    begun, ended = {"full": 200.0, "counts": 100.0}, {"full": 1150.0, "counts": 150.0}
    first = a_point(300.0, 0.3, spent_s_by_kind=begun, chosen_images=4, chosen_objects=6, machine_s=10.0, iou_mae=0.1)
    points = (
        replace(first, iou_spearman=0.5),
        a_point(900.0, 0.4, chosen_images=2, chosen_objects=4, machine_s=12.0, iou_mae=0.3),
        a_point(1300.0, 0.5, spent_s_by_kind=ended, machine_s=8.0),
    )
    outcome = spending([trial_of("entropy", 0, [(200.0, 0.3)], points=points)])
    assert (outcome.images, outcome.objects, outcome.machine_s) == (6, 10, 30)
    # 1300 - 200 s, counts included, for 10 objects
    assert outcome.object_s == 110
    assert outcome.iou_mae == pytest.approx(0.2)
    assert outcome.iou_spearman == 0.5


def test_marks_on_further_images_are_no_time_of_an_object_that_was_outlined(
    trial_of: MakeTrial, a_point: MakePoint
) -> None:
    begun, ended = {"full": 200.0, "boxes": 300.0}, {"full": 1000.0, "boxes": 1100.0}
    points = (
        a_point(500.0, 0.3, spent_s_by_kind=begun, chosen_images=4, chosen_objects=10),
        a_point(2100.0, 0.4, spent_s_by_kind=ended),
    )
    assert spending([trial_of("random", 0, [(500.0, 0.3)], points=points)]).object_s == 80


def test_means_are_over_trials(trial_of: MakeTrial, a_point: MakePoint) -> None:
    trials = [
        trial_of(
            "entropy", seed, [(100.0, 0.3)], points=(a_point(100.0, 0.3, chosen_images=count), a_point(900.0, 0.4))
        )
        for seed, count in ((0, 2), (1, 5))
    ]
    outcome = spending(trials)
    assert (outcome.images, outcome.objects, outcome.object_s, outcome.iou_mae) == (3.5, 0, None, None)


def test_fallbacks_are_counted_where_something_was_chosen(trial_of: MakeTrial, a_point: MakePoint) -> None:
    points = (
        a_point(100.0, 0.3, chosen_images=2, fallback="stratified_random: the head is not trusted"),
        a_point(200.0, 0.3, chosen_images=2),
        a_point(300.0, 0.3, fallback="stratified_random: the head is not trusted"),
    )
    assert spending([trial_of("mask_guided", 0, [(100.0, 0.3)], points=points)]).chosen_by_fallback == 0.5
    assert spending([trial_of("mask_guided", 0, [(100.0, 0.3)])]).chosen_by_fallback == 0
