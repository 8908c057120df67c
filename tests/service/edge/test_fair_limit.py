"""What clients take is bounded, for all and for each, and those who wait take turns."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import QueueFull
from service.edge.limits.fair_limit import FairLimit

CLIENTS = st.sampled_from(["a", "b", "c"])


def test_clients_take_turns_however_many_wait_of_one():
    async def order():
        limit = FairLimit(1, 1, 100, "calls")
        await limit.take("a")
        served = []

        async def wait_and_leave(name):
            await limit.take(name)
            served.append(name)
            limit.give(name)

        waiting = [asyncio.create_task(wait_and_leave(name)) for name in "aaaaaabbc"]
        await asyncio.sleep(0)
        limit.give("a")
        await asyncio.gather(*waiting)
        return "".join(served)

    assert asyncio.run(order()) == "abcabaaaa"


def test_no_client_takes_more_than_its_share_while_others_wait_for_nothing():
    async def tried():
        limit = FairLimit(4, 3, 100, "calls")
        for _ in range(3):
            await limit.take("a")
        fourth = asyncio.create_task(limit.take("a"))
        await asyncio.sleep(0)
        assert not fourth.done()
        await asyncio.wait_for(limit.take("b"), 1)
        limit.give("a")
        await asyncio.sleep(0)
        assert fourth.done()

    asyncio.run(tried())


@pytest.mark.parametrize(("waiting", "of_one"), [(0, 0), (1, 1), (10, 5)])
def test_more_than_may_wait_are_told_to_come_back(waiting, of_one):
    async def tried():
        limit = FairLimit(1, 1, waiting, "calls")
        await limit.take("a")
        tasks = [asyncio.create_task(limit.take("a")) for _ in range(waiting + 3)]
        await asyncio.sleep(0)
        refused = [task for task in tasks if task.done()]
        assert len(tasks) - len(refused) == of_one
        with pytest.raises(QueueFull, match="too many calls") as raised:
            await refused[0]
        assert raised.value.retry_after_s
        for task in tasks:
            task.cancel()

    asyncio.run(tried())


def test_who_waits_too_long_is_told_to_come_back_and_leaves_no_trace():
    async def tried():
        limit = FairLimit(2, 2, 10, "calls")
        await limit.take("a", 2)
        with pytest.raises(QueueFull):
            await limit.take("b", 2, within_s=0.01)
        limit.give("a", 2)
        await asyncio.wait_for(limit.take("c", 2), 1)

    asyncio.run(tried())


def test_a_turn_that_came_as_its_taker_gave_up_goes_to_the_next():
    async def tried():
        limit = FairLimit(1, 1, 10, "calls")
        await limit.take("a")
        gone = asyncio.create_task(limit.take("b"))
        following = asyncio.create_task(limit.take("c"))
        await asyncio.sleep(0)
        limit.give("a")  # b's turn has come, and its task has not run yet
        gone.cancel()
        await asyncio.wait_for(following, 1)
        assert gone.cancelled()

    asyncio.run(tried())


@given(st.integers(1, 6), st.integers(1, 6), st.lists(st.tuples(CLIENTS, st.integers(1, 6), st.integers(0, 2))))
def test_the_limits_hold_whatever_comes_and_goes_and_nobody_waits_for_what_is_free(total, share, steps):
    share = min(share, total)

    async def walked():
        limit = FairLimit(total, share, 1000, "bytes")
        tasks: list[tuple[asyncio.Task, str, int]] = []
        for client, wanted, ends in steps:
            amount = min(wanted, share)
            tasks.append((asyncio.create_task(limit.take(client, amount)), client, amount))
            await asyncio.sleep(0)
            for _ in range(ends):
                if tasks:
                    task, whose, much = tasks.pop(0)
                    if task.done():
                        limit.give(whose, much)
                    else:
                        task.cancel()
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
            held = [(whose, much) for task, whose, much in tasks if task.done()]
            of = {name: sum(much for whose, much in held if whose == name) for name in "abc"}
            assert sum(of.values()) <= total
            assert max(of.values()) <= share
            for name in "abc":
                first = next((much for task, whose, much in tasks if whose == name and not task.done()), None)
                assert first is None or of[name] + first > share or sum(of.values()) + first > total
        for task, _, _ in tasks:
            task.cancel()

    asyncio.run(walked())
