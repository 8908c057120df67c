"""A channel with manners: every call has a deadline, errors come as Maskloop's own, and what may be repeated is.

Repeated are idempotent calls that ended UNAVAILABLE, or ABORTED or RESOURCE_EXHAUSTED with a delay from the server; the
pauses double, with jitter, until `Retry.patience_s` is used up.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc

from maskloop.address import Endpoint
from maskloop.client.channel import metadata_of, open_channel
from maskloop.client.errors import error_of
from maskloop.errors import Aborted, DeadlineExceeded, MaskloopError, ResourceExhausted, Unavailable

T = TypeVar("T")
CALLS_IN_FLIGHT = 64
"""Of one client; thousands on one channel have been seen to end CANCELLED."""


@dataclass(frozen=True)
class Retry:
    """How failed calls are repeated.

    Args:
        patience_s: no attempt begins later than this many seconds after the first; 0 means a single attempt.
        first_s, longest_s: the first pause, and the longest; each is twice the one before.
        jitter: a number in [0, 1) that the pause is stretched by, up to half of it.
        sleep, clock: how to wait, and a clock in seconds that never goes back.
    """

    patience_s: float = 10.0
    first_s: float = 0.05
    longest_s: float = 2.0
    jitter: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def pauses(self) -> Iterator[float]:
        """Seconds to wait before each further attempt, jitter included."""
        pause = self.first_s
        while True:
            yield pause * (1 + self.jitter() / 2)
            pause = min(2 * pause, self.longest_s)


class Wire:
    """One gRPC channel to one server. Safe to share between threads.

    Args:
        endpoint: where the server is; its token file is not read.
        token: goes with each call; "" for none.
        timeout_s: deadline of a call.
        retry: how failed calls are repeated.

    Raises:
        InvalidConfig: a PEM file cannot be used, or the token is none or would leave this machine unencrypted.
    """

    def __init__(self, endpoint: Endpoint, token: str, *, timeout_s: float, retry: Retry) -> None:
        self.address = endpoint.address
        self._endpoint = endpoint
        self._metadata = metadata_of(token, endpoint)
        self.channel = open_channel(endpoint)
        self.clock = retry.clock
        self._timeout_s = timeout_s
        self._retry = retry
        self._in_flight = threading.BoundedSemaphore(CALLS_IN_FLIGHT)

    def with_token(self, token: str) -> Wire:
        """The same channel, and the same bound on calls in flight, with another token on each call.

        Raises:
            InvalidConfig: it is none, or would leave this machine unencrypted.
        """
        other = copy(self)
        other._metadata = metadata_of(token, self._endpoint)
        return other

    def call(self, method: Any, request: Any, *, timeout_s: float | None = None, idempotent: bool = True) -> Any:
        """One unary call.

        Args:
            method: a method of a stub.
            request: its message.
            timeout_s: deadline of each attempt, the client's default when `None`.
            idempotent: whether the call may be repeated.

        Raises:
            MaskloopError: what the server raised, or what became of the connection.
        """
        return self.collect(method, request, lambda response: response, timeout_s=timeout_s, idempotent=idempotent)

    def collect(
        self,
        method: Any,
        request: Any,
        take: Callable[[Any], T],
        *,
        timeout_s: float | None = None,
        idempotent: bool = True,
    ) -> T:
        """One call whose answer `take` turns into a value; a stream that breaks is taken again from its beginning."""
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        begun, pauses = self.clock(), self._retry.pauses()
        while True:
            try:
                return self._attempt(method, request, take, limit_s)
            except (Unavailable, Aborted, ResourceExhausted) as error:
                pause = max(next(pauses), error.retry_after_s or 0.0)
                late = self.clock() - begun + pause > self._retry.patience_s
                if not idempotent or late or not _may_pass(error):
                    raise
                self._retry.sleep(pause)

    def close(self) -> None:
        """Close the channel; calls in flight end."""
        self.channel.close()

    def _attempt(self, method: Any, request: Any, take: Callable[[Any], T], timeout_s: float) -> T:
        if not self._in_flight.acquire(timeout=timeout_s):
            raise DeadlineExceeded(f"{CALLS_IN_FLIGHT} calls to {self.address} were in flight for {timeout_s:g} s")
        try:
            return take(method(request, timeout=timeout_s, metadata=self._metadata))
        except grpc.RpcError as error:
            plaintext = self._endpoint.tls_root is None
            raise error_of(error, self.address, timeout_s, is_plaintext=plaintext) from error
        finally:
            self._in_flight.release()


def _may_pass(error: MaskloopError) -> bool:
    return isinstance(error, Unavailable) or error.retry_after_s is not None
