"""How a command ends when something is wrong: one clear line, and an exit code."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import typer

from maskloop.address import TOKEN_FILE_VARIABLE
from maskloop.cli.main import server_installed
from maskloop.errors import (
    Cancelled,
    DeadlineExceeded,
    FailedPrecondition,
    InternalError,
    MaskloopError,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)

WRONG_INPUT = 2
OUR_FAULT = 1
STOPPED = 130
EXTRAS = {
    "matplotlib": "report",
    "jinja2": "report",
    "scipy": "report",
    "skimage": "server",
    "starlette": "web",
    "uvicorn": "web",
    "python_multipart": "web",
}
"""Which extra of the package brings what is not always installed."""
WORTH_RESUMING = (Unavailable, DeadlineExceeded, ResourceExhausted, Cancelled, InternalError, Unauthenticated)
WHAT_TO_DO: Mapping[type[MaskloopError], str] = MappingProxyType(
    {
        Unauthenticated: f"show a token: --token-file FILE, or {TOKEN_FILE_VARIABLE}=FILE",
        PermissionDenied: "maskloop whoami says what your token allows",
    }
)
"""What people may do about what a server refuses."""
WORTH_WAITING_S = 2.0
"""Shorter delays are for programs."""


def told(command: Callable[[], object]) -> None:
    """Run `command`; an error of Maskloop's own is told in its words and ends the process.

    So is a package that an extra of ours would bring. The exit code is 2, and 1 for a fault of ours.
    """
    try:
        command()
    except MaskloopError as error:
        again = f"try again in {error.retry_after_s:.0f} s" if (error.retry_after_s or 0) >= WORTH_WAITING_S else ""
        _complain("; ".join(filter(None, [error.message, WHAT_TO_DO.get(type(error), ""), again])))
        sys.exit(OUR_FAULT if isinstance(error, InternalError) else WRONG_INPUT)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        _complain(f"this needs {package}: pip install 'maskloop[{EXTRAS[package]}]'")
        sys.exit(WRONG_INPUT)


def check_server_installed(what: str) -> None:
    """Refuse to start a server where only the client's side is installed.

    Args:
        what: starts one, for the complaint.

    Raises:
        FailedPrecondition: the server's packages are not there.
    """
    if not server_installed():
        raise FailedPrecondition(f"{what}: pip install 'maskloop[server]'")


def _complain(message: str) -> None:
    typer.secho(f"error: {message}", fg="red", err=True)


@contextmanager
def resumable(log: Path, again: Sequence[str], safe: str = "What was bought is safe.") -> Iterator[None]:
    """Say how to go on with a run that was stopped, or that something ended which may pass.

    Args:
        log: the server's, or a folder of such; named if it is there.
        again: the command that goes on with it.
        safe: what is not lost.
    """
    try:
        with _stopped_by_sigterm():
            yield
    except KeyboardInterrupt:
        _say_how_to_go_on("Stopped.", again)
        raise typer.Exit(STOPPED) from None
    except WORTH_RESUMING:
        wrote = f" What the server wrote: {log}." if log.exists() else ""
        _say_how_to_go_on(f"{safe}{wrote}", again)
        raise


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM, by which machines and containers shut down, stops as Ctrl-C does; only a main thread hears signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _say_how_to_go_on(sentence: str, again: Sequence[str]) -> None:
    typer.echo(f"{sentence} Go on with: {shlex.join(again)}", err=True)
