"""Where desk calls run: a bounded thread pool beside the event loop, with a bounded queue before it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, ParamSpec, TypeVar

from maskloop.errors import DeadlineExceeded, QueueFull

P = ParamSpec("P")
T = TypeVar("T")
RETRY_AFTER_S = 0.5


class DeskThreads:
    """Runs synchronous verbs in threads.

    Args:
        threads: verbs that run at once.
        queue_limit: verbs that may wait for a thread; more are refused.
    """

    def __init__(self, threads: int, queue_limit: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="desk")
        self._room = threads + queue_limit
        self._inside = 0

    async def call(self, context: Any, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `verb` in a thread and give its answer. `context` is the gRPC call's.

        Raises:
            QueueFull: too many calls wait already.
            DeadlineExceeded: the caller's deadline passed before a thread was free; nothing was done.
        """
        if self._inside >= self._room:
            raise QueueFull(f"{self._inside} calls are waiting", retry_after_s=RETRY_AFTER_S)
        remaining = context.time_remaining()
        until = None if remaining is None else time.monotonic() + remaining

        def run() -> T:
            if until is not None and time.monotonic() > until:
                raise DeadlineExceeded("the deadline passed before the call's turn came; nothing was done")
            return verb(*args, **kwargs)

        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, run)
        finally:
            self._inside -= 1

    async def stream(self, context: Any, verb: Callable[P, Iterator[T]], *args: P.args, **kwargs: P.kwargs) -> Any:
        """The items that `verb` yields, each made in a thread."""
        items = await self.call(context, verb, *args, **kwargs)
        return self._items(context, iter(items))

    async def _items(self, context: Any, items: Iterator[T]) -> AsyncIterator[T]:
        while item := await self.call(context, lambda: tuple(islice(items, 1))):
            yield item[0]

    def close(self) -> None:
        """Let running verbs end; those that wait are dropped."""
        self._executor.shutdown(wait=True, cancel_futures=True)
