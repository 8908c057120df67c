"""What earlier forecasts and plans had said, beside what came."""

import numpy as np
import pytest

from maskloop.report.kinds.divided import DividedBatch
from maskloop.report.outlook import next_round_checks, outlook
from maskloop.report.report import RoundReport
from maskloop.values import Estimate, KindOutlook, KindsBasis, KindsPlan, KindsReason, SupervisionKind

ONE = Estimate(1.0, 1.0, 1.0)


def test_of_many_rounds_a_forecast_is_held_against_two() -> None:
    """The next round and the last: those between would fill the table, and say little that is new."""
    measured = {number: (3600.0 * number, 0.4 + 0.02 * number) for number in range(1, 6)}
    told = outlook("pq", measured, 20_000.0, np.random.default_rng(0))
    assert told is not None
    assert [(each.made_in, each.of_round) for each in told.checks] == [(2, 3), (2, 5), (3, 4), (3, 5), (4, 5)]
    assert [(each.made_in, each.of_round) for each in next_round_checks(told)] == [(2, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize(("came", "right"), [(0.39, False), (0.4, True), (0.6, True), (0.61, False)])
def test_a_network_may_be_worse_than_expected_as_well_as_better(came: float, right: bool, a_round) -> None:
    full = KindOutlook(SupervisionKind.FULL, 1.0, 9.0, 200.0, 90, ONE, ONE, ONE)
    expected = Estimate(0.5, 0.4, 0.6)
    plan = KindsPlan(1000.0, 3000.0, (full,), expected, KindsBasis.PRIORS, KindsReason.BEST_END, "Outlines.", ())
    after: RoundReport = a_round(1, 2000.0, came)
    assert DividedBatch("first batch", plan, 0.0, {"full": 1000.0}, after).right is right
