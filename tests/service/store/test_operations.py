"""Long work, and calls that come again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from maskloop.errors import InvalidArgument, LabelNotFound, OperationNotFound, RequestIdReused
from maskloop.values import Campaign, Counts, EvaluatedImage, Evaluation, OperationState, Split, Strategy
from service.store import Database
from service.store.operations import (
    find_operation,
    get_operation,
    insert_operation,
    list_operations,
    unfinished_operations,
    update_operation,
)
from service.store.pagination import PageRequest
from service.store.requests import UNKNOWN, Request, answer_once
from service.store.tables import requests
from tests.service.store.rows import CAMPAIGN, FULL, NOW, model, operation


def test_operations_keep_progress_and_results(database: Database) -> None:
    image = EvaluatedImage("i0", 0.5, 0.6, 2, confidence=0.7)
    measured: dict[str, Any] = {"metrics": {"f50": 0.25}, "ap50_by_category": {3: 0.2}}
    quality = Evaluation(Split.TEST, 0.1, 0.2, 0.3, 0.4, None, (image,), **measured)
    with database.write() as tx:
        for name in ("o1", "o2", "o3"):
            insert_operation(tx, operation(name))
        done = operation(
            "o1", state=OperationState.SUCCEEDED, progress=1.0, seconds=2.5, result_id="m1", result=quality
        )
        update_operation(tx, done)
        trained = operation(
            "o2", state=OperationState.RUNNING, eta_s=9.5, message="epoch 3", result=model("m1").version
        )
        update_operation(tx, trained)
        assert get_operation(tx, "o1") == done
        assert get_operation(tx, "o2") == trained
        assert [one.operation.id for one in unfinished_operations(tx)] == ["o2", "o3"]
        assert [one.operation.id for one in list_operations(tx, "p", PageRequest(2)).items] == ["o3", "o2"]
        assert list_operations(tx, "q", PageRequest()).items == ()
        assert find_operation(tx, "o9") is None
        with pytest.raises(OperationNotFound):
            get_operation(tx, "o9")


def test_a_repeated_request_is_answered_not_done(database: Database) -> None:
    done: list[int] = []

    def do() -> Campaign:
        done.append(1)
        return replace(CAMPAIGN, spent_s=1 / 3, spent_s_by_kind={FULL: 0.1})

    request = Request("r", "Verb", ("p", 1.5, FULL))
    for _ in range(3):
        with database.write() as tx:
            assert answer_once(tx, request, Campaign, do, NOW) == replace(
                CAMPAIGN, spent_s=1 / 3, spent_s_by_kind={FULL: 0.1}
            )
    assert done == [1]


@pytest.mark.parametrize(
    "other", [Request("r", "Verb", ("p", 2)), Request("r", "Other", ("p", 1)), Request("r", "Verb", ())]
)
def test_a_request_id_with_another_content_is_refused(database: Database, other: Request) -> None:
    with database.write() as tx:
        answer_once(tx, Request("r", "Verb", ("p", 1)), str, lambda: "answer", NOW)
        with pytest.raises(RequestIdReused, match="r was used"):
            answer_once(tx, other, str, lambda: "another", NOW)


def test_projects_have_request_ids_of_their_own(database: Database) -> None:
    for project_id in ("p", "q", ""):
        with database.write() as tx:
            asked = Request("r", "Verb", (project_id,), project_id)
            assert answer_once(tx, asked, str, lambda: f"answer of {project_id}", NOW) == f"answer of {project_id}"  # noqa: B023
    with database.write() as tx:
        assert answer_once(tx, Request("r", "Verb", ("q",), "q"), str, lambda: "another", NOW) == "answer of q"
        with pytest.raises(RequestIdReused):
            answer_once(tx, Request("r", "Verb", ("another",), "q"), str, lambda: "another", NOW)


def test_what_an_earlier_release_took_is_known_to_who_asks_the_same(database: Database) -> None:
    """It kept no projects of request ids."""
    same, other = Request("r", "Verb", ("p",), "p"), Request("r", "Verb", ("q",), "q")
    with database.write() as tx:
        answer_once(tx, Request("r", "Verb", ("p",)), str, lambda: "answer", NOW)
        assert answer_once(tx, same, str, lambda: "another", NOW) == "answer"
        assert answer_once(tx, other, str, lambda: "another", NOW) == "another"


def test_what_a_still_earlier_release_answered_is_told_to_nobody_of_another_project(database: Database) -> None:
    """It did not keep what was asked either; the answer says whose it is."""
    other = replace(CAMPAIGN, id="d", project_id="q")
    with database.write() as tx:
        answer_once(tx, Request("r", "Verb", ("p",)), Campaign, lambda: CAMPAIGN, NOW)
        tx.execute(update(requests).values(fingerprint=UNKNOWN))
        assert answer_once(tx, Request("r", "Verb", ("q",), "q"), Campaign, lambda: other, NOW) == other
        assert answer_once(tx, Request("r", "Verb", ("p",), "p"), Campaign, lambda: other, NOW) == CAMPAIGN


def test_calls_without_request_id_are_done_each_time(database: Database) -> None:
    answers = iter("ab")
    with database.write() as tx:
        assert [answer_once(tx, Request("", "Verb", ()), str, lambda: next(answers), NOW) for _ in range(2)] == [
            "a",
            "b",
        ]


def test_a_request_id_has_a_length_limit() -> None:
    with pytest.raises(InvalidArgument, match="128"):
        Request("r" * 129, "Verb", ())


def test_a_failed_request_may_be_tried_again(database: Database) -> None:
    def fail() -> str:
        raise LabelNotFound("not yet")

    def ask() -> None:
        with database.write() as tx:
            answer_once(tx, Request("r", "Verb", ()), str, fail, NOW)

    with pytest.raises(LabelNotFound):
        ask()
    with database.write() as tx:
        assert answer_once(tx, Request("r", "Verb", ()), str, lambda: "now", NOW) == "now"


def test_a_request_is_the_same_whatever_order_the_wire_gives_its_maps_in() -> None:
    options = {"diverse": "yes", "target": "0.5", "trust": "any"}
    turned = dict(reversed(options.items()))
    content, again = ((Strategy("mask_guided", one), (Counts({1: 2, 3: 4}),), one) for one in (options, turned))
    assert Request("r", "CreateCampaign", content).fingerprint == Request("r", "CreateCampaign", again).fingerprint
    other = (Strategy("mask_guided", options), (Counts({1: 4, 3: 2}),), options)
    assert Request("r", "CreateCampaign", content).fingerprint != Request("r", "CreateCampaign", other).fingerprint
