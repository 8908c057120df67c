"""Connections of browsers, which are closed where no request comes of them."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

ASKS_WITHIN_S = 20.0
"""What the head of a request may take: from the connection's first moment, or from its first byte after another."""


class Connection(H11Protocol):
    """One connection. Those that stay silent, or send a head letter by letter, would else hold a place for ever."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It is there."""
        super().connection_made(transport)
        self._begin_to_wait()

    def data_received(self, data: bytes) -> None:
        """Some bytes of it."""
        if self._patience is None and self._waits:
            self._begin_to_wait()
        super().data_received(data)
        if not self._waits:
            self._stop_to_wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._stop_to_wait()
        super().connection_lost(exc)

    @property
    def _waits(self) -> bool:
        """Whether the head of a request is still to come."""
        return self.cycle is None or self.cycle.response_complete

    def _begin_to_wait(self) -> None:
        self._patience = self.loop.call_later(ASKS_WITHIN_S, self._give_up)

    def _stop_to_wait(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self._waits and not self.transport.is_closing():
            self.transport.close()
