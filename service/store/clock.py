"""Where time and new ids come from: arguments everywhere, so that tests and replays choose them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
NewId = Callable[[], str]


def utc_now() -> datetime:
    """The time of day, aware, in UTC."""
    return datetime.now(UTC)


def since_boot() -> float:
    """Seconds that never jump and never go back, those included in which the machine slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def steady_clock(begun: datetime, seconds: Callable[[], float] = since_boot) -> Clock:
    """A clock that is set once and then knows nothing of the time of day, however that is set anew.

    Args:
        begun: what it shows first.
        seconds: seconds that never go back.
    """
    at_s = seconds()
    return lambda: begun + timedelta(seconds=seconds() - at_s)


def new_id() -> str:
    """A fresh opaque id: 32 hex digits."""
    return uuid.uuid4().hex
