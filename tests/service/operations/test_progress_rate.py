"""What a report of the device makes of an operation."""

from __future__ import annotations

from maskloop.values import Operation, OperationKind, OperationState
from service.operations.progress_rate import REPORT_EVERY_S, Pace

WAITING = Operation("o", "p", OperationKind.TRAIN, OperationState.PENDING)


def test_time_left_follows_from_the_pace_since_the_first_report():
    pace = Pace(spent_s=100.0)
    begun = pace.told(WAITING, 0.5, "resumed", 2.0)
    assert (begun.state, begun.progress, begun.eta_s, begun.seconds) == (OperationState.RUNNING, 0.5, None, 102.0)
    later = pace.told(begun, 0.6, "on", 7.0)  # a tenth in 5 s; four tenths are left
    assert abs(later.eta_s - 20.0) < 1e-9
    assert later.seconds == 107.0


def test_progress_stays_within_its_range():
    assert Pace(0.0).told(WAITING, 1.2, "", 1.0).progress == 1.0
    assert Pace(0.0).told(WAITING, -0.2, "", 1.0).progress == 0.0


def test_reports_are_written_now_and_then_and_the_last_one_always():
    now = [0.0]
    pace = Pace(0.0, clock=lambda: now[0])
    assert pace.is_due(0.0)
    assert not pace.is_due(0.1)
    now[0] += REPORT_EVERY_S
    assert pace.is_due(0.2)
    assert not pace.is_due(0.3)
    assert pace.is_due(1.0)
