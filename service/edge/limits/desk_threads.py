"""Where the work of calls is done: bounded threads beside the event loop, with a bounded queue before them.

Decoding, the verb and encoding are one piece of work: whatever a request holds, the event loop does none of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import ContextVar, copy_context
from functools import wraps
from itertools import islice
from typing import Any, ParamSpec, TypeVar

from maskloop.errors import DeadlineExceeded
from service.edge.limits.clients import client_of
from service.edge.limits.fair_limit import FairLimit

P = ParamSpec("P")
T = TypeVar("T")
OF_ONE_CLIENT = 0.75
"""Of the threads that one client's calls may keep busy."""
HEAVY, HEAVY_OF_ONE_CLIENT = 2, 1
"""Threads that work on large requests and exports.

These hold the interpreter's lock for tens of milliseconds at a time.
More of them at once would be no faster, and everybody else would wait for all of their turns.
"""
REQUEST_BYTES: ContextVar[int] = ContextVar("REQUEST_BYTES", default=0)
"""How many bytes the call's request came as; whoever reads it says so."""
HEAVY_BYTES = 1024 * 1024
"""Of a request, from which on it is a large one."""


class DeskThreads:
    """Runs synchronous work in threads. Clients take turns, and none may keep all threads busy.

    Args:
        threads: pieces of work that run at once.
        queue_limit: pieces of work that may wait for a thread, half of them of one client; more are refused.
    """

    def __init__(self, threads: int, queue_limit: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="desk")
        self._turns = FairLimit(threads, max(1, int(threads * OF_ONE_CLIENT)), queue_limit, "calls are waiting")
        self._heavy = FairLimit(HEAVY, HEAVY_OF_ONE_CLIENT, queue_limit, "large calls are waiting")

    async def call(self, context: Any, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `verb` in a thread, which knows who is calling, and give its answer. `context` is the gRPC call's.

        A call that its caller gives up keeps its thread until the verb ends.

        Raises:
            QueueFull: too many calls wait already.
            DeadlineExceeded: the caller's deadline passed before a thread was free; nothing was done.
        """
        return await self._run(context, [self._turns], verb, *args, **kwargs)

    async def call_heavy(self, context: Any, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `call`, for work on much data: few threads do it."""
        return await self._run(context, [self._heavy, self._turns], verb, *args, **kwargs)

    async def _run(
        self, context: Any, limits: Sequence[FairLimit], verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        remaining = context.time_remaining()
        until = None if remaining is None else time.monotonic() + remaining

        def run() -> T:
            if until is not None and time.monotonic() > until:
                raise DeadlineExceeded("the deadline passed before the call's turn came; nothing was done")
            return verb(*args, **kwargs)

        client, loop = client_of(context), asyncio.get_running_loop()
        with ExitStack() as held:
            for limit in limits:
                await limit.take(client)
                held.callback(limit.give, client)
            work = self._executor.submit(copy_context().run, run)
            give = held.pop_all().close
            work.add_done_callback(lambda _: loop.call_soon_threadsafe(give))
        return await asyncio.wrap_future(work)

    async def stream(self, context: Any, items: Iterator[T], *, is_heavy: bool = False) -> AsyncIterator[T]:
        """The items, each made in a thread, in turns with other calls."""
        call = self.call_heavy if is_heavy else self.call
        while item := await call(context, lambda: tuple(islice(items, 1))):
            yield item[0]

    def close(self) -> None:
        """Let running verbs end; those that wait are dropped."""
        self._executor.shutdown(wait=True, cancel_futures=True)


class Threaded:
    """A servicer whose methods do their work in threads; see `answered` and `streamed`.

    Args:
        threads: where they do.
    """

    def __init__(self, threads: DeskThreads) -> None:
        self._threads = threads


def answered(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """A method (self, request, context) -> message of a `Threaded` servicer, run in a thread; its answer is bytes."""
    return _answered(method, is_heavy=False)


def summed_up(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """As `answered`, for what reads all labels of a project."""
    return _answered(method, is_heavy=True)


def _answered(method: Callable[[Any, Any, Any], Any], *, is_heavy: bool) -> Callable[[Any, Any, Any], Any]:
    @wraps(method)
    async def answer(servicer: Threaded, request: Any, context: Any) -> bytes:
        threads = servicer._threads
        call = threads.call_heavy if is_heavy or REQUEST_BYTES.get() >= HEAVY_BYTES else threads.call
        return await call(context, lambda: bytes(method(servicer, request, context).SerializeToString()))

    return answer


def streamed(method: Callable[[Any, Any, Any], Iterator[Any]]) -> Callable[[Any, Any, Any], Any]:
    """A method (self, request, context) that yields messages, run in threads message by message; they come as bytes."""
    return _streamed(method, is_heavy=False)


def exported(method: Callable[[Any, Any, Any], Iterator[Any]]) -> Callable[[Any, Any, Any], Any]:
    """As `streamed`, for what makes a large document as it goes."""
    return _streamed(method, is_heavy=True)


def _streamed(method: Callable[[Any, Any, Any], Iterator[Any]], *, is_heavy: bool) -> Callable[[Any, Any, Any], Any]:
    @wraps(method)
    async def answer(servicer: Threaded, request: Any, context: Any) -> AsyncIterator[bytes]:
        pieces = (bytes(message.SerializeToString()) for message in method(servicer, request, context))
        async for piece in servicer._threads.stream(context, pieces, is_heavy=is_heavy):
            yield piece

    return answer
