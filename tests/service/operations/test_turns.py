"""Whose work comes next."""

import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.operations.turns import Rotation, Turns

EVENTS = st.lists(st.one_of(st.sampled_from("abcd"), st.none()), max_size=60)
"""Somebody's item arrives, or the next one is taken."""


def played(events: list[str | None]) -> list[tuple[str, int, dict[str, list[int]]]]:
    """What was taken: whose, which of theirs, and what waited then."""
    rotation: Rotation[tuple[str, int]] = Rotation()
    waiting: dict[str, list[int]] = {}
    numbers: Counter[str] = Counter()
    taken = []
    for whose in events:
        if whose is not None:
            rotation.add(whose, (whose, numbers[whose]))
            waiting.setdefault(whose, []).append(numbers[whose])
            numbers[whose] += 1
        elif any(waiting.values()):
            before = {key: list(items) for key, items in waiting.items() if items}
            owner, number = rotation.take()
            waiting[owner].remove(number)
            taken.append((owner, number, before))
        assert len(rotation) == sum(map(len, waiting.values()))
    return taken


@given(EVENTS)
def test_each_ones_items_come_in_their_order(events):
    for whose, number, before in played(events):
        assert number == min(before[whose])


@given(EVENTS)
def test_nobody_has_two_turns_while_another_waits_for_one(events):
    taken = played(events)
    for place, (whose, _, _) in enumerate(taken):
        later = next((at for at in range(place + 1, len(taken)) if taken[at][0] == whose), None)
        if later is None:
            continue
        between = {owner for owner, _, _ in taken[place + 1 : later]}
        waited_all_along = set.intersection(*(set(before) for _, _, before in taken[place + 1 : later + 1]))
        assert waited_all_along - {whose} <= between


@given(EVENTS, EVENTS)
def test_a_newcomer_comes_before_all_who_had_a_turn(events, more):
    first, later = ([event for event in some if event != "d"] for some in (events, more))
    served: set[str] = set()
    for whose, _, before in played([*first, "d", *later]):
        assert whose == "d" or "d" not in before or whose not in served
        served.add(whose)


def test_nothing_can_be_taken_where_nothing_waits():
    with pytest.raises(IndexError):
        Rotation().take()


def test_a_thread_does_them_in_turn_and_gives_results_and_errors():
    turns, begun, go_on = Turns("test"), threading.Event(), threading.Event()
    done: list[str] = []

    def hold() -> None:
        begun.set()
        go_on.wait(10)

    held = turns.submit("a", hold)
    assert begun.wait(10)
    futures = [turns.submit(whose, done.append, whose + number) for number in "123" for whose in "ab"]
    failed = turns.submit("c", lambda: 1 // 0)
    unwanted = turns.submit("c", done.append, "unwanted")
    assert unwanted.cancel()
    go_on.set()
    turns.close()
    assert all(future.done() for future in (held, *futures))
    assert done == ["b1", "a1", "b2", "a2", "b3", "a3"]
    with pytest.raises(ZeroDivisionError):
        failed.result()
    with pytest.raises(RuntimeError, match="closed"):
        turns.submit("a", print)
