"""A few kills and a thousand drawn requests on one real server; `make chaos` does more of the same."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.chaos.bombardment import bombard
from tests.chaos.checker import broken_promises
from tests.chaos.journal import Attempt, Call
from tests.chaos.people import PATHS
from tests.chaos.storm import Fault, weather
from tests.chaos.world import World

pytestmark = pytest.mark.journey

SEED = 7480
FAULTS = [
    Fault(0.6, "client", 0.1),
    Fault(0.4, "disk full", 0.1),
    Fault(0.3, "server", 0.5),
    Fault(0.3, "clock", 0.0),
    Fault(0.5, "worker", 0.0),
    Fault(0.3, "client", 0.7),
]
WORK, CALLS = 250, 1000


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with World(tmp_path_factory.mktemp("chaos"), SEED, leader=False) as made:  # trainings take their time
        made.begin()
        yield made


@pytest.fixture(scope="module")
def weathered(world):
    return weather(world, SEED, FAULTS, least_calls=WORK)


def test_what_was_acknowledged_outlives_kills_a_full_disk_and_a_clock_that_jumps(weathered) -> None:
    assert weathered.broken == []
    assert weathered.kills >= 3
    done = {call.name for call in weathered.calls if call.accepted}
    assert done >= {"SelectBatch", "SubmitLabels", "ImportImages", "CreateCampaign"}


def test_drawn_requests_neither_end_the_server_nor_change_what_people_did(world, weathered) -> None:
    told = bombard(world, SEED, CALLS)
    assert told.broken == []
    assert sum(told.calls.values()) == CALLS
    assert told.codes["OK"] > CALLS / 20


def acknowledged(calls: list[Call], stored: Any) -> Any:
    """The first label that somebody was told of."""
    call = next(call for call in calls if call.name == "SubmitLabels" and call.accepted)
    told = PATHS["SubmitLabels"].answer(call.accepted[0].answer).labels[0].id  # type: ignore[attr-defined]
    return next(label for label in stored.labels if label.id == told)


def lose_a_label(calls: list[Call], stored: Any) -> None:
    stored.labels.remove(acknowledged(calls, stored))


def change_a_label(calls: list[Call], stored: Any) -> None:
    acknowledged(calls, stored).draft.seconds_spent += 1


def double_a_label(calls: list[Call], stored: Any) -> None:
    again = deepcopy(next(label for label in stored.labels if not label.superseded_by))
    again.id = "again"
    stored.labels.append(again)


def let_a_label_in(calls: list[Call], stored: Any) -> None:
    """What was refused is there."""
    call = next(call for call in calls if call.name == "SubmitLabels" and call.accepted)
    for attempt in call.attempts:
        attempt.code, attempt.answer = "FAILED_PRECONDITION", b""


def charge_too_much(calls: list[Call], stored: Any) -> None:
    stored.campaigns[0].spent_s += 0.001


def promise_too_little(calls: list[Call], stored: Any) -> None:
    stored.campaigns[0].reserved_s += 1


def lower_a_budget(calls: list[Call], stored: Any) -> None:
    counted = next(campaign for campaign in stored.campaigns if campaign.id == "counted")
    counted.budget.images = counted.labeled_images + counted.reserved_images - 1


def forget_a_batch(calls: list[Call], stored: Any) -> None:
    del stored.batches[:]


def spoil_a_file(calls: list[Call], stored: Any) -> None:
    stored.digests.update(dict.fromkeys(stored.digests, "0" * 64))


def lose_an_image(calls: list[Call], stored: Any) -> None:
    del stored.images[0]


def let_an_image_in(calls: list[Call], stored: Any) -> None:
    stored.images[0].file_name = "nobody sent it"


def answer_otherwise(calls: list[Call], stored: Any) -> None:
    call = next(call for call in calls if call.name == "SelectBatch" and call.accepted)
    again = deepcopy(call.accepted[0])
    batch = PATHS["SelectBatch"].answer(again.answer)
    batch.id = "another"  # type: ignore[attr-defined]
    again.answer = batch.SerializeToString()
    call.attempts.append(again)


def refuse_what_was_answered(calls: list[Call], stored: Any) -> None:
    call = next(call for call in calls if call.name == "SubmitLabels" and call.accepted)
    call.attempts.append(Attempt(call.attempts[-1].sent_at + 1, code="ALREADY_EXISTS"))


def answer_internal(calls: list[Call], stored: Any) -> None:
    calls[0].attempts[0].code = "INTERNAL"


def share_a_lease(calls: list[Call], stored: Any) -> None:
    """Another person is told of a batch at the moment that its holder is."""
    for call in calls:
        if call.name == "SelectBatch" and call.accepted and PATHS[call.name].answer(call.accepted[0].answer).picks:  # type: ignore[attr-defined]
            again = deepcopy(call)
            again.client, again.id = "a9", "a9"
            calls.insert(calls.index(call) + 1, again)
            batch = PATHS[call.name].answer(call.accepted[0].answer)
            batch.id = "another"  # type: ignore[attr-defined]
            again.attempts = [deepcopy(call.accepted[0])]
            again.attempts[0].answer = batch.SerializeToString()
            again.attempts[0].ended_at += 1e-6
            return


BREAKS: dict[Callable[[list[Call], Any], None], str] = {
    lose_a_label: "is lost",
    change_a_label: "otherwise than it was answered",
    double_a_label: "current labels",
    let_a_label_in: "was let in",
    charge_too_much: "spent_s is",
    promise_too_little: "reserved_s is",
    lower_a_budget: "more images than its budget",
    forget_a_batch: "was answered and is lost",
    spoil_a_file: "not the bytes",
    lose_an_image: "is lost",
    let_an_image_in: "was let in",
    answer_otherwise: "different answers",
    refuse_what_was_answered: "refused when it came again",
    answer_internal: "answered INTERNAL",
    share_a_lease: "held it in batch",
}


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.__name__)
def test_the_checker_sees_what_is_wrong(weathered, change) -> None:
    calls, stored = deepcopy(weathered.calls), deepcopy(weathered.stored)
    change(calls, stored)
    assert any(BREAKS[change] in line for line in broken_promises(calls, stored))
