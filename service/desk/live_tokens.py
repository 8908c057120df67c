"""The valid tokens, in memory: wrong ones are told without the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from maskloop.errors import Unauthenticated
from maskloop.values import Token
from service.store import Database
from service.store.clock import Clock
from service.store.tokens import live_tokens

KNOWN_FOR_S = 1.0
"""After that they are read again: somebody else may have changed the database."""
NEVER = float("-inf")


@dataclass(frozen=True)
class _Reading:
    """What was read, and when."""

    read_at: float = NEVER
    by_digest: Mapping[str, Token] = field(default_factory=dict)


class LiveTokens:
    """The valid tokens by the digests of their secrets; may be asked by many threads.

    Args:
        database: keeps them.
        clock: tells which have expired.
        ticks: seconds that never go back.
    """

    def __init__(self, database: Database, clock: Clock, ticks: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._ticks = ticks
        self._reading = _Reading()
        self._changes = 0
        self._changing = threading.Lock()
        self._refreshing = threading.Lock()

    def recall(self, digest: str) -> Token | None:
        """The token, from memory alone; `None` if what is there is too old to tell.

        Raises:
            Unauthenticated: there is none, or it was withdrawn, or has expired; which of these is not told.
        """
        reading = self._reading
        if self._ticks() - reading.read_at >= KNOWN_FOR_S:
            return None
        return self._valid(reading, digest)

    def find(self, digest: str) -> Token:
        """The token, from the database where memory is too old to tell. However many ask, it is read once.

        Raises:
            Unauthenticated: as for `recall`.
            Unavailable: the database cannot be reached.
        """
        with self._refreshing:
            return self.recall(digest) or self._valid(self._read(), digest)

    def forget(self) -> None:
        """Read them again before the next answer: they have changed."""
        with self._changing:
            self._changes += 1
            self._reading = replace(self._reading, read_at=NEVER)

    def _read(self) -> _Reading:
        """Read all; what was read while they changed is not kept."""
        changes, read_at = self._changes, self._ticks()
        with self._database.read() as tx:
            reading = _Reading(read_at, live_tokens(tx, self._clock(), self._reading.by_digest))
        with self._changing:
            if changes == self._changes:
                self._reading = reading
        return reading

    def _valid(self, reading: _Reading, digest: str) -> Token:
        token = reading.by_digest.get(digest)
        if token is None or not token.is_valid(self._clock()):
            raise Unauthenticated(
                "the server does not accept this token: it is unknown, withdrawn or expired", field="authorization"
            )
        return token
