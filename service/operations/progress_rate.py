"""How fast an operation moves: which reports are worth writing down, and when it may end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from maskloop.values import Operation, OperationState

REPORT_EVERY_S = 0.5


class Pace:
    """Follows one operation through one run of the server.

    Args:
        spent_s: seconds the device spent on it in runs before.
        clock: seconds that never go back.
    """

    def __init__(self, spent_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._spent_s = spent_s
        self._clock = clock
        self._first: tuple[float, float] | None = None
        self._last_s = float("-inf")

    def is_due(self, share: float) -> bool:
        """Whether a report should be written: the first, the last, and one every `REPORT_EVERY_S`."""
        now_s = self._clock()
        due = share >= 1.0 or now_s - self._last_s >= REPORT_EVERY_S
        if due:
            self._last_s = now_s
        return due

    def told(self, operation: Operation, share: float, message: str, seconds: float) -> Operation:
        """The operation as the report tells it; `seconds` are of this run of the server."""
        first_share, first_s = self._first = self._first or (share, seconds)
        moved = share - first_share
        return replace(
            operation,
            state=OperationState.RUNNING,
            progress=min(max(share, 0.0), 1.0),
            message=message,
            seconds=self._spent_s + seconds,
            eta_s=(1 - share) * (seconds - first_s) / moved if moved > 0 else None,
        )
