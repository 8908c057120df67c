"""One server with its database, its clients and their journals, under whatever a storm does to them."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.forks import SHIFT, Forks, Process, set_shift
from tests.chaos.people import PROJECT, Founder
from tests.service.processes import READY, children, command_line

READY_WITHIN_S = 120.0
ANNOTATORS = 4
POSTGRES_FOLDERS = ("/usr/lib/postgresql", "/usr/local/pgsql")


class Postgres:
    """A PostgreSQL of its own, whose processes may be killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "postgresql"
        self._port = free_port()
        self._log = folder / "postgresql.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._folder.mkdir()
        if os.getuid() == 0:  # it refuses to run as root
            shutil.chown(self._folder, "postgres")
            _open_way(folder)
        self._run("initdb", "-D", str(self._folder), "-U", "maskloop", "-A", "trust", "--no-sync").wait(120)
        self.start()

    @property
    def url(self) -> str:
        """SQLAlchemy's url of its database."""
        return f"postgresql+psycopg://maskloop@127.0.0.1:{self._port}/postgres"

    @property
    def hidden(self) -> list[str]:
        """What callers may not learn of it."""
        return [f":{self._port}", f"port {self._port}"]

    def start(self) -> None:
        """Begin, once those of before have gone. Raises AssertionError where it does not."""
        until = time.monotonic() + READY_WITHIN_S
        while True:
            if self._process is None or self._process.poll() is not None:
                self._process = self._run(
                    "postgres",
                    "-D",
                    str(self._folder),
                    "-p",
                    str(self._port),
                    "-k",
                    str(self._folder),
                    "-h",
                    "127.0.0.1",
                )
            try:
                psycopg.connect(self.url.replace("+psycopg", ""), connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < until, f"PostgreSQL does not start; see {self._log}"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """SIGKILL its first process; the others follow by themselves."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def backends(self) -> list[int]:
        """Process ids of its sessions."""
        assert self._process is not None
        return [pid for pid in children(self._process.pid) if b"maskloop" in command_line(pid)]

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        user: Any = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        with self._log.open("ab") as log:
            return subprocess.Popen([_program(program), *arguments], stdout=log, stderr=log, cwd="/", **user)


class World:
    """See the module.

    Args:
        folder: of everything; made.
        seed: of the clients.
        postgres: whether the store and the records of long work are on PostgreSQL.
        leader: whether somebody trains.
        options: further configuration keys of the server.
    """

    def __init__(
        self, folder: Path, seed: int, *, postgres: bool = False, leader: bool = True, **options: object
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.seed = seed
        self._leader = leader
        self.journals = folder / "journals"
        self.journals.mkdir()
        self.data = folder / "data"
        self.log = folder / "server.log"
        self._clock = folder / "clock"
        set_shift(self._clock, 0.0)
        self.address = f"127.0.0.1:{free_port()}"
        self.postgres = Postgres(folder) if postgres else None
        urls = {"database_url": self.postgres.url, "workflows_url": self.postgres.url} if self.postgres else {}
        settings = {"threads": 1, "lock_wait_s": 60, "device": "cpu", "recipe": "compact", **urls, **options}
        self._environment = {f"MASKLOOP_{key.upper()}": str(value) for key, value in settings.items()}
        self._environment |= {SHIFT: str(self._clock), "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
        self.forks = Forks(folder / "forks.log")
        self.server: Process | None = None
        self.clients: dict[str, Process] = {}
        self.most_bytes = 0
        self._ahead_s = self._began_ahead_s = 0.0
        self.jumps: list[float] = []
        """When leases may have ended early, by the machine's monotonic clock.

        The server's clock was put ahead, or a server began by a clock that had been put ahead in the life of the one
        before, which went on counting as it was.
        """

    @property
    def database(self) -> Path:
        """The store's file, where it is SQLite's."""
        return self.data / "maskloop.db"

    @property
    def hidden(self) -> list[str]:
        """Texts of the server's machine that no answer may tell."""
        return [str(self.folder), *(self.postgres.hidden if self.postgres else [])]

    def start_server(self, *, wait: bool = True) -> None:
        """Begin the server; where it is not waited for, `await_server` does."""
        if self._ahead_s > self._began_ahead_s:
            self.jumps.append(time.monotonic())
        self._began_ahead_s = self._ahead_s
        with self.log.open("ab") as log:
            self._told_at = log.tell()
        arguments = ["serve", "--address", self.address, "--data-dir", str(self.data)]
        self.server = self.forks.begin("tests.chaos.forks:serve", {"arguments": arguments}, self._environment, self.log)
        if wait:
            self.await_server()

    def await_server(self) -> None:
        """Return when it serves; begun anew where it ended because its database was gone."""
        until = time.monotonic() + READY_WITHIN_S
        while READY.encode() not in self._told():
            assert time.monotonic() < until, f"the server does not start; see {self.log}"
            if self.server is None or not self.server.is_alive():
                time.sleep(0.2)
                self.start_server(wait=False)
            time.sleep(0.01)

    def begin(self) -> None:
        """The server, the project and its first images."""
        self.start_server()
        Founder("founder", self.address, self.journals, self.seed).begin()

    def start_client(self, name: str) -> None:
        """Begin a client, or begin it again."""
        kind = "leader" if name == "leader" else "annotator"
        arguments = {
            "kind": kind,
            "name": name,
            "address": self.address,
            "folder": str(self.journals),
            "seed": self.seed,
        }
        self.clients[name] = self.forks.begin("tests.chaos.people:work", arguments, {}, self.folder / "clients.log")

    def start_clients(self, annotators: int = ANNOTATORS) -> None:
        """All people, and the one who leads if there is one."""
        for name in (*(f"a{number}" for number in range(annotators)), *(["leader"] if self._leader else [])):
            self.start_client(name)

    def stop_clients(self) -> None:
        """Kill them all: what they were told is in their journals."""
        for process in self.clients.values():
            process.kill()
        self.clients.clear()

    def worker(self) -> Process | None:
        """The process that owns the device, `None` while there is none."""
        if self.server is None:
            return None
        try:
            for pid in children(self.server.pid):
                if b"service.device.process" in command_line(pid):
                    return Process(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass  # the server has just gone
        return None

    def set_clock(self, ahead_s: float) -> None:
        """Move the server's time of day."""
        if ahead_s > self._ahead_s:
            self.jumps.append(time.monotonic())
        self._ahead_s = ahead_s
        set_shift(self._clock, ahead_s)

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """No file of the server may grow beyond 4 KiB: what a full disk does."""
        assert self.server is not None
        soft, hard = resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (4096, hard))
        try:
            yield
        finally:
            if self.server.is_alive():
                resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (soft, hard))

    def look_at_memory(self) -> int:
        """Bytes that the server's process holds; the most is kept."""
        if self.server is None:
            return 0
        try:
            pages = int(Path(f"/proc/{self.server.pid}/statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError, IndexError):
            return 0
        held = pages * os.sysconf("SC_PAGE_SIZE")
        self.most_bytes = max(self.most_bytes, held)
        return held

    def close(self) -> None:
        """End all of it; the files stay."""
        self.stop_clients()
        if self.server is not None:
            self.server.kill()
        self.forks.close()
        if self.postgres is not None:
            self.postgres.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _told(self) -> bytes:
        with self.log.open("rb") as log:
            log.seek(self._told_at)
            return log.read()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def has_postgres() -> bool:
    """Whether PostgreSQL's programs are installed."""
    return bool(_program("initdb"))


def _program(name: str) -> str:
    known = [file for folder in POSTGRES_FOLDERS for file in sorted(Path(folder).glob(f"**/bin/{name}"))]
    return str(known[-1]) if known else shutil.which(name) or ""


def _open_way(folder: Path) -> None:
    """Let another user reach a folder, through those above it that are this process's own."""
    for above in (folder, *folder.parents):
        if above.stat().st_uid == os.getuid() and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)


__all__ = ["ANNOTATORS", "PROJECT", "Postgres", "World", "free_port", "has_postgres"]
