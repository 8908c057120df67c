"""A PostgreSQL of a test's own, which it may stop, start and kill."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

USER = "postgres"
WITHIN_S = 30.0
SETTINGS = ("fsync=off", "max_connections=60", "shared_buffers=16MB", "listen_addresses=127.0.0.1")


class Postgres:
    """A cluster in a folder, on a port of 127.0.0.1. Root runs it as the user `postgres`, as it must."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._user = USER if os.getuid() == 0 else None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._do("initdb", "-D", folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}:hidden-word@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        settings = [part for setting in (*SETTINGS, f"port={self.port}") for part in ("-c", setting)]
        folders = ("-D", str(self._folder / "data"), "-k", str(self._folder))
        command = [str(self._programs / "postgres"), *folders, *settings]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log, cwd="/")
        until = time.monotonic() + WITHIN_S
        while self._do("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), check=False) != 0:
            assert time.monotonic() < until, (self._folder / "log").read_text()
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """SIGINT breaks all sessions off, SIGQUIT crashes."""
        self._process.send_signal(number)
        self._process.wait(WITHIN_S)

    def run(self, statement: str) -> str:
        at = ("-h", "127.0.0.1", "-p", str(self.port), "-U", USER)
        command = [str(self._programs / "psql"), *at, "-Atc", statement]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=WITHIN_S).stdout.strip()

    @contextmanager
    def holding_the_lock(self) -> Iterator[None]:
        """As another server would, which took it."""
        connection = create_engine(self.url).connect()
        assert connection.execute(text("SELECT pg_try_advisory_lock(7480)")).scalar()
        try:
            yield
        finally:
            connection.invalidate()
            connection.close()

    def _do(self, program: str, *options: object, check: bool = True) -> int:
        command = [str(part) for part in (self._programs / program, *options)]
        done = subprocess.run(command, user=self._user, capture_output=True, check=check, timeout=60, cwd="/")
        return done.returncode


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A new cluster; the test is skipped where PostgreSQL is not installed."""
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = known[-1] if known else shutil.which("initdb")
    if initdb is None:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    if os.getuid() == 0:
        shutil.chown(folder, USER)
    try:
        made = Postgres(Path(initdb).parent, folder)
        try:
            yield made
        finally:
            made.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
