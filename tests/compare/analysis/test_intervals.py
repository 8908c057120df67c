import numpy as np
import pytest
from scipy import stats

from maskloop.compare.analysis.intervals import detectable, estimate, interval, p_value, pooled, seeds_for


def test_an_interval_by_hand() -> None:
    outcome = estimate([1.0, 2.0, 3.0, 4.0, 5.0])
    # sd = sqrt(2.5); t(.975, 4) = 2.7764; 2.7764 * sqrt(2.5 / 5) = 1.9632
    assert (outcome.mean, outcome.seeds) == (3.0, 5)
    assert outcome.sd == pytest.approx(2.5**0.5)
    assert (outcome.low, outcome.high) == pytest.approx((1.0368, 4.9632), abs=1e-4)


def test_a_single_value_has_no_interval() -> None:
    outcome = estimate([0.4])
    assert (outcome.mean, outcome.sd, outcome.low, outcome.high, outcome.seeds) == (0.4, None, None, None, 1)


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_intervals_hold_what_they_say(seeds: int) -> None:
    """95 % of 20,000 samples, give or take four standard errors."""
    low, high = interval(np.random.default_rng(seeds).normal(0.3, 0.1, size=(seeds, 20_000)))
    assert np.mean((low <= 0.3) & (high >= 0.3)) == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / 20_000) ** 0.5)


def test_p_is_scipys() -> None:
    first, second = np.array([0.5, 0.52, 0.49, 0.55]), np.array([0.48, 0.53, 0.46, 0.5])
    assert p_value(first - second) == pytest.approx(stats.ttest_rel(first, second).pvalue)


def test_p_where_seeds_do_not_differ() -> None:
    assert p_value([0.0, 0.0, 0.0]) == 1
    assert p_value([0.25, 0.25, 0.25]) == 0
    assert p_value([0.25]) is None


def test_a_detectable_difference_is_found_as_often_as_it_says() -> None:
    """The approximation gives 80 % to within a few at five seeds."""
    size = detectable(0.02, 5)
    assert size == pytest.approx((2.7764 + 0.9410) * 0.02 / 5**0.5, abs=1e-5)
    drawn = np.random.default_rng(0).normal(size, 0.02, size=(5, 20_000))
    low, _ = interval(drawn)
    assert np.mean(low > 0) == pytest.approx(0.8, abs=0.05)


def test_pooled_is_the_root_of_the_mean_variance() -> None:
    assert pooled([3.0, 4.0, 5.0]) == pytest.approx((50 / 3) ** 0.5)


def test_seeds_that_would_show_a_difference() -> None:
    # one standard deviation: (2.2622 + .8834) / sqrt(10) = .995, (2.3060 + .8889) / 3 = 1.065
    assert seeds_for(0.01, 0.01, 50) == 10
    assert seeds_for(0.01, 0.01, 9) is None
    assert seeds_for(0.01, 0.0, 9) == 2
