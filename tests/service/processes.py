"""The real server as a process, to be asked, stopped and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from maskloop.client import Client

ROOT = Path(__file__).parents[2]
READY = "maskloop: serving on "


class ServerProcess:
    """`python -m service serve` over a data folder, with a client to it.

    Further options are configuration keys, given as the environment gives them.
    """

    def __init__(self, data_dir: Path, *flags: str, stderr: int | None = None, **options: object) -> None:
        self._begin(data_dir, *flags, stderr=stderr, **options)
        self.serving()

    @classmethod
    def begun(cls, data_dir: Path, *flags: str, stderr: int | None = None, **options: object) -> ServerProcess:
        """A server that need not come up, or not yet; `serving` waits until it does."""
        made = cls.__new__(cls)
        made._begin(data_dir, *flags, stderr=stderr, **options)
        return made

    def _begin(self, data_dir: Path, *flags: str, stderr: int | None, **options: object) -> None:
        environment = {f"MASKLOOP_{key.upper()}": str(value) for key, value in {"threads": 1, **options}.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve", "--address", "127.0.0.1:0", "--data-dir", data_dir, *flags],
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, **environment},
            cwd=ROOT,
        )

    def serving(self) -> ServerProcess:
        """Wait until calls are welcome."""
        line = self.process.stdout.readline().decode()
        assert line.startswith(READY), f"the server said {line!r}"
        self.address = line.removeprefix(READY).strip()
        self.client = Client(self.address)
        return self

    def refusal(self, timeout_s: float = 60) -> str:
        """What a server that does not come up, or stops by itself, says at last; its exit status is 2."""
        assert self.process.wait(timeout_s) == 2
        said = self.process.stderr.read().decode()
        assert "Traceback" not in said, said
        self._close()
        return said.splitlines()[-1]

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.end(signal.SIGKILL)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end. Returns the exit status."""
        self.client.close()
        self.process.send_signal(number)
        status = self.process.wait(60)
        self._close()
        return status

    def device_pid(self, timeout_s: float = 60) -> int:
        """Process id of the process that owns the device, once there is one."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            for pid in children(self.process.pid):
                if b"service.device.process" in command_line(pid):
                    return pid
            time.sleep(0.02)
        raise AssertionError("the server has no device process")


def children(pid: int) -> list[int]:
    """Process ids of a process's children."""
    ids: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        ids += map(int, (task / "children").read_text().split())
    return ids


def command_line(pid: int) -> bytes:
    """A process's command line, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def is_alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def is_gone(pid: int, timeout_s: float = 30) -> bool:
    """Whether the process ends within `timeout_s`."""
    until = time.monotonic() + timeout_s
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(pid)
