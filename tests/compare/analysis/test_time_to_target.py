import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.compare.analysis.curves import QualityCurve
from maskloop.compare.analysis.time_to_target import crossing, reach


def straight(*ends: float, start: float = 0.2) -> dict[int, QualityCurve]:
    """From `start` at 0 s to an end at 1000 s, one a seed."""
    return {seed: QualityCurve(np.array([0.0, 1000.0]), np.array([start, end])) for seed, end in enumerate(ends)}


def test_an_arm_twice_as_fast_needs_half_the_time() -> None:
    outcome = reach(straight(0.6, 0.6), straight(0.4, 0.4), 0.0, 1000.0)
    assert outcome is not None
    assert outcome.quality == pytest.approx(0.4)
    # no seed differs from another, so the interval is the time itself
    assert (outcome.seconds, outcome.low, outcome.high) == pytest.approx((500, 500, 500))


def test_the_interval_is_where_a_paired_t_test_cannot_tell() -> None:
    outcome = reach(straight(0.58, 0.60, 0.62), straight(0.4, 0.4, 0.4), 0.0, 1000.0)
    assert outcome is not None
    # ahead at s = t / 1000: mean .4 s - .2, sd .02 s; 4.3027 / sqrt(3) * .02 = .049683
    # zero at .5; upper end zero where (.4 + .049683) s = .2, lower end where (.4 - .049683) s = .2
    assert (outcome.seconds, outcome.low, outcome.high) == pytest.approx((500, 444.76, 570.91), abs=0.01)


def test_seeds_that_rise_and_fall_together_say_more_than_others() -> None:
    """Random's end is taken seed by seed."""
    paired = reach(straight(0.5, 0.6, 0.7), straight(0.3, 0.4, 0.5), 0.0, 1000.0)
    crossed = reach(straight(0.5, 0.6, 0.7), straight(0.5, 0.4, 0.3), 0.0, 1000.0)
    assert paired is not None
    assert crossed is not None
    assert paired.seconds == pytest.approx(crossed.seconds)
    assert paired.high is not None
    assert crossed.high is None


def test_an_arm_that_falls_back_is_not_surely_there() -> None:
    """Above random's end halfway, whatever the seed, and no more at the end."""
    times_s = np.array([0.0, 500.0, 1000.0])
    arm = {seed: QualityCurve(times_s, np.array([0.2, 0.6, end])) for seed, end in enumerate((0.3, 0.4, 0.5))}
    outcome = reach(arm, straight(0.4, 0.4, 0.4), 0.0, 1000.0)
    assert outcome is not None
    assert (outcome.seconds, outcome.low) == pytest.approx((250, 250))
    assert outcome.high is None


def test_an_arm_that_comes_back_is_there_for_good_from_then_on() -> None:
    times_s = np.array([0.0, 200.0, 400.0, 600.0])
    arm = {seed: QualityCurve(times_s, np.array([0.2, 0.6, 0.2, 0.6])) for seed in range(3)}
    outcome = reach(arm, straight(0.4, 0.4, 0.4), 0.0, 1000.0)
    assert outcome is not None
    assert (outcome.seconds, outcome.high) == pytest.approx((100, 500))


def test_an_arm_that_ends_lower_never_gets_there() -> None:
    outcome = reach(straight(0.3, 0.3), straight(0.4, 0.4), 0.0, 1000.0)
    assert outcome is not None
    assert (outcome.seconds, outcome.low, outcome.high) == (None, None, None)


def test_an_arm_that_may_be_as_good_has_an_open_end() -> None:
    outcome = reach(straight(0.3, 0.5), straight(0.41, 0.41), 0.0, 1000.0)
    assert outcome is not None
    assert outcome.seconds is None
    assert outcome.low is not None
    assert outcome.high is None


def test_a_single_seed_has_a_time_and_no_interval() -> None:
    outcome = reach(straight(0.6), straight(0.4), 0.0, 1000.0)
    assert outcome is not None
    assert outcome.seconds == pytest.approx(500)
    assert (outcome.low, outcome.high) == (None, None)


def test_without_a_common_seed_there_is_nothing_to_tell() -> None:
    assert reach({7: straight(0.6)[0]}, straight(0.4), 0.0, 1000.0) is None


def test_the_first_crossing_counts() -> None:
    times_s = np.array([0.0, 10.0, 20.0, 30.0])
    assert crossing(times_s, np.array([-1.0, 3.0, -1.0, 1.0])) == pytest.approx(2.5)
    assert crossing(times_s, np.array([-1.0, -1.0, 0.0, 1.0])) == 20
    assert crossing(times_s, np.array([0.5, 1.0, 1.0, 1.0])) == 0
    assert crossing(times_s, np.array([-1.0, -1.0, -1.0, -0.1])) is None


@given(ends=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=6))
def test_the_interval_holds_the_time(ends: list[tuple[float, float]]) -> None:
    outcome = reach(straight(*(own for own, _ in ends)), straight(*(other for _, other in ends)), 0.0, 1000.0)
    assert outcome is not None
    if outcome.seconds is not None:
        assert outcome.low is not None
        assert outcome.low <= outcome.seconds
        assert outcome.high is None or outcome.seconds <= outcome.high


def test_shares_are_of_the_time_at_which_random_gets_there_first() -> None:
    """Random is there after 800 s and stays; the arm after 500 s, as in the case above."""
    random = {seed: QualityCurve(np.array([0.0, 800.0]), np.array([0.2, 0.4])) for seed in range(3)}
    outcome = reach(straight(0.58, 0.60, 0.62), random, 0.0, 1000.0)
    assert outcome is not None
    assert (outcome.share, outcome.share_low, outcome.share_high) == pytest.approx(
        (500 / 800, 444.76 / 800, 570.91 / 800), abs=1e-4
    )


def test_a_time_that_is_not_known_has_no_share() -> None:
    outcome = reach(straight(0.3, 0.3), straight(0.4, 0.4), 0.0, 1000.0)
    assert outcome is not None
    assert (outcome.share, outcome.share_low, outcome.share_high) == (None, None, None)


def test_of_no_time_at_all_there_is_no_share() -> None:
    outcome = reach(straight(0.3), straight(0.3), 0.0, 0.0)
    assert outcome is not None
    assert (outcome.seconds, outcome.share) == (0, None)
