"""Where time and new ids come from: arguments everywhere, so that tests and replays choose them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
NewId = Callable[[], str]


def utc_now() -> datetime:
    """The time of day, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh opaque id: 32 hex digits."""
    return uuid.uuid4().hex
