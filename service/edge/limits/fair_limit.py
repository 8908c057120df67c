"""A limit that clients share fairly: those who wait take turns, client by client."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from maskloop.errors import QueueFull

RETRY_AFTER_S = 0.5


class FairLimit:
    """So much of something for all, such as threads or bytes, and less of it for any one client.

    Belongs to one event loop; its threads may not touch it.

    Args:
        total: for all clients together, at least 1.
        share: for one client, at least 1. Nobody may ask for more at once.
        waiting: how many may wait until there is enough; half of them of one client.
        what: it is, in plural, for errors.
    """

    def __init__(self, total: int, share: int, waiting: int, what: str) -> None:
        self._free = total
        self._share = min(share, total)
        self._waiting = waiting
        self._what = what
        self._held: Counter[str] = Counter()
        self._queues: dict[str, deque[tuple[int, asyncio.Future[None]]]] = {}

    async def take(self, client: str, amount: int = 1, within_s: float | None = None) -> None:
        """Take so much for a client, who gives it back with `give`; waits its turn where there is not enough.

        Args:
            within_s: for how long, `None` for as long as it takes.

        Raises:
            QueueFull: too many wait already, or it took too long; says when to come back.
        """
        if client not in self._queues and self._fits(client, amount):
            self._grant(client, amount)
            return
        of_client = self._queues.get(client, ())
        if sum(map(len, self._queues.values())) >= self._waiting or 2 * len(of_client) >= max(2, self._waiting):
            raise self._refusal()
        turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(client, deque()).append((amount, turn))
        try:
            async with asyncio.timeout(within_s):
                await turn
        except BaseException as error:
            self._leave(client, amount, turn)
            if isinstance(error, TimeoutError):
                raise self._refusal() from error
            raise

    def give(self, client: str, amount: int = 1) -> None:
        """Give back what was taken, or a part of it."""
        self._free += amount
        self._held[client] -= amount
        if not self._held[client]:
            del self._held[client]
        self._serve()

    @asynccontextmanager
    async def held(self, client: str, amount: int = 1, within_s: float | None = None) -> AsyncIterator[None]:
        """`take`, and `give` at the end."""
        await self.take(client, amount, within_s)
        try:
            yield
        finally:
            self.give(client, amount)

    def _fits(self, client: str, amount: int) -> bool:
        return amount <= self._free and self._held[client] + amount <= self._share

    def _grant(self, client: str, amount: int) -> None:
        self._free -= amount
        self._held[client] += amount

    def _serve(self) -> None:
        """Let those in whose turn it is: one of each client, until none fits."""
        served = True
        while served:
            served = False
            for client in list(self._queues):
                amount, turn = self._queues[client][0]
                if turn.cancelled():  # and its task has not come to know of it
                    self._drop(client, amount, turn)
                    served = True
                elif self._fits(client, amount):
                    self._grant(client, amount)
                    self._drop(client, amount, turn)
                    turn.set_result(None)
                    served = True

    def _leave(self, client: str, amount: int, turn: asyncio.Future[None]) -> None:
        """Stop waiting; what was granted in the same moment goes back."""
        if turn.done() and not turn.cancelled():
            self.give(client, amount)
        else:
            self._drop(client, amount, turn)
            self._serve()

    def _drop(self, client: str, amount: int, turn: asyncio.Future[None]) -> None:
        """Take a turn out of its queue, if it is there still; the client goes to the end of the round."""
        queue = self._queues.pop(client, deque())
        if (amount, turn) in queue:
            queue.remove((amount, turn))
        if queue:
            self._queues[client] = queue

    def _refusal(self) -> QueueFull:
        return QueueFull(f"too many {self._what}; come back later", retry_after_s=RETRY_AFTER_S)
