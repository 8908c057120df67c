"""The page where people label, as a process beside the server.

It is a client like any other, and reaches the server over gRPC. It ends with the server, however that ends: by the end
of its standard input.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from maskloop.errors import InvalidConfig
from service.config import ServerConfig
from service.edge.address import UNIX, check_free

ENDS_WITHIN_S = 10.0
LOOPBACK = "127.0.0.1"
EVERY_ADDRESS = {"0.0.0.0": LOOPBACK, "[::]": "[::1]"}
NEEDED = ("uvicorn", "starlette", "jinja2")
_log = logging.getLogger(__name__)


def check_page(config: ServerConfig) -> None:
    """Refuse a page that could not be served.

    Raises:
        InvalidConfig: its packages are not installed, or the server speaks TLS, which vouches for another name.
        FailedPrecondition: its port is taken.
    """
    if config.web is None:
        return
    if any(find_spec(name) is None for name in NEEDED):
        raise InvalidConfig("the page needs more packages: pip install 'maskloop[web]'", field="web")
    if config.tls_cert is not None:
        raise InvalidConfig(
            "a server that speaks TLS has its page beside it: maskloop web --server ADDRESS --tls-root FILE",
            field="web",
        )
    check_free(f"{LOOPBACK}:{config.web}")


@contextmanager
def page_beside(config: ServerConfig, address: str) -> Iterator[None]:
    """Have the page beside a server, if one is wanted; it says itself where it is.

    Args:
        config: of the server.
        address: where the server listens.
    """
    if config.web is None:
        yield
        return
    page = subprocess.Popen(
        [*_COMMAND, "--server", _reached_at(address), "--port", str(config.web), *["--insecure"] * config.insecure],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONSAFEPATH": "1"},
    )
    leaving = threading.Event()
    threading.Thread(target=_watch, args=(page, leaving), name="page", daemon=True).start()
    try:
        yield
    finally:
        leaving.set()
        _end(page)


_COMMAND = (sys.executable, "-m", "maskloop.cli.main", "web", "--no-open", "--exit-with-parent")


def _reached_at(address: str) -> str:
    """Where a program on this machine finds the server."""
    if address.startswith(UNIX):
        return address
    host, _, port = address.rpartition(":")
    return f"{EVERY_ADDRESS.get(host, host)}:{port}"


def _watch(page: subprocess.Popen[bytes], leaving: threading.Event) -> None:
    status = page.wait()
    if not leaving.is_set():
        _log.error("the page where people label has ended (exit code %d); the server goes on without it", status)


def _end(page: subprocess.Popen[bytes]) -> None:
    """The end of its input asks it to go; what does not go is killed."""
    if page.stdin is not None:
        page.stdin.close()
    try:
        page.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        page.kill()
