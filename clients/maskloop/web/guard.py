"""What stands before every answer of the page: access, the size of requests, and headers that keep browsers safe."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maskloop.errors import MaskloopError, Unauthenticated
from maskloop.web.access import SAFE_METHODS, Access
from maskloop.web.errors import TOO_LARGE, answer_fault, error_response, too_large

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
        try:
            await self._app(scope, self._limited(receive), answer)
            if answer.has_begun and not answer.has_ended and self._stopping.is_set():
                await answer({"type": "http.response.body"})
        except Exception as error:
            if answer.has_begun:
                raise
            await (await answer_fault(Request(scope), error))(scope, receive, answer)

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

    def _limited(self, receive: Receive) -> Receive:
        """The body as it comes in, cut off where it becomes too large; then the end of who asked, or of the page."""
        taken, is_whole = 0, False

        async def limited() -> Message:
            nonlocal taken, is_whole
            message = await (self._until_the_end(receive) if is_whole else receive())
            taken += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if taken > self._access.most_body_bytes:
                raise HTTPException(TOO_LARGE, f"The request is larger than {self._access.most_body_bytes} bytes.")
            return message

        return limited

    async def _until_the_end(self, receive: Receive) -> Message:
        waiting = asyncio.ensure_future(receive())
        try:
            while not self._stopping.is_set():
                done, _ = await asyncio.wait({waiting}, timeout=LOOK_EVERY_S)
                if done:
                    return waiting.result()
        finally:
            waiting.cancel()
        return {"type": "http.disconnect"}


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
