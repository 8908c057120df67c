"""What must hold of any results, whatever was measured."""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from maskloop.compare.analysis.analyse import analyse
from maskloop.compare.analysis.comparison import Comparison, Point, Setting, Trial
from maskloop.compare.analysis.results import Results
from maskloop.compare.analysis.win_matrix import WinMatrix, win_matrix
from maskloop.compare.pages.recommendation import recommendation, recommendation_across

STRATEGIES = ("random", "mask_guided:target=0.5", "mask_guided:target=0.2", "stratified_random")
OTHERS = (*STRATEGIES[1:], "random+boxes", "mask_guided:target=0.5+boxes", "random*2")


@st.composite
def trials(draw: st.DrawFn, strategy: str, seed: int) -> Trial:
    initial_s = draw(st.integers(0, 1000))
    times = sorted(draw(st.lists(st.integers(initial_s, 3600), min_size=1, max_size=5)))
    quality = st.none() | st.floats(0, 1)
    points = tuple(
        Point(float(at_s), {}, 1, 0.5, 0.5, 0.5, draw(quality), draw(quality), chosen_images=2, pq=draw(quality))
        for at_s in times
    )
    return Trial(strategy, seed, float(initial_s), points, "the budget is spent")


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """Anything that may have come so far of two to four arms and one to four seeds; random's first trial is."""
    names = ("random", *draw(st.lists(st.sampled_from(OTHERS), min_size=1, max_size=3, unique=True)))
    seeds = tuple(range(draw(st.integers(1, 4))))
    first = draw(trials("random", 0).filter(lambda trial: trial.points[0].pq is not None))
    others = [(name, seed) for name in names for seed in seeds if (name, seed) != ("random", 0)]
    ended = draw(st.lists(st.sampled_from(others), unique=True)) if others else []
    budget_s = draw(st.sampled_from([None, 3600.0]))
    setting = Setting("beads", {}, budget_s, None if budget_s else 20, 100, 50, 1)
    return Comparison(setting, names, seeds, (first, *(draw(trials(name, seed)) for name, seed in ended)))


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, float):
        yield value


@settings(max_examples=25, deadline=None)
@given(comparison=comparisons())
def test_whatever_has_come_so_far_is_judged_with_numbers(comparison: Comparison) -> None:
    results = analyse(comparison)
    assert all(math.isfinite(number) for number in numbers(TypeAdapter(Results).dump_python(results)))
    assert TypeAdapter(Results).validate_json(TypeAdapter(Results).dump_json(results)) == results
    assert recommendation(comparison, results)[0].endswith((".", "`."))
    matrix = win_matrix([(comparison, results)])
    assert all(math.isfinite(number) for number in numbers(TypeAdapter(WinMatrix).dump_python(matrix)))
    assert recommendation_across([(comparison, results)])


@settings(max_examples=25, deadline=None)
@given(comparison=comparisons(), rng=st.randoms(use_true_random=False))
def test_the_order_of_trials_does_not_matter(comparison: Comparison, rng: random.Random) -> None:
    mixed = list(comparison.trials)
    rng.shuffle(mixed)
    assert analyse(replace(comparison, trials=tuple(mixed))) == analyse(comparison)


@settings(max_examples=25, deadline=None)
@given(comparison=comparisons(), factor=st.sampled_from([0.25, 2.0, 64.0]))
def test_the_unit_of_time_moves_times_alone(comparison: Comparison, factor: float) -> None:
    """Powers of two, so that scaling rounds nothing."""
    slower = analyse(_scaled(comparison, factor))
    for each, other in zip(analyse(comparison).standings, slower.standings, strict=True):
        assert other.end == each.end
        assert other.area.mean == pytest.approx(each.area.mean)
        for name, difference in each.against.items():
            assert other.against[name].end == difference.end
        if each.reach is not None and each.reach.seconds is not None:
            assert other.reach is not None
            assert other.reach.seconds == pytest.approx(each.reach.seconds * factor)


def test_arms_that_never_differ_are_told_apart_by_nothing(comparison_of: Callable[..., Comparison]) -> None:
    knots = {seed: [(600.0, 0.3), (3600.0, 0.5 + 0.01 * seed)] for seed in range(5)}
    comparison = comparison_of(dict.fromkeys(STRATEGIES, knots))
    results = analyse(comparison)
    assert all(difference.end_is_luck for arm in results.standings for difference in arm.against.values())
    assert recommendation(comparison, results)[0].startswith("Nothing here beats random selection")


def _scaled(comparison: Comparison, factor: float) -> Comparison:
    setting = comparison.setting
    budget_s = None if setting.budget_s is None else setting.budget_s * factor
    trials = tuple(
        replace(
            trial,
            initial_s=trial.initial_s * factor,
            points=tuple(replace(point, spent_s=point.spent_s * factor) for point in trial.points),
        )
        for trial in comparison.trials
    )
    return replace(comparison, setting=replace(setting, budget_s=budget_s), trials=trials)
