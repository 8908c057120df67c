"""Kills and other faults, drawn from a seed, while people are at work; then calm, and the check."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import grpc

from tests.chaos.checker import broken_promises
from tests.chaos.forks import Process
from tests.chaos.journal import Call, read_calls
from tests.chaos.people import PROJECT, SHORT_LEASE_S
from tests.chaos.stored import Stored, operation_of, read_stored
from tests.chaos.world import World

CALM_WITHIN_S = 300.0
"""Long work that has not moved for so long has stopped for good."""
KILLS = {"client": 40, "worker": 26, "server": 22}
"""What is killed, and how often of a hundred faults."""
OF_POSTGRES = {"session": 8, "database": 6}
OTHERS = {"stop": 2, "worker hangs": 4, "server hangs": 3, "disk full": 4, "clock": 4}
"""Faults that kill nobody: the server is asked to stop and begun again, or a process stands still for a while."""
AHEAD_S = 2 * 3600.0
MOST_BYTES = 1024 * 1024 * 1024
"""Of the server's process."""


@dataclass
class Weathered:
    """What a storm did, and what it found.

    Args:
        seed: draws it again.
        faults: how often of each.
        calls: of the clients.
        stored: what was kept when all was calm, `None` where it never was.
        broken: promises that were, in words.
        most_bytes: that the server's process held.
        seconds: that all of it took.
    """

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    calls: Sequence[Call] = ()
    stored: Stored | None = None
    broken: list[str] = field(default_factory=list)
    most_bytes: int = 0
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        """Processes killed."""
        return sum(self.faults[name] for name in (*KILLS, *OF_POSTGRES))


@dataclass(frozen=True)
class Fault:
    """What is done after how long a pause. `share` in [0, 1) says which of several, and for how long."""

    pause_s: float
    kind: str
    share: float


def plan(seed: int, kills: int, *, postgres: bool = False) -> list[Fault]:
    """The faults of a storm: so many kills, and others between them.

    Half of the pauses are short, so that what begins again is killed while it does.
    """
    draw = random.Random(f"{seed}/storm")
    lethal = KILLS | (OF_POSTGRES if postgres else {})
    weights = lethal | OTHERS
    faults: list[Fault] = []
    left = kills
    while left:
        pause_s = draw.uniform(0.02, 0.4) if draw.random() < 0.5 else draw.uniform(0.4, 2.5)
        kind = draw.choices(list(weights), list(weights.values()))[0]
        faults.append(Fault(pause_s, kind, draw.random()))
        left -= kind in lethal
    return faults


class Storm:
    """Does a plan to a world.

    Args:
        world: with its server and its clients at work.
        seed: as it is told.
    """

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self.told = Weathered(seed)
        self._ahead_s = 0.0
        self._kinds: dict[str, Callable[[float], bool]] = {
            "client": self._kill_client,
            "worker": self._kill_worker,
            "server": self._kill_server,
            "session": self._kill_session,
            "database": self._kill_database,
            "stop": self._stop,
            "worker hangs": self._hang_worker,
            "server hangs": self._hang_server,
            "disk full": self._fill_disk,
            "clock": self._move_clock,
        }

    def rage(self, faults: Sequence[Fault], tick: Callable[[Weathered], None], least_calls: int) -> None:
        """Do all of it, then calm down and check."""
        begun = time.monotonic()
        for fault in faults:
            time.sleep(fault.pause_s)
            self._world.look_at_memory()
            self.told.faults[fault.kind if self._kinds[fault.kind](fault.share) else f"no {fault.kind} there"] += 1
            tick(self.told)
        until = time.monotonic() + CALM_WITHIN_S
        while time.monotonic() < until and len(read_calls(self._world.journals.iterdir())) < least_calls:
            time.sleep(0.2)
        try:
            self.told.broken += self._calm_down()
        except (grpc.RpcError, AssertionError) as error:
            self.told.broken.append(f"no calm came after the storm: {error}")
        self.told.most_bytes = self._world.most_bytes
        if self.told.most_bytes > MOST_BYTES:
            self.told.broken.append(f"the server held {self.told.most_bytes / 2**20:.0f} MiB")
        self.told.seconds = time.monotonic() - begun

    def _calm_down(self) -> list[str]:
        self._world.await_server()
        self._world.stop_clients()
        self._world.set_clock(0.0)
        time.sleep(SHORT_LEASE_S + 0.5)
        self.told.stored = self._ended()
        self.told.calls = read_calls(sorted(self._world.journals.iterdir()))
        broken = broken_promises(self.told.calls, self.told.stored, self._world.jumps, self._world.hidden)
        return [*broken, *self._damage()]

    def _damage(self) -> list[str]:
        """What SQLite finds wrong with its file, or with rows that belong to others; PostgreSQL looks by itself."""
        if self._world.postgres is not None:
            return []
        with closing(sqlite3.connect(f"file:{self._world.database}?mode=ro", uri=True)) as connection:
            whole = connection.execute("PRAGMA integrity_check").fetchall()
            loose = connection.execute("PRAGMA foreign_key_check").fetchall()
        return [f"the database is damaged: {rows[:3]}" for rows in (whole, loose) if rows not in ([], [("ok",)])]

    def _ended(self) -> Stored:
        """What is stored once all long work has ended, or none of it has moved for a while."""
        until, before = time.monotonic() + CALM_WITHIN_S, None
        while True:
            try:
                stored = read_stored(self._world.address, PROJECT)
                running = [operation for operation in stored.operations if not operation.done]
                if not running or time.monotonic() > until:
                    return stored
                now = [operation.SerializeToString(deterministic=True) for operation in running]
                if now != before:
                    until, before = time.monotonic() + CALM_WITHIN_S, now
                operation_of(self._world.address, running[-1].name)
            except grpc.RpcError as error:  # the database recovers
                if error.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > until:
                    raise
                time.sleep(0.5)

    def _kill_client(self, share: float) -> bool:
        names = sorted(self._world.clients)
        name = names[int(share * len(names))]
        hit = self._world.clients[name].kill()
        self._world.start_client(name)
        return hit

    def _kill_worker(self, _share: float) -> bool:
        worker = self._world.worker()
        return worker is not None and worker.kill()

    def _kill_server(self, share: float) -> bool:
        assert self._world.server is not None
        hit = self._world.server.kill()
        self._world.start_server(wait=share < 0.7)
        return hit

    def _kill_session(self, share: float) -> bool:
        """One of PostgreSQL's backends: all others begin again with it."""
        assert self._world.postgres is not None
        backends = self._world.postgres.backends()
        if not backends:
            return False
        try:
            hit = Process(backends[int(share * len(backends))]).kill()
        except ProcessLookupError:
            return False
        self._look_after_the_server()
        return hit

    def _kill_database(self, share: float) -> bool:
        assert self._world.postgres is not None
        self._world.postgres.kill()
        time.sleep(share)
        self._world.postgres.start()
        self._look_after_the_server()
        return True

    def _stop(self, _share: float) -> bool:
        assert self._world.server is not None
        there = self._world.server.send(signal.SIGTERM)
        self._world.server.await_end()
        self._world.start_server()
        return there

    def _hang_worker(self, share: float) -> bool:
        worker = self._world.worker()
        if worker is None or not worker.send(signal.SIGSTOP):
            return False
        time.sleep(3 * share)
        worker.send(signal.SIGCONT)
        return True

    def _hang_server(self, share: float) -> bool:
        assert self._world.server is not None
        there = self._world.server.send(signal.SIGSTOP)
        time.sleep(2 * share)
        self._world.server.send(signal.SIGCONT)
        return there

    def _fill_disk(self, share: float) -> bool:
        assert self._world.server is not None
        if not self._world.server.is_alive():
            return False
        with self._world.full_disk():
            time.sleep(2 * share)
        return True

    def _move_clock(self, _share: float) -> bool:
        """Ahead by two hours, or back again."""
        self._ahead_s = AHEAD_S - self._ahead_s
        self._world.set_clock(self._ahead_s)
        return True

    def _look_after_the_server(self) -> None:
        """A server that gave up because its database was gone is begun again, as an operator would."""
        assert self._world.server is not None
        if not self._world.server.is_alive():
            self._world.start_server()


def weather(
    world: World,
    seed: int,
    faults: Sequence[Fault],
    tick: Callable[[Weathered], None] = lambda told: None,
    least_calls: int = 0,
) -> Weathered:
    """A storm over people at work in a world that serves; calm comes after so many calls of theirs at least."""
    storm = Storm(world, seed)
    world.start_clients()
    storm.rage(faults, tick, least_calls)
    return storm.told
