"""Calls beside the event loop: bounded, each with its deadline."""

import asyncio
import threading

import pytest

from maskloop.errors import DeadlineExceeded, NotFound, QueueFull
from maskloop.web.threads import Threads


@pytest.fixture
def threads():
    made = Threads(at_once=1, waiting=1)
    yield made
    made.close()


def fail():
    raise NotFound("no such thing")


def test_answers_and_errors_come_back(threads):
    async def ask():
        assert await threads.run(lambda: 7) == 7
        with pytest.raises(NotFound, match="no such thing"):
            await threads.run(fail)
        assert await threads.run(lambda: 8) == 8

    asyncio.run(ask())


def test_what_takes_too_long_is_given_up_and_what_waits_is_never_begun(threads):
    free, begun = threading.Event(), []

    async def ask():
        slow = asyncio.create_task(threads.run(lambda: free.wait(20), 10))
        await asyncio.sleep(0)
        with pytest.raises(DeadlineExceeded, match=r"within 0\.05 s"):
            await threads.run(lambda: begun.append(1), 0.05)
        free.set()
        assert await slow
        assert await threads.run(lambda: 7) == 7

    asyncio.run(ask())
    assert not begun


def test_more_than_may_wait_are_refused_until_there_is_room(threads):
    free = threading.Event()

    async def ask():
        held = [asyncio.create_task(threads.run(lambda: free.wait(20), 10)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFull) as refused:
            await threads.run(lambda: 7)
        assert refused.value.retry_after_s == 1
        free.set()
        await asyncio.gather(*held)
        await asyncio.sleep(0)
        assert await threads.run(lambda: 7) == 7

    asyncio.run(ask())
