from collections.abc import Callable, Mapping

import numpy as np
import pytest
from scipy import stats

from maskloop.compare.analysis.analyse import analyse
from maskloop.compare.analysis.comparison import Comparison, Setting
from maskloop.compare.analysis.win_matrix import STAGES, WinMatrix, win_matrix, wins_by_chance

MakeComparison = Callable[..., Comparison]
Rows = Mapping[str, tuple[float, ...]]

RANDOM = (0.50, 0.51, 0.49)


def ending(comparison_of: MakeComparison, a_setting: Callable[..., Setting], rows: Rows, name: str) -> Comparison:
    """Straight lines from .3 at 600 s to an end a seed at the end of the hour."""
    arms = {arm: {seed: [(600.0, 0.3), (3600.0, end)] for seed, end in enumerate(row)} for arm, row in rows.items()}
    return comparison_of(arms, setting=a_setting(name=name))


def matrix(*comparisons: Comparison) -> WinMatrix:
    return win_matrix([(each, analyse(each)) for each in comparisons])


@pytest.fixture
def ends(comparison_of: MakeComparison, a_setting: Callable[..., Setting]) -> Callable[[Rows, str], Comparison]:
    return lambda rows, name: ending(comparison_of, a_setting, rows, name)


def test_wins_are_counted_pair_by_pair(ends: Callable[[Rows, str], Comparison]) -> None:
    better = {"random": RANDOM, "entropy": (0.55, 0.56, 0.545)}
    alike = {"random": RANDOM, "entropy": (0.50, 0.50, 0.50)}
    outcome = matrix(ends(better, "beads"), ends(alike, "cells"))
    assert outcome.strategies == ("random", "entropy")
    assert outcome.comparisons == ("beads", "cells")
    assert outcome.wins["high"] == {"random": {"entropy": 0}, "entropy": {"random": 1}}
    assert outcome.counted["high"] == {"random": {"entropy": 2}, "entropy": {"random": 2}}


def test_what_failed_the_gate_is_listed_and_not_counted(ends: Callable[[Rows, str], Comparison]) -> None:
    flat = {"random": (0.3, 0.31, 0.29), "entropy": (0.5, 0.51, 0.49)}
    outcome = matrix(ends(flat, "nuclei"), ends({"random": RANDOM, "entropy": (0.6, 0.62, 0.6)}, "beads"))
    assert (outcome.comparisons, outcome.left_out) == (("beads",), ("nuclei",))
    assert outcome.counted["high"]["entropy"]["random"] == 1


def test_strategies_of_a_single_comparison_are_left_out_of_several(ends: Callable[[Rows, str], Comparison]) -> None:
    first = ends({"random": RANDOM, "entropy": (0.6, 0.62, 0.6), "margin": (0.6, 0.62, 0.6)}, "beads")
    second = ends({"random": RANDOM, "entropy": (0.6, 0.62, 0.6)}, "cells")
    assert matrix(first, second).strategies == ("random", "entropy")
    assert matrix(first).strategies == ("random", "entropy", "margin")


def test_stages_are_thirds_of_the_time(comparison_of: MakeComparison) -> None:
    """An arm that is ahead until half of the time, then behind: it wins early and loses late."""
    noise = (-0.002, 0.0, 0.002, 0.001)
    arms = {
        "random": {seed: [(600.0, 0.3), (3600.0, 0.5 + each)] for seed, each in enumerate(noise)},
        "entropy": {seed: [(600.0, 0.3), (1600.0, 0.45), (3600.0, 0.46 - each)] for seed, each in enumerate(noise)},
    }
    outcome = matrix(comparison_of(arms))
    # at 1600 s .450 to .367, at 2600 s .455 to .433, at 3600 s .46 to .50
    assert [outcome.wins[stage]["entropy"]["random"] for stage in STAGES] == [1, 1, 0]
    assert [outcome.wins[stage]["random"]["entropy"] for stage in STAGES] == [0, 0, 1]


def test_chance_wins_one_of_forty_ordered_pairs() -> None:
    counted = {"random": {"entropy": 10, "margin": 10}, "entropy": {"random": 10}, "margin": {"random": 10}}
    assert wins_by_chance(counted) == pytest.approx(1.0)


def test_wins_are_those_of_a_paired_t_test(ends: Callable[[Rows, str], Comparison]) -> None:
    """Beside scipy's, on pairs drawn around the border of significance."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        rows = {"random": 0.5 + 0.01 * rng.normal(size=5), "entropy": 0.51 + 0.01 * rng.normal(size=5)}
        test = stats.ttest_rel(rows["entropy"], rows["random"])
        outcome = matrix(ends({name: tuple(row) for name, row in rows.items()}, "beads"))
        assert outcome.wins["high"]["entropy"]["random"] == int(test.pvalue < 0.05 and test.statistic > 0)


def test_arms_that_differ_in_help_alone_are_apart_and_the_control_is_none(
    ends: Callable[[Rows, str], Comparison],
) -> None:
    better = (0.55, 0.56, 0.545)
    outcome = matrix(ends({"random": RANDOM, "random+boxes": better, "random*2": better}, "beads"))
    assert outcome.wins["high"] == {"random": {"random+boxes": 0}, "random+boxes": {"random": 1}}


def test_where_the_control_is_hidden_nothing_is_counted(ends: Callable[[Rows, str], Comparison]) -> None:
    outcome = matrix(ends({"random": RANDOM, "random+boxes": (0.55, 0.56, 0.545), "random*2": RANDOM}, "beads"))
    assert (outcome.comparisons, outcome.left_out) == ((), ("beads",))
