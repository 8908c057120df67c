from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.compare.analysis.analyse import analyse
from maskloop.compare.analysis.comparison import Comparison
from maskloop.compare.analysis.results import Results
from maskloop.errors import InvalidArgument

MakeComparison = Callable[..., Comparison]
Arms = Mapping[str, Mapping[int, list[tuple[float, float]]]]

ENDS = {"random": (0.50, 0.52, 0.54), "entropy": (0.53, 0.54, 0.58)}


def arms_to(ends: Mapping[str, tuple[float, ...]], start: float = 0.3) -> Arms:
    """One straight line an arm and seed, from 1000 s to the end of the budget."""
    return {
        name: {seed: [(1000.0, start), (3600.0, end)] for seed, end in enumerate(row)} for name, row in ends.items()
    }


def test_arms_are_compared_seed_by_seed(comparison_of: MakeComparison) -> None:
    outcome = analyse(comparison_of(arms_to(ENDS))).standings[1].against["random"]
    # differences .03, .02, .04: mean .03, sd .01; t(.975, 2) = 4.3027; .01 / sqrt(3) * 4.3027 = .02484
    assert outcome.end.mean == pytest.approx(0.03)
    assert outcome.end.sd == pytest.approx(0.01)
    assert (outcome.end.low, outcome.end.high) == pytest.approx((0.03 - 0.02484, 0.03 + 0.02484), abs=1e-5)
    assert outcome.area.mean == pytest.approx(0.015)
    # t = .03 / (.01 / sqrt(3)) = 5.196 with 2 degrees of freedom
    assert outcome.p == pytest.approx(0.0351, abs=1e-4)
    assert outcome.wins
    assert not outcome.loses


def test_an_oracle_says_nothing_of_what_usable_arms_can_show(comparison_of: MakeComparison) -> None:
    oracle = "mask_guided:scores=imported"
    alone = analyse(comparison_of(arms_to(ENDS)))
    beside = analyse(comparison_of(arms_to({**ENDS, oracle: (0.5, 0.9, 0.6)})))
    assert beside.gate == alone.gate


def test_levels_are_means_over_seeds(comparison_of: MakeComparison) -> None:
    uniform, entropy = analyse(comparison_of(arms_to(ENDS))).standings
    assert (uniform.start.mean, uniform.end.mean, uniform.area.mean) == pytest.approx((0.3, 0.52, 0.41))
    assert entropy.end.mean == pytest.approx(0.55)
    assert entropy.seeds == 3
    assert uniform.against == {}


def test_strong_random_is_a_baseline_too_and_not_its_own(comparison_of: MakeComparison) -> None:
    ends = ENDS | {"stratified_random": (0.51, 0.53, 0.56)}
    uniform, entropy, strong = analyse(comparison_of(arms_to(ends))).standings
    assert list(uniform.against) == ["stratified_random"]
    assert list(entropy.against) == ["random", "stratified_random"]
    assert list(strong.against) == ["random"]
    assert entropy.against["stratified_random"].end.mean == pytest.approx(0.05 / 3)


def test_unfinished_arms_are_compared_by_the_seeds_both_have(comparison_of: MakeComparison) -> None:
    arms = arms_to(ENDS)
    fewer = {**arms, "entropy": {seed: arms["entropy"][seed] for seed in (1, 2)}}
    outcome = analyse(comparison_of(fewer, seeds=(0, 1, 2))).standings[1].against["random"]
    assert outcome.end.seeds == 2
    assert outcome.end.mean == pytest.approx(0.03)


def test_arms_without_a_common_seed_are_not_compared(comparison_of: MakeComparison) -> None:
    arms = {"random": {0: [(1000.0, 0.3), (3600.0, 0.5)]}, "entropy": {1: [(1000.0, 0.3), (3600.0, 0.6)]}}
    entropy = analyse(comparison_of(arms)).standings[1]
    assert entropy.against == {}
    assert entropy.reach is None


def test_curves_go_over_the_common_time(comparison_of: MakeComparison) -> None:
    points = analyse(comparison_of(arms_to(ENDS))).curves["random"]
    assert (points[0].at_s, points[-1].at_s) == (1000.0, 3600.0)
    assert (points[0].mean, points[-1].mean, points[-1].sd) == pytest.approx((0.3, 0.52, 0.02))
    assert points[20].mean == pytest.approx(0.41)


def test_a_single_seed_says_nothing_of_intervals(comparison_of: MakeComparison) -> None:
    outcome = analyse(comparison_of(arms_to({"random": (0.5,), "entropy": (0.6,)})))
    difference = outcome.standings[1].against["random"]
    assert (difference.end.low, difference.p, difference.wins, difference.loses) == (None, None, False, False)
    assert outcome.gate.detectable is None
    assert not outcome.gate.passed


def test_without_random_nothing_can_be_judged(comparison_of: MakeComparison) -> None:
    with pytest.raises(InvalidArgument, match="no trial of random"):
        analyse(comparison_of(arms_to({"entropy": (0.5,)}), strategies=("random", "entropy")))
    with pytest.raises(InvalidArgument, match="none of pq"):
        analyse(comparison_of(arms_to(ENDS)), "iou")


ENDINGS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=6)


def two_arms(endings: list[tuple[float, float]]) -> Arms:
    return arms_to({"random": tuple(end for end, _ in endings), "entropy": tuple(end for _, end in endings)})


@settings(max_examples=30)
@given(endings=ENDINGS)
def test_an_arm_that_does_what_random_does_differs_by_nothing(
    comparison_of: MakeComparison, endings: list[tuple[float, float]]
) -> None:
    outcome = analyse(comparison_of(two_arms([(end, end) for end, _ in endings]))).standings[1].against["random"]
    assert (outcome.end.mean, outcome.end.low, outcome.end.high, outcome.p) == (0, 0, 0, 1)
    assert (outcome.area.low, outcome.area.high, outcome.wins, outcome.loses) == (0, 0, False, False)


@settings(max_examples=30)
@given(endings=ENDINGS, lift=st.floats(0.1, 1))
def test_a_constant_moves_levels_alone(
    comparison_of: MakeComparison, endings: list[tuple[float, float]], lift: float
) -> None:
    def lifted(by: float) -> Results:
        def moved(knots: list[tuple[float, float]]) -> list[tuple[float, float]]:
            return [(at_s, quality + by) for at_s, quality in knots]

        arms = two_arms(endings).items()
        return analyse(comparison_of({name: {seed: moved(each) for seed, each in row.items()} for name, row in arms}))

    plain, moved = lifted(0.0), lifted(lift)
    assert moved.standings[1].end.mean == pytest.approx(plain.standings[1].end.mean + lift)
    assert moved.gate.rise.mean == pytest.approx(plain.gate.rise.mean)
    before, after = (each.standings[1].against["random"].end for each in (plain, moved))
    assert after.mean == pytest.approx(before.mean, abs=1e-9)
    assert after.sd == pytest.approx(before.sd, abs=1e-9)


def test_a_helped_arm_is_held_against_random_images_with_its_help(comparison_of: MakeComparison) -> None:
    ends = {"random": ENDS["random"], "random+boxes": (0.53, 0.54, 0.58), "entropy+boxes": (0.56, 0.57, 0.61)}
    _, by_lot, chosen = analyse(comparison_of(arms_to(ends))).standings
    assert list(by_lot.against) == ["random"]
    assert list(chosen.against) == ["random", "random+boxes"]
    assert chosen.against["random+boxes"].end.mean == pytest.approx(0.03)


def test_a_control_says_nothing_of_what_usable_arms_can_show(comparison_of: MakeComparison) -> None:
    alone = analyse(comparison_of(arms_to(ENDS)))
    beside = analyse(comparison_of(arms_to({**ENDS, "random*2": (0.6, 0.63, 0.64)})))
    assert beside.gate == alone.gate
    assert beside.recommendation.compared == 1
