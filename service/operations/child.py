"""Processes that work for the server: begun here, spoken to through a pipe, and gone when the server is."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

# torch's threads otherwise burn their core while they wait for each other: ten times slower once the server, a client
# or a neighbour wants it too.
SLEEP_WHILE_WAITING = {"OMP_WAIT_POLICY": "PASSIVE"}


KILLED_WITHIN_S = 10.0
LAST_WORDS_S = 0.3
logger = logging.getLogger(__name__)


class DeviceDiedError(Exception):
    """The process is gone; its words, if there are any, say what became of it."""


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


def hear(pipe: Connection, look: Callable[[], None], every_s: float) -> Any:
    """The next word of a process.

    Args:
        pipe: to it.
        look: called every so often while there is none; may raise to end the wait.
        every_s: how often, in seconds.

    Raises:
        DeviceDiedError: it is gone.
    """
    while True:
        with dying():
            if pipe.poll(every_s):
                return pipe.recv()
        look()


def end(process: subprocess.Popen[bytes]) -> int | None:
    """Make sure that a process is gone. Returns its exit status, `None` if even the kernel cannot end it."""
    process.kill()
    try:
        return process.wait(KILLED_WITHIN_S)
    except subprocess.TimeoutExpired:  # it waits for a disk or a driver; it goes when that lets it
        logger.warning("process %d cannot be ended and is left alone", process.pid)
        return None


def tell_where(process: subprocess.Popen[bytes]) -> None:
    """Have a hung process write in the log where its threads are, if it still can."""
    if hasattr(signal, "SIGUSR1"):
        process.send_signal(signal.SIGUSR1)
        time.sleep(LAST_WORDS_S)


@contextmanager
def dying() -> Iterator[None]:
    """What the pipe raises when the other end is gone is `DeviceDiedError`."""
    try:
        yield
    except (EOFError, OSError) as error:
        raise DeviceDiedError from error
