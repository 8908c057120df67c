"""Drawn requests beside people at work, on one server: nobody's work may suffer, and the server stays as it was."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
from google.longrunning import operations_pb2
from google.longrunning.operations_pb2_grpc import OperationsStub
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from tests.chaos.checker import broken_promises
from tests.chaos.fuzzing import Fuzzer
from tests.chaos.journal import Call, read_calls
from tests.chaos.people import PATHS, PROJECT, SHORT_LEASE_S, Founder
from tests.chaos.stored import read_stored
from tests.chaos.world import World

PEOPLE = 2
OTHERS = ("f0", "f1")
"""Projects that drawn requests know of. They must not find the one where people work, or nothing could be compared."""
ENOUGH = 500
MOST_BYTES = 1536 * 1024 * 1024
"""Of the server's process, with some large requests in flight."""


@dataclass
class Bombarded:
    """What was sent, and what was wrong.

    Args:
        seed: draws it again.
        calls: drawn ones, by path.
        codes: what they were answered.
        work: calls of people meanwhile.
        broken: promises that were, in words.
        most_bytes: that the server's process held.
        longest_s: of any answer.
        seconds: that all of it took.
    """

    seed: int
    calls: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    work: int = 0
    broken: list[str] = field(default_factory=list)
    most_bytes: int = 0
    longest_s: float = 0.0
    seconds: float = 0.0


def bombard(world: World, seed: int, calls: int, tick: Callable[[Fuzzer], None] = lambda fuzzer: None) -> Bombarded:
    """So many drawn calls to the server of a world, beside people at work."""
    begun = time.monotonic()
    fuzzer = Fuzzer(world.address, seed, _examples(world, seed), world.hidden)
    world.start_clients(PEOPLE)

    def look() -> None:
        world.look_at_memory()
        tick(fuzzer)

    fuzzer.run(calls, tick=look)
    told = Bombarded(seed, fuzzer.calls, fuzzer.codes, longest_s=fuzzer.longest_s)
    told.broken = [*map(str, fuzzer.wrong), *_missed(fuzzer), *_standing(world)]
    told.most_bytes = world.most_bytes
    told.work = len(_of_people(world))
    told.seconds = time.monotonic() - begun
    return told


def _examples(world: World, seed: int) -> dict[str, list[bytes]]:
    """Right requests: those by which people began, said of other projects, and what those projects are asked."""
    examples: dict[str, list[bytes]] = {}
    founders = [Founder(name, world.address, world.folder, seed) for name in OTHERS]
    for founder in founders:
        founder.begin(founder.name)
    for founder in founders:
        for call in founder.calls:
            examples.setdefault(call.method, []).append(call.request)
    for method in PATHS.values():
        message = method.question()
        known = message.DESCRIPTOR.fields_by_name
        if "project_id" in known and method.path not in examples:
            message.project_id = OTHERS[0]  # type: ignore[attr-defined]
            if "annotator" in known:
                message.annotator = "ann"  # type: ignore[attr-defined]
            if "campaign_id" in known:
                message.campaign_id = "timed"  # type: ignore[attr-defined]
            examples[method.path] = [message.SerializeToString()]
    return examples


def _missed(fuzzer: Fuzzer) -> list[str]:
    """Methods that nobody called, where there were calls enough for each thread to try all of them."""
    if sum(fuzzer.calls.values()) < ENOUGH:
        return []
    return [f"{path} was not called" for path in sorted(fuzzer.not_called)]


def _standing(world: World) -> list[str]:
    """Whether the server is as it was: serving, in bounds, its long work ended, and people's work as they left it."""
    broken = []
    if world.most_bytes > MOST_BYTES:
        broken.append(f"the server held {world.most_bytes / 2**20:.0f} MiB")
    try:
        with grpc.insecure_channel(world.address) as channel:
            health = HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=60)
            if health.status != health_pb2.HealthCheckResponse.SERVING:
                broken.append(f"the server's health is {health.status}")
            world.stop_clients()
            _cancel_all(channel)
        time.sleep(SHORT_LEASE_S + 0.5)
        broken += broken_promises(_of_people(world), read_stored(world.address, PROJECT), world.jumps, world.hidden)
    except grpc.RpcError as error:
        broken.append(f"the server answers no more: {error}; see {world.log}")
    return broken


def _of_people(world: World) -> list[Call]:
    return read_calls(sorted(world.journals.iterdir()))


def _cancel_all(channel: grpc.Channel) -> None:
    """End all long work, that of people too: drawn requests leave trainings of hours behind."""
    stub = OperationsStub(channel)
    until = time.monotonic() + 120
    while True:
        listed = stub.ListOperations(operations_pb2.ListOperationsRequest(page_size=1000), timeout=60)
        running = [operation.name for operation in listed.operations if not operation.done]
        if not running or time.monotonic() > until:
            return
        for name in running:
            stub.CancelOperation(operations_pb2.CancelOperationRequest(name=name), timeout=60)
        time.sleep(0.2)
