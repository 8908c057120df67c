"""What is drawn from the protocol alone: all of it, and the same again from the same seed."""

from __future__ import annotations

import random

from service.edge.server import SERVICES
from tests.chaos.grammar import Grammar, Known
from tests.chaos.surface import fields, methods


def drawn(seed: int, turns: int) -> tuple[Grammar, list[bytes]]:
    draw = random.Random(seed)
    grammar = Grammar(draw, Known(draw))
    return grammar, [grammar.request(method.question(), []) for _ in range(turns) for method in methods()]


def test_every_service_of_the_server_is_walked() -> None:
    walked = {method.path.split("/")[1] for method in methods()}
    assert walked >= set(SERVICES)
    assert len(walked) == len(SERVICES) + 2  # health and reflection


def test_every_field_of_every_request_is_filled() -> None:
    grammar, _ = drawn(0, 60)
    assert {field for method in methods() for field in fields(method.asks)} <= grammar.filled


def test_the_same_seed_draws_the_same_requests() -> None:
    assert drawn(3, 3)[1] == drawn(3, 3)[1] != drawn(4, 3)[1]


def test_some_requests_are_messages_and_some_are_none() -> None:
    _, requests = drawn(0, 20)
    broken = 0
    for method, request in zip(methods() * 20, requests, strict=True):
        try:
            type(method.question()).FromString(request)
        except Exception:
            broken += 1
    assert 0.05 < broken / len(requests) < 0.4


def test_ids_of_answers_are_asked_for_by_their_names() -> None:
    draw = random.Random(0)
    known = Known(draw)
    by_name = {method.name: method for method in methods()}
    batch = by_name["SelectBatch"].answer(b"")
    batch.id = "b1"  # type: ignore[attr-defined]
    batch.picks.add(image_id="i1")  # type: ignore[attr-defined]
    known.learn(batch)
    assert known.like("batch_id", draw) == "b1"
    assert known.like("image_ids", draw) == known.like("image_id", draw) == "i1"
    request = by_name["GetBatch"].question()
    grammar = Grammar(draw, known)
    asked = {type(request).FromString(data).batch_id for data in _readable(grammar, request)}  # type: ignore[attr-defined]
    assert "b1" in asked


def _readable(grammar: Grammar, request):
    for _ in range(200):
        data = grammar.request(type(request)(), [])
        try:
            type(request).FromString(data)
        except Exception:
            continue
        yield data
