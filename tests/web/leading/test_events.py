"""Operations as events: all that there are at the beginning, changes afterwards, one look for all listeners."""

import asyncio
import json
import threading
from contextlib import ExitStack
from itertools import pairwise

import httpx
import pytest
from starlette.routing import Route

from maskloop.client import Client, Retry
from maskloop.web.leading.events import OperationFeed
from maskloop.web.serve import Place, Serving
from maskloop.web.threads import Threads
from maskloop.web.work import for_everybody
from tests.service.squares import imports


def parsed(event):
    """Name and document of an event; neither of a remark."""
    lines = event.decode().splitlines()
    named = {line.partition(": ")[0]: line.partition(": ")[2] for line in lines}
    return named.get("event"), json.loads(named["data"]) if "data" in named else None


async def heard(feed, client, project, stopping, until):
    """What a listener hears up to an event that satisfies `until`."""
    events = []
    stream = feed.listen(client, project, stopping)
    async for event in stream:
        name, document = parsed(event)
        if name:
            events.append((name, document))
            if until(name, document):
                break
    await stream.aclose()
    return events


@pytest.fixture
def threads():
    made = Threads()
    yield made
    made.close()


def test_listeners_hear_what_begins_changes_and_ends(server, page, threads):
    server.desks.operations.open()
    page.client.import_images(project_id=page.project, images=imports(2, 0, 1))
    feed, stopping = OperationFeed(for_everybody(page.client), threads, every_s=0.05), threading.Event()

    def has_ended(name, document):
        return document.get("state") in ("failed", "cancelled")

    async def listen():
        listeners = [asyncio.create_task(heard(feed, page.client, page.project, stopping, has_ended)) for _ in range(3)]
        await asyncio.sleep(0.2)
        operation = await asyncio.to_thread(
            page.client.train_model, project_id=page.project, recipe="compact", overrides={"iterations": 1}
        )
        await asyncio.to_thread(page.client.cancel_operation, operation_id=operation.id)
        return operation, await asyncio.wait_for(asyncio.gather(*listeners), 60)

    operation, heard_by_each = asyncio.run(listen())
    for events in heard_by_each:
        names, documents = zip(*events, strict=True)
        assert set(names) == {"operation"}
        assert {document["id"] for document in documents} == {operation.id}
        assert documents[-1]["kind"] == "train"
        assert all(first != then for first, then in pairwise(documents))
    assert not feed._watches


def test_a_server_that_cannot_be_asked_is_trouble_and_told_once(threads, tmp_path):
    async def listen(client):
        feed = OperationFeed(for_everybody(client), threads, every_s=0.02)
        return await heard(feed, client, "p", threading.Event(), lambda name, _: name == "trouble")

    with Client(f"unix:{tmp_path / 'nobody'}", retry=Retry(patience_s=0)) as client:
        ((name, document),) = asyncio.run(listen(client))
    assert (name, document["error"]["reason"]) == ("trouble", "UNAVAILABLE")


def test_one_look_a_while_is_enough_for_all_and_none_for_nobody(page, threads):
    feed, stopping = OperationFeed(for_everybody(page.client), threads, every_s=0.1), threading.Event()

    async def listen():
        streams = [feed.listen(page.client, page.project, stopping) for _ in range(5)]
        for stream in streams:
            await anext(stream)
        assert len(feed._watches) == 1
        (watch,) = feed._watches.values()
        assert watch.listeners == 5
        for stream in streams:
            await stream.aclose()
        await asyncio.sleep(0)
        assert watch.task.cancelled() or watch.task.cancelling()
        assert not feed._watches

    asyncio.run(listen())


def test_listeners_do_not_keep_the_page_from_ending(page, threads):
    feed = OperationFeed(for_everybody(page.client), threads, every_s=0.05)
    app = page.app(more_routes=[Route("/api/projects/{project}/events", feed.answer)])
    with ExitStack() as stack:
        serving = stack.enter_context(Serving(app, Place()))
        browser = stack.enter_context(httpx.Client(base_url=serving.url))
        answer = stack.enter_context(browser.stream("GET", f"api/projects/{page.project}/events"))
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        pieces = answer.iter_raw()
        assert next(pieces) == b"retry: 2000\n\n"
        app.state.stopping.set()
        assert list(pieces) == []
