"""Processes that work for the server: begun here, spoken to through a pipe, and gone when the server is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from service.device.messages import DeviceSettings, Ready

# torch's threads otherwise burn their core while they wait for each other: ten times slower once the server, a client
# or a neighbour wants it too.
SLEEP_WHILE_WAITING = {"OMP_WAIT_POLICY": "PASSIVE"}


class DeviceDiedError(Exception):
    """The process is gone."""


def start(module: str) -> tuple[subprocess.Popen[bytes], Connection]:
    """Begin `python -m MODULE FD`, whose FD is the other end of the pipe that is returned.

    The thread that calls it has to live as long as the process may: Linux's parent-death signal counts threads as
    parents.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={**SLEEP_WHILE_WAITING, **os.environ},
        )
    return process, Connection(ours.detach())


def greet(pipe: Connection, settings: DeviceSettings) -> None:
    """Tell a new process how it works, and wait until it does.

    Raises:
        DeviceDiedError: it died before.
        InvalidConfig: torch cannot use the device.
    """
    with dying():
        pipe.send(settings)
        ready: Ready = pipe.recv()
    if ready.error is not None:
        raise ready.error


@contextmanager
def dying() -> Iterator[None]:
    """What the pipe raises when the other end is gone is `DeviceDiedError`."""
    try:
        yield
    except (EOFError, OSError) as error:
        raise DeviceDiedError from error
