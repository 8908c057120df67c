"""Differences pooled over settings, beside cases by hand and a simulation."""

import numpy as np
import pytest
from scipy import stats

from maskloop.compare.analysis.intervals import estimate
from maskloop.compare.analysis.pooled_effect import pooled_difference
from maskloop.compare.analysis.results import Difference


def difference(values: list[float]) -> Difference:
    return Difference("random", estimate(values), estimate(values), None)


def test_one_setting_is_the_paired_t_test_in_shares_of_the_rise():
    values = [0.01, 0.03, 0.02, 0.05, -0.01]
    pooled = pooled_difference([(difference(values), 0.1)])
    low, high = stats.t.interval(0.95, 4, np.mean(values) / 0.1, stats.sem(values) / 0.1)
    assert (pooled.mean, pooled.low, pooled.high) == pytest.approx((0.2, low, high))
    assert pooled.p == pytest.approx(stats.ttest_1samp(values, 0).pvalue)


def test_settings_weigh_alike_however_noisy_and_however_much_there_was_to_gain():
    quiet, loud = difference([0.01, 0.01, 0.0, 0.02]), difference([0.3, -0.1, 0.5, 0.1])
    pooled = pooled_difference([(quiet, 0.1), (loud, 1.0)])
    assert pooled.mean == pytest.approx((0.1 + 0.2) / 2)
    assert pooled.settings == 2


def test_the_interval_holds_as_often_as_it_says():
    """3,000 summaries over three settings of different noise, five seeds each; the truth is a tenth of the rise."""
    rng = np.random.default_rng(0)
    rises, noises = np.array([0.1, 0.2, 0.05]), np.array([0.02, 0.08, 0.01])
    held = 0
    for _ in range(3000):
        drawn = rng.normal(0.1 * rises[:, None], noises[:, None], (3, 5))
        pooled = pooled_difference([(difference(list(each)), rise) for each, rise in zip(drawn, rises, strict=True)])
        held += pooled.low <= 0.1 <= pooled.high
    assert 0.935 < held / 3000 < 0.975


def test_nothing_is_pooled_from_single_seeds_or_where_random_did_not_rise():
    assert pooled_difference([(difference([0.1]), 0.1), (difference([0.1, 0.2]), 0.0)]) is None


def test_arms_that_never_differ_leave_no_doubt():
    assert pooled_difference([(difference([0.0, 0.0]), 0.1)]).p == 1.0
