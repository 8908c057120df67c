"""What was made of the images asked for last, in memory."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")
LIMIT_BYTES = 1 << 29


class Recent(Generic[Value]):
    """Values by key, the least recently used of which go.

    Args:
        limit_bytes: of all values together; the last one stays, however large it is.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._values: OrderedDict[str, tuple[Value, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str) -> Value | None:
        """The value of a key, which is the most recent one from now on; `None` where it is not there."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key][0]

    def keep(self, key: str, value: Value, size_bytes: int) -> None:
        """Keep a value, and let go of others until there is room."""
        self._values.pop(key, None)
        self._values[key] = value, size_bytes
        while len(self._values) > 1 and sum(size for _, size in self._values.values()) > self._limit:
            self._values.popitem(last=False)
