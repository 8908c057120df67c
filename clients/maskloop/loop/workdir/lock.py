"""One process at a time works on a run, and another may ask it to finish."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maskloop.errors import FailedPrecondition, MaskloopError
from maskloop.formats.files import write_atomically
from maskloop.loop.options.kept_run import RUN_FILE
from maskloop.loop.options.run_file import LOCK_FILE, SERVER_FOLDER, SERVER_LOG

FINISH_FILE = "finish"
"""Lies in WORKDIR while a run is to end with what it has."""


@contextmanager
def sole_worker(workdir: Path) -> Iterator[None]:
    """Hold the run in WORKDIR; the system lets go of it however the process ends.

    Raises:
        FailedPrecondition: another process holds it, or the folder cannot be made.
    """
    try:
        workdir.mkdir(parents=True, exist_ok=True)
        file = (workdir / LOCK_FILE).open("ab")
    except OSError as error:
        raise FailedPrecondition(f"cannot make {workdir}: {error.strerror}", field="workdir") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FailedPrecondition(f"another process works on the run in {workdir}", field="workdir") from None
        yield


def ask_to_finish(workdir: Path) -> None:
    """Have the run in WORKDIR end with what it has, whichever process works on it."""
    write_atomically(workdir / FINISH_FILE, b"")


def is_worked_on(workdir: Path) -> bool:
    """Whether a process works on the run in WORKDIR."""
    if not (workdir / LOCK_FILE).exists():
        return False
    with (workdir / LOCK_FILE).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


@contextmanager
def sole_worker_on_new(workdir: Path, run_file: str = RUN_FILE) -> Iterator[None]:
    """As `sole_worker`; and where this one is refused something before a run has begun in WORKDIR, and left its file,
    nothing is left behind there.

    Raises:
        FailedPrecondition: as `sole_worker`; what lies there is the other process's then, and stays.
    """
    was_there = workdir.exists()
    with sole_worker(workdir):
        try:
            yield
        except MaskloopError:
            if not (workdir / run_file).exists():
                shutil.rmtree(workdir / SERVER_FOLDER, ignore_errors=True)
                for name in (SERVER_LOG, LOCK_FILE):
                    (workdir / name).unlink(missing_ok=True)
                if not was_there:
                    shutil.rmtree(workdir, ignore_errors=True)
            raise
