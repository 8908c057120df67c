"""Two kinds of columns: exact seconds, and times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator


class Seconds(TypeDecorator[float]):
    """Seconds as whole milliseconds, so that sums are exact in whatever order they are made."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> int | None:
        """Seconds to milliseconds."""
        return None if value is None else round(value * 1000)

    def process_result_value(self, value: Any, dialect: Dialect) -> float | None:
        """Milliseconds to seconds."""
        return None if value is None else int(value) / 1000


class UtcTime(TypeDecorator[datetime]):
    """Aware times, kept in UTC (SQLite keeps no time zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, any zone, to UTC; without zone for SQLite."""
        if value is None:
            return None
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def whole_ms(seconds: float) -> float:
    """Seconds as a `Seconds` column keeps them."""
    return round(seconds * 1000) / 1000
