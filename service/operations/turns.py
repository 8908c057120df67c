"""One thread for much work: whoever asks for it takes turns, so that nobody's long queue keeps others waiting."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Rotation(Generic[R]):
    """What waits, by whose it is. Next is the first item of whoever had a turn least recently."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[R]] = {}
        self._turns = 0
        self._last_turn: dict[str, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, whose: str, item: R) -> None:
        """Let an item wait, behind all others of the same."""
        self._waiting.setdefault(whose, deque()).append(item)

    def take(self) -> R:
        """The next item; of those who never had a turn, the one who waits longest.

        Raises:
            IndexError: nothing waits.
        """
        if not self._waiting:
            raise IndexError("nothing waits")
        whose = min(self._waiting, key=lambda each: self._last_turn.get(each, 0))
        self._turns += 1
        self._last_turn[whose] = self._turns
        item = self._waiting[whose].popleft()
        if not self._waiting[whose]:
            del self._waiting[whose]
        return item


class Turns:
    """Does calls one at a time, in one thread that lives as long as this object.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._changed = threading.Condition()
        self._waiting: Rotation[Callable[[], None]] = Rotation()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, whose: str, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a call done when its turn comes; the future has what it returns or raises.

        Raises:
            RuntimeError: it is closed.
        """
        future: Future[R] = Future()

        def do() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = call(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._changed:
            if self._closing:
                raise RuntimeError("closed")
            self._waiting.add(whose, do)
            self._changed.notify()
        return future

    def close(self) -> None:
        """Take no more calls, and wait until those that wait are done."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    if self._closing:
                        return
                    self._changed.wait()
                do = self._waiting.take()
            do()
