"""What stands before every answer of the page: access, the size of requests, and headers that keep browsers safe."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maskloop.errors import Cancelled, MaskloopError, QueueFull, Unauthenticated
from maskloop.web.access import SAFE_METHODS, Access
from maskloop.web.errors import TOO_LARGE, answer_fault, error_response, too_large, too_slow

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Scripts and styles come from files of ours alone, none stands in a page."""
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
    }
)
"""Of every answer that does not say otherwise."""

LOOK_EVERY_S = 0.2
SILENT_S = 30.0
"""How long the next part of a request may take."""
MOST_HELD_BYTES = 512 * 1024 * 1024
"""Of requests that are worked on, together."""
RETRY_AFTER_S = 2.0
REFUSED = 1008
"""Code of a web socket that is closed by policy (RFC 6455, section 7.4.1)."""


class Guard:
    """Wraps the page's application.

    Args:
        app: the application.
        access: who may do what.
        stopping: set when the page ends: answers that would go on for ever then end, as if their readers had left.
    """

    def __init__(self, app: ASGIApp, access: Access, stopping: threading.Event) -> None:
        self._app = app
        self._access = access
        self._stopping = stopping
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # the page has no web sockets, whose handshake no header of ours would guard
            await send({"type": "websocket.close", "code": REFUSED})
            return
        answer = _Answer(send, is_kept=scope["path"].startswith("/static/"))
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, answer)
            return
        body = _Body(receive, self._access.most_body_bytes, self)
        try:
            await self._app(scope, body.receive, answer)
            if answer.has_begun and not answer.has_ended and self._stopping.is_set():
                await answer({"type": "http.response.body"})
        except ClientDisconnect:
            if not answer.has_begun:
                await error_response(Cancelled("The request did not come whole."))(scope, receive, answer)
        except Exception as error:
            if answer.has_begun:
                raise
            await (await answer_fault(Request(scope), error))(scope, receive, answer)
        finally:
            body.release()

    def _refusal(self, scope: Scope) -> Response | None:
        caller = HTTPConnection(scope)
        length = caller.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > self._access.most_body_bytes:
            return too_large(self._access.most_body_bytes)
        try:
            self._access.check(caller, scope["method"])
        except Unauthenticated as error:
            is_page = scope["method"] in SAFE_METHODS and not scope["path"].startswith("/api/")
            return RedirectResponse("/", 303) if is_page else error_response(error)
        except MaskloopError as error:
            return error_response(error)
        return None

    def hold(self, number: int) -> None:
        """Take note of bytes of requests that are held from now on; fewer for a negative number.

        Raises:
            QueueFull: all requests together would take too much room.
        """
        if number > 0 and self._held_bytes + number > MOST_HELD_BYTES:
            raise QueueFull("Too much is being sent at once.", retry_after_s=RETRY_AFTER_S)
        self._held_bytes += number

    async def next_of(self, receive: Receive, within_s: float) -> Message:
        """The next message of a request; the end of the page is as if whoever asks had left.

        Raises:
            HTTPException: there is none within so many seconds.
        """
        waiting = asyncio.ensure_future(receive())
        until = asyncio.get_running_loop().time() + within_s
        try:
            while not self._stopping.is_set():
                done, _ = await asyncio.wait({waiting}, timeout=min(LOOK_EVERY_S, within_s))
                if done:
                    return waiting.result()
                if asyncio.get_running_loop().time() >= until:
                    raise too_slow()
        finally:
            waiting.cancel()
        return {"type": "http.disconnect"}


class _Body:
    """A request's body as it comes in: cut off where it becomes too large, or stops.

    Args:
        receive: brings its messages.
        most_bytes: that it may have.
        guard: knows what all requests hold together, and when the page ends.
    """

    def __init__(self, receive: Receive, most_bytes: int, guard: Guard) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._guard = guard
        self._bytes, self._is_whole = 0, False

    async def receive(self) -> Message:
        """The next part; once it is whole, the end of who asked, or of the page."""
        message = await self._guard.next_of(self._receive, math.inf if self._is_whole else SILENT_S)
        part = len(message.get("body", b""))
        if self._bytes + part > self._most_bytes:
            raise HTTPException(TOO_LARGE, f"The request is larger than {self._most_bytes} bytes.")
        self._guard.hold(part)
        self._bytes += part
        self._is_whole = not message.get("more_body", False)
        return message

    def release(self) -> None:
        """Nobody needs it any more."""
        self._guard.hold(-self._bytes)


class _Answer:
    """An answer on its way, which gets the headers of all answers.

    Args:
        send: takes its messages.
        is_kept: whether browsers may keep it, as it says itself.
    """

    def __init__(self, send: Send, *, is_kept: bool) -> None:
        self._send = send
        self._is_kept = is_kept
        self.has_begun = self.has_ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-cache" if self._is_kept else "no-store")
        else:
            self.has_ended = not message.get("more_body", False)
        await self._send(message)
