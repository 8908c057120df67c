from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.compare.analysis.comparison import Comparison, Point, Setting, Trial
from maskloop.compare.analysis.curves import QualityCurve, common_time, quality_curve, quality_curves

MakeTrial = Callable[..., Trial]
MakeComparison = Callable[..., Comparison]


@st.composite
def curves(draw: st.DrawFn) -> QualityCurve:
    times = sorted(draw(st.sets(st.integers(0, 10_000), min_size=1, max_size=8)))
    quality = draw(st.lists(st.floats(0, 1), min_size=len(times), max_size=len(times)))
    return QualityCurve(np.array(times, dtype=float), np.array(quality))


def test_quality_is_linear_between_models(trial_of: MakeTrial) -> None:
    curve = quality_curve(trial_of("random", 0, [(100.0, 0.2), (300.0, 0.6)]), "pq")
    assert curve is not None
    assert curve.at([100, 150, 200, 300]).tolist() == pytest.approx([0.2, 0.3, 0.4, 0.6])


def test_the_first_quality_holds_while_counts_are_bought_and_the_last_to_the_end(trial_of: MakeTrial) -> None:
    trial = trial_of("random", 0, [(200.0, 0.2), (300.0, 0.6)], initial_s=100.0)
    curve = quality_curve(trial, "pq")
    assert curve is not None
    assert curve.at([100, 199, 250, 300, 9999]).tolist() == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])


def test_of_two_models_at_one_time_the_later_counts(trial_of: MakeTrial) -> None:
    curve = quality_curve(trial_of("random", 0, [(100.0, 0.2), (300.0, 0.5), (300.0, 0.6)]), "pq")
    assert curve is not None
    assert curve.at([200, 300]).tolist() == pytest.approx([0.4, 0.6])


def test_models_that_were_not_measured_are_passed_over(trial_of: MakeTrial) -> None:
    curve = quality_curve(trial_of("random", 0, [(100.0, None), (200.0, 0.3), (300.0, None), (400.0, 0.5)]), "ap")
    assert curve is not None
    assert curve.at([100, 300, 400]).tolist() == pytest.approx([0.3, 0.4, 0.5])
    assert quality_curve(trial_of("random", 0, [(100.0, None)]), "pq") is None


def test_mean_quality_is_the_area_by_hand() -> None:
    curve = QualityCurve(np.array([100.0, 200.0]), np.array([0.2, 0.6]))
    # 50 s at 0.2, 100 s at 0.4 on average, 50 s at 0.6: (10 + 40 + 30) / 200
    assert curve.mean(50, 250) == pytest.approx(0.4)
    assert curve.mean(150, 150) == pytest.approx(0.4)


@given(curve=curves(), begin_s=st.integers(0, 9_000), span_s=st.integers(1, 5_000))
def test_mean_quality_is_a_fine_sum(curve: QualityCurve, begin_s: int, span_s: int) -> None:
    middles = begin_s + (np.arange(50 * span_s) + 0.5) / 50
    assert curve.mean(begin_s, begin_s + span_s) == pytest.approx(float(curve.at(middles).mean()), abs=1e-9)


@given(curve=curves(), scale=st.floats(0.01, 100), lift=st.floats(-1, 1))
def test_mean_quality_knows_no_unit_of_time_and_moves_with_the_level(
    curve: QualityCurve, scale: float, lift: float
) -> None:
    moved = QualityCurve(curve.times_s * scale, curve.quality + lift)
    assert moved.mean(500 * scale, 7000 * scale) == pytest.approx(curve.mean(500, 7000) + lift)


def test_time_begins_when_every_first_batch_is_labeled_and_ends_with_the_budget(comparison_of: MakeComparison) -> None:
    outcome = comparison_of({"random": {0: [(100.0, 0.2), (3000.0, 0.3)], 1: [(250.0, 0.2), (3500.0, 0.3)]}})
    assert common_time(outcome) == (250.0, 3600.0)


def test_a_budget_of_images_ends_where_random_does_first(
    comparison_of: MakeComparison, a_setting: Callable[..., Setting]
) -> None:
    arms = {
        "entropy": {0: [(100.0, 0.2), (500.0, 0.3)]},
        "random": {0: [(100.0, 0.2), (900.0, 0.3)], 1: [(250.0, 0.2), (800.0, 0.3)]},
    }
    assert common_time(comparison_of(arms, setting=a_setting(budget_s=None, budget_images=9))) == (250.0, 800.0)


def test_curves_go_by_strategy_and_seed(comparison_of: MakeComparison, a_point: Callable[..., Point]) -> None:
    arms = {"random": {3: [(100.0, 0.2)], 1: [(100.0, 0.4)]}, "entropy": {1: [(100.0, None)]}}
    outcome = quality_curves(comparison_of(arms), "pq")
    assert {name: list(curves) for name, curves in outcome.items()} == {"random": [3, 1]}


def test_what_a_control_buys_after_its_first_batch_takes_half_the_time(trial_of: MakeTrial) -> None:
    knots = [(100.0, 0.2), (500.0, 0.6), (900.0, 0.8)]
    curve = quality_curve(trial_of("random*2", 0, knots), "pq")
    assert curve is not None
    assert curve.times_s.tolist() == [100, 300, 500]
    assert curve.quality.tolist() == [0.2, 0.6, 0.8]


def test_help_moves_no_time(trial_of: MakeTrial) -> None:
    curve = quality_curve(trial_of("random+boxes", 0, [(100.0, 0.2), (500.0, 0.6)]), "pq")
    assert curve is not None
    assert curve.times_s.tolist() == [100, 500]
