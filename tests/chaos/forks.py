"""Real servers and clients begun in a moment: forked from a process that has imported all of the program.

Importing takes seconds of processor time; a server that is killed a thousand times cannot afford it. What is forked
runs the program's own command. The one thing that differs is the time of day, which the storm may move: `utc_now` of
the forked server adds the seconds that a file holds.

    python -m tests.chaos.forks

reads one JSON object a line, `{"run": MODULE:FUNCTION, "arguments": {...}, "environment": {...}, "log": FILE}`, and
answers each with a process id. When its input ends it kills whatever it began.
"""

from __future__ import annotations

import importlib
import json
import mmap
import os
import select
import signal
import struct
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GONE_WITHIN_S = 60.0
SHIFT = "CHAOS_CLOCK"
"""Names the file with the seconds, a double, by which a server's clock is ahead."""


class Process:
    """A process that is told by a handle, so that a signal cannot reach another one of the same id."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)
        weakref.finalize(self, os.close, self._handle)

    def send(self, number: signal.Signals) -> bool:
        """Send a signal; whether there was somebody to get it."""
        try:
            signal.pidfd_send_signal(self._handle, number)
        except ProcessLookupError:
            return False
        return True

    def is_alive(self) -> bool:
        """Whether it runs; a dead one that its parent has not looked after does not."""
        return not select.select([self._handle], [], [], 0)[0]

    def await_end(self) -> None:
        """Raises AssertionError where it does not end."""
        until = time.monotonic() + GONE_WITHIN_S
        while self.is_alive():
            assert time.monotonic() < until, f"process {self.pid} does not end"
            time.sleep(0.005)

    def kill(self) -> bool:
        """SIGKILL, and wait. Returns whether it was alive."""
        was_there = self.is_alive() and self.send(signal.SIGKILL)
        self.await_end()
        return was_there


class Forks:
    """The process that forks, and what was forked from it."""

    def __init__(self, errors: Path) -> None:
        self._errors = errors.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.forks"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT}"},
        )

    def begin(
        self, run: str, arguments: Mapping[str, Any], environment: Mapping[str, str], log: Path | None = None
    ) -> Process:
        """Fork, and call `run` there."""
        asked = {"run": run, "arguments": arguments, "environment": environment, "log": str(log or os.devnull)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process that forks is gone"
        return Process(int(line))

    def close(self) -> None:
        """Kill all that is left."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(GONE_WITHIN_S)
        self._process.stdout.close()
        self._errors.close()


def serve(arguments: Sequence[str]) -> None:
    """`maskloop serve` with these arguments."""
    import service.__main__ as program

    program.app(list(arguments), prog_name="maskloop")


def set_shift(file: Path, seconds: float) -> None:
    """Put the clocks of servers that look at this file so far ahead."""
    with file.open("r+b" if file.exists() else "w+b") as opened:
        opened.write(struct.pack("d", seconds))


class _Shifted:
    """The time of day, as far ahead as a file says."""

    def __init__(self) -> None:
        self._shift: mmap.mmap | None = None

    def look_at(self, file: str) -> None:
        with open(file, "rb") as opened:
            self._shift = mmap.mmap(opened.fileno(), 8, prot=mmap.PROT_READ)

    def __call__(self) -> datetime:
        ahead = struct.unpack("d", self._shift[:8])[0] if self._shift else 0.0
        return datetime.now(UTC) + timedelta(seconds=ahead)


def _begin(asked: Mapping[str, Any], clock: _Shifted) -> None:
    """In the new process: what was asked, and nothing after it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = 1
    try:
        os.environ.update(asked["environment"])
        if SHIFT in asked["environment"]:
            clock.look_at(asked["environment"][SHIFT])
        log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        module, _, function = asked["run"].partition(":")
        getattr(importlib.import_module(module), function)(**asked["arguments"])
        status = 0
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _main() -> None:
    import service.store.clock

    clock = _Shifted()
    service.store.clock.utc_now = clock
    for module in ("service.__main__", "service.serve", "service.desks", "service.edge.server", "tests.chaos.people"):
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead
    begun: list[Process] = []
    for line in sys.stdin.buffer:
        pid = os.fork()
        if pid == 0:
            _begin(json.loads(line), clock)
        with suppress(ProcessLookupError):  # it ended at once, which its log tells
            begun.append(Process(pid))
        print(pid, flush=True)
    for process in begun:
        process.send(signal.SIGKILL)


if __name__ == "__main__":
    _main()
