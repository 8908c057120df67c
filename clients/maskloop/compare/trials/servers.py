"""Slots: servers that run trials side by side, one trial at a time each.

A server's folder stays where it is until the comparison ends, and says which trial is on it: after a kill the slot
goes on with that trial, where every request of it finds its answer again.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from maskloop.client import Client, Retry
from maskloop.client.local_server import LocalServer
from maskloop.compare.trials.grid import TrialName
from maskloop.compare.trials.progress import SlotProgress
from maskloop.formats.files import write_atomically

WORK_FOLDER = "work"
NETWORKS_FOLDER = "networks"
"""In WORK_FOLDER: trained networks, which all servers share, so that trials that begin alike train once."""
TRIAL_FILE = "trial.json"
FAILED_FILE = "failed"
"""In a server's folder: a trial failed on it, and would find its failed requests there again."""
PATIENCE_S = 180.0
"""How long calls wait for a server that died and is started again."""
MOST_JOBS = 8
"""Of slots that nobody asked for: each is two processes with torch."""


THREADS = 1
"""torch threads of a server. Sums that several threads share are rounded otherwise than those of one, and a trial is to
come out the same whatever the number of jobs; two servers of one thread train more than one of two, besides."""


def devices_of(device: str, jobs: int, cores: int) -> tuple[str, ...]:
    """The device of each slot.

    Args:
        device: one, or several with commas between, which slots take in turn.
        jobs: how many slots; 0 for one a device or, where the CPU trains, one a core, up to `MOST_JOBS`.
        cores: of the CPU.
    """
    devices = device.split(",")
    slots = jobs or (len(devices) if len(devices) > 1 or device.startswith("cuda") else min(cores, MOST_JOBS))
    return tuple(islice(cycle(devices), slots))


class Queue:
    """Trials that nobody has taken. Threads share it."""

    def __init__(self, names: Iterable[TrialName]) -> None:
        self._open = deque(names)
        self._lock = threading.Lock()

    def take(self) -> TrialName | None:
        """The next one, `None` when there is none."""
        with self._lock:
            return self._open.popleft() if self._open else None

    def claim(self, name: TrialName | None) -> TrialName | None:
        """Take this one, if it is still open."""
        with self._lock:
            if name is None or name not in self._open:
                return None
            self._open.remove(name)
            return name


@dataclass(frozen=True)
class Slot:
    """A server of the comparison in `workdir`.

    Args:
        workdir: of the comparison.
        number: from 1.
        device: where it trains.
        progress: is told what goes on.
        tell: is shown a sentence when the server died.
    """

    workdir: Path
    number: int
    device: str
    progress: SlotProgress
    tell: Callable[[str], None]

    def claim(self, queue: Queue) -> TrialName | None:
        """The trial that this server was at when it was stopped, taken from the queue.

        A server without one is removed, and one that a trial failed on, which is then run anew. To be asked of every
        slot before any of them works.
        """
        name = None if (self.folder / FAILED_FILE).exists() else queue.claim(self._unfinished())
        if name is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        return name

    def work(
        self, first: TrialName | None, queue: Queue, run: Callable[[Client, TrialName, SlotProgress], bool]
    ) -> None:
        """Run the trial `first` that is on this server, then what the queue has, until nothing is left.

        Args:
            first: what `claim` said.
            queue: of all slots.
            run: runs a trial on a server, and says whether it ended as it should.

        Raises:
            MaskloopError: the server did not come up, or `run` says so.
        """
        name = first or queue.take()
        if name is None:
            return
        self.progress.phase("starting")
        networks = (self.folder.parent / NETWORKS_FOLDER).resolve()
        with (
            LocalServer(self.folder, self.device, self.tell, threads=THREADS, networks_dir=networks) as server,
            Client(server.address, retry=Retry(patience_s=PATIENCE_S)) as client,
        ):
            while name is not None:
                self._begin(name)
                if not run(client, name, self.progress):
                    (self.folder / FAILED_FILE).touch()
                name = queue.take()

    @property
    def folder(self) -> Path:
        """The server's."""
        return self.workdir / WORK_FOLDER / f"slot-{self.number}"

    def _begin(self, name: TrialName) -> None:
        write_atomically(self.folder / TRIAL_FILE, json.dumps([name.strategy, name.seed]).encode())

    def _unfinished(self) -> TrialName | None:
        try:
            strategy, seed = json.loads((self.folder / TRIAL_FILE).read_text())
        except FileNotFoundError:
            return None
        return TrialName(strategy, seed)
