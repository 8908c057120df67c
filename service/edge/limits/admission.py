"""What a call must pass before the server takes memory for it: how many calls, and how many bytes of requests.

gRPC reads a request only when it is asked to: until then no more of it arrives than the connection's window holds, a
few MiB. Nobody knows a request's size before it was read, so while it is read it counts as the largest there may be.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import DecodeError

from maskloop.convert.parts import check_parts
from maskloop.errors import DeadlineExceeded, InvalidArgument, ResourceExhausted
from service.config import MIB, ServerConfig
from service.edge.limits.clients import client_of
from service.edge.limits.desk_threads import REQUEST_BYTES
from service.edge.limits.fair_limit import FairLimit

LARGE = frozenset({
    "/maskloop.v1.LabelService/SubmitLabels",
    "/maskloop.v1.ModelService/ImportScores",
    "/maskloop.v1.ProjectService/ImportImages",
})  # fmt: skip
"""Methods whose requests may be as large as messages may be; those of others have at most `SMALL_BYTES`."""
HEALTH = "/grpc.health.v1.Health/"
WATCH = f"{HEALTH}Watch"
CHECKS, CHECKS_OF_CLIENT = 64, 8
"""Nobody shows a token to ask for the server's health either; who asks slowly keeps nobody else's requests waiting."""
CHECK_WITHIN_S = 2.0
WATCHES, WATCHES_OF_CLIENT = 256, 16
"""Nobody shows a token to watch the server's health, and a watch lasts as long as its caller likes."""
SMALL_BYTES = MIB
ARRIVES_WITHIN_S = {False: 10.0, True: 120.0}
"""What a request may take to arrive; a large one longer."""
TURN_WITHIN_S = 10.0
AT_ONCE_BYTES = 16 * 1024
"""Requests up to so many bytes are decoded where they arrive: that takes less time than to hand them to a thread."""


class Admission:
    """The limits of calls, for all clients together and for each.

    Args:
        config: says how much.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._most_bytes = config.max_message_bytes
        half = max(config.open_bytes // 2, self._most_bytes)
        share = max(half // 2, self._most_bytes)
        self._calls = FairLimit(config.open_calls, config.client_calls, 0, "calls are open")
        self._streams = FairLimit(
            config.open_streams, max(1, config.open_streams // 2), config.waiting_calls, "streams are open"
        )
        self._checks = FairLimit(CHECKS, CHECKS_OF_CLIENT, CHECKS, "checks of the server's health are open")
        self._bytes_of_health = FairLimit(
            CHECKS * self._most_bytes,
            CHECKS_OF_CLIENT * self._most_bytes,
            CHECKS,
            "checks of health arrive",
        )
        self._watches = FairLimit(WATCHES, WATCHES_OF_CLIENT, 0, "watches of the server's health are open")
        self._bytes = {  # large requests that arrive slowly keep no small ones waiting
            is_large: FairLimit(half, share, config.open_calls, "requests arrive") for is_large in (False, True)
        }
        self._decoder = ThreadPoolExecutor(1, thread_name_prefix="decode")

    @asynccontextmanager
    async def admitted(self, context: Any, method: str, streams: bool) -> AsyncIterator[Arrival]:
        """A call for as long as it is open.

        Args:
            context: of the call.
            method: its path.
            streams: whether it answers by a stream.

        Raises:
            QueueFull: too many calls or streams are open.
        """
        client, is_health = client_of(context), method.startswith(HEALTH)
        limit = self._bytes_of_health if is_health else self._bytes[method in LARGE]
        arrival = Arrival(context, method, self._most_bytes, limit=limit, decoder=self._decoder)
        async with AsyncExitStack() as held:
            if method == WATCH:
                await held.enter_async_context(self._watches.held(client))
            elif is_health:
                await held.enter_async_context(self._checks.held(client, within_s=TURN_WITHIN_S))
            else:
                await held.enter_async_context(self._calls.held(client))
            if streams:
                await held.enter_async_context(self._streams.held(client, within_s=TURN_WITHIN_S))
            held.callback(arrival.end)
            yield arrival

    def close(self) -> None:
        """Let go of the thread that decodes."""
        self._decoder.shutdown(wait=True, cancel_futures=True)


class Arrival:
    """A call's request, from before it is read until the call has ended. Made by `Admission.admitted`."""

    def __init__(
        self, context: Any, method: str, most_bytes: int, *, limit: FairLimit, decoder: ThreadPoolExecutor
    ) -> None:
        self._context = context
        self._client = client_of(context)
        self._method = method
        self._most_bytes = most_bytes
        self._limit = limit
        self._decoder = decoder
        self._held = 0

    async def request(self, deserializer: Any) -> Any:
        """Read the request, and decode it.

        Raises:
            QueueFull: too many requests arrive.
            DeadlineExceeded: it did not arrive in time.
            ResourceExhausted: it has more bytes than requests of its method may have.
            InvalidArgument: there is none, it is no message of the method, or has too many parts.
        """
        data = await self._read()
        REQUEST_BYTES.set(len(data))
        if len(data) <= AT_ONCE_BYTES:
            return _decoded(self._method, deserializer, data)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._decoder, _decoded, self._method, deserializer, data)

    def end(self) -> None:
        """Let go of its bytes."""
        self._limit.give(self._client, self._held)
        self._held = 0

    async def _read(self) -> bytes:
        await self._limit.take(self._client, self._most_bytes, TURN_WITHIN_S)
        self._held = self._most_bytes
        patience_s = CHECK_WITHIN_S if self._method.startswith(HEALTH) else ARRIVES_WITHIN_S[self._method in LARGE]
        try:
            async with asyncio.timeout(patience_s):
                data = await self._context.read()
        except TimeoutError as error:
            raise DeadlineExceeded(f"the request had not arrived after {patience_s:g} s") from error
        if data is grpc.aio.EOF:
            raise InvalidArgument("the call brought no request")
        self._limit.give(self._client, self._held - len(data))
        self._held = len(data)
        most = self._most_bytes if self._method in LARGE else min(SMALL_BYTES, self._most_bytes)
        if len(data) > most:
            raise ResourceExhausted(f"the request has {len(data):,} bytes; one of this method has at most {most:,}")
        return bytes(data)


def _decoded(method: str, deserializer: Any, data: bytes) -> Any:
    check_parts(Default().FindMethodByName(method[1:].replace("/", ".")).input_type, data)
    try:
        return deserializer(data)
    except DecodeError as error:
        raise InvalidArgument("the request is no message of this method") from error
