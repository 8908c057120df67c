"""Long work as it goes on, told to browsers by server-sent events.

However many browsers of one person listen, the server is asked once a second at most, and not at all while nobody does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
from itertools import islice
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import StreamingResponse

from maskloop.client import Client
from maskloop.errors import InternalError, MaskloopError, Unauthenticated
from maskloop.values import Operation
from maskloop.web.documents.operations import operation_document
from maskloop.web.errors import error_document
from maskloop.web.threads import Threads

ASK_EVERY_S = 1.0
SAY_SOMETHING_EVERY_S = 15.0
"""A silent connection may have been cut by what lies between."""
TOLD_FIRST, TOLD_AGAIN = 50, 4
"""Operations that are listed, newest first: at the beginning, and at each further look beside the unfinished ones."""
Document = dict[str, Any]
ClientOf = Callable[[HTTPConnection, str], Client]
"""A client that speaks for whoever asks, who leads that project. Blocks; raises Unauthenticated, PermissionDenied."""
_log = logging.getLogger(__name__)


class OperationFeed:
    """The operations of a server's projects.

    Args:
        client_of: who asks for a project's operations; may block.
        threads: where calls block.
        every_s: how long to wait between two looks.
    """

    def __init__(self, client_of: ClientOf, threads: Threads, every_s: float = ASK_EVERY_S) -> None:
        self._client_of = client_of
        self._threads = threads
        self._every_s = every_s
        self._watches: dict[tuple[Client, str], _Watch] = {}

    async def answer(self, request: Request) -> StreamingResponse:
        """The endpoint of `/api/projects/{project}/events`; the application's end is its own."""
        project_id = request.path_params["project"]
        client = await self._threads.run(partial(self._client_of, request, project_id))
        stream = self.listen(client, project_id, request.app.state.stopping)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    async def listen(self, client: Client, project_id: str, stopping: threading.Event) -> AsyncGenerator[bytes, None]:
        """Events: `operation` for each that is there at the beginning or changes, `trouble` where the server cannot be
        asked, and `well` when it can be again. Ends when `stopping` is set, or the listener's token is withdrawn."""
        key = (client, project_id)
        watch = self._watches.get(key)
        if watch is None:
            watch = self._watches[key] = _Watch(client, project_id)
            watch.task = asyncio.create_task(self._keep_asking(watch))
        watch.listeners += 1
        try:
            async for event in _told(watch, stopping, self._every_s):
                yield event
        finally:
            watch.listeners -= 1
            if not watch.listeners and watch.task is not None:
                watch.task.cancel()
                self._watches.pop(key, None)

    async def _keep_asking(self, watch: _Watch) -> None:
        while True:
            try:
                found = await self._threads.run(watch.look)
                watch.take(found)
            except Unauthenticated as error:
                watch.trouble, watch.is_over = error_document(error), True
                return
            except MaskloopError as error:
                watch.trouble = error_document(error)
            except Exception as error:  # a fault of ours: else nobody would hear anything any more, nor why
                _log.error("long work of project %.80s", watch.project_id, exc_info=error)
                watch.trouble = error_document(InternalError("Long work cannot be followed just now; see the log."))
            await asyncio.sleep(self._every_s)


class _Watch:
    """One project's operations, as they were when last looked at."""

    def __init__(self, client: Client, project_id: str) -> None:
        self._client = client
        self.project_id = project_id
        self._operations: dict[str, Operation] = {}
        self.documents: Mapping[str, Document] = {}
        self.trouble: Document | None = None
        self.is_over = False
        self.listeners = 0
        self.task: asyncio.Task[None] | None = None

    def look(self) -> list[Operation]:
        """Ask the server for what may have changed. Blocks."""
        number = TOLD_AGAIN if self._operations else TOLD_FIRST
        listed = self._client.list_operations(project_id=self.project_id, page_size=number)
        found = list(islice(listed, number))
        seen = {operation.id for operation in found}
        open_ = [each.id for each in self._operations.values() if not each.state.has_ended and each.id not in seen]
        return [*found, *(self._client.get_operation(operation_id=each) for each in open_)]

    def take(self, found: list[Operation]) -> None:
        """Keep what was found."""
        self._operations |= {operation.id: operation for operation in found}
        self.documents = {key: operation_document(operation) for key, operation in self._operations.items()}
        self.trouble = None


async def _told(watch: _Watch, stopping: threading.Event, every_s: float) -> AsyncGenerator[bytes, None]:
    """What one listener has not heard yet, again and again; one who is slow hears the latest, and no more."""
    told: dict[str, Document] = {}
    trouble: Document | None = None
    silent_s = 0.0
    yield b"retry: 2000\n\n"
    while not stopping.is_set():
        news = {key: document for key, document in watch.documents.items() if told.get(key) != document}
        told |= news
        events = [_event("operation", news[key]) for key in sorted(news, key=lambda key: news[key]["created_at"] or 0)]
        if watch.trouble != trouble:
            trouble = watch.trouble
            events.append(_event("well", {}) if trouble is None else _event("trouble", trouble))
        silent_s = 0.0 if events else silent_s + every_s / 2
        if silent_s >= SAY_SOMETHING_EVERY_S:
            silent_s = 0.0
            events.append(b": still here\n\n")
        for event in events:
            yield event
        if watch.is_over:
            return
        await asyncio.sleep(every_s / 2)


def _event(name: str, document: Document) -> bytes:
    return f"event: {name}\ndata: {json.dumps(document, allow_nan=False)}\n\n".encode()
