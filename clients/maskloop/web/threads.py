"""Calls that block, beside the event loop: so many at once, so many that wait, and each with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from maskloop.errors import DeadlineExceeded, QueueFull

T = TypeVar("T")
AT_ONCE = 16
WAITING = 256
WITHIN_S = 60.0
RETRY_AFTER_S = 1.0


class Threads:
    """A bounded pool.

    Args:
        at_once: calls that are worked on at once.
        waiting: calls that may wait for that.
    """

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="page")
        self._most = at_once + waiting
        self._taken = 0

    async def run(self, call: Callable[[], T], within_s: float = WITHIN_S) -> T:
        """What the call returns or raises.

        Raises:
            QueueFull: too many calls wait.
            DeadlineExceeded: it has not ended within `within_s`; one that has begun ends unheard.
        """
        if self._taken >= self._most:
            raise QueueFull("Too many requests are waiting.", retry_after_s=RETRY_AFTER_S)
        future = self._pool.submit(call)
        self._taken += 1
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda done: _tell(loop, self._ended))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), within_s)
        except TimeoutError as error:
            raise DeadlineExceeded(f"It has not ended within {within_s:g} s.") from error

    def close(self) -> None:
        """Drop what waits; what has begun ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ended(self) -> None:
        self._taken -= 1


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)
