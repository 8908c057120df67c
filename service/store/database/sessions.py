"""The one connection that writes. It proves with every commit that the database is this server's alone.

On PostgreSQL the session of that connection holds a lock that only one server can have. A session that was lost took
the lock with it, and cannot commit any more; so no write is ever made without the lock. On SQLite the connection's
files must be those that lie at the database's path, or what it commits would be gone with it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from maskloop.errors import FailedPrecondition, Unavailable
from service.store.database.failures import said

ONE_SERVER = 7480  # the advisory lock that a server holds on its PostgreSQL database
LOOK_EVERY_S = 0.2
LET_PASS_S = 3.0
"""A server that waits lets the one that had the database before a restart take it first."""
TRY_AGAIN_S = 0.5
GHOST_ENDS_WITHIN_S = 5.0
BESIDE = ("", "-wal", "-shm")
logger = logging.getLogger(__name__)

_WHO = text("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
_LOCK = text("SELECT pg_try_advisory_lock(:number)").bindparams(number=ONE_SERVER)
_END_GHOST = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid AND backend_start = :backend_start"
)


class LostDatabaseError(Exception):
    """The database is not this server's any more; for good. The words are the operator's."""


class WriteSession(Protocol):
    """The connection that writes; one thread at a time uses it."""

    def begin(self) -> Any:
        """A context of one transaction on the connection: committed at its end, rolled back if anything is raised.

        Raises:
            LostDatabaseError: the database is not this server's any more; nothing was kept.
            Unavailable: it cannot be reached now.
        """

    def look(self) -> None:
        """Find out whether the session is still there, and take it again if it is not.

        Raises:
            LostDatabaseError, Unavailable: as `begin`.
        """

    def close(self) -> None:
        """Let go of the database."""


class PostgresSession:
    """A session with the lock. When it breaks, it is taken again before anything is written.

    Args:
        engine: connects.
        place: the database as the operator is told of it.
        patience_s: how long to wait for a server that has the lock.
        taken_again: called when it was; others may have written meanwhile.

    Raises:
        FailedPrecondition: another server has the lock.
        sqlalchemy.exc.DBAPIError: the database cannot be reached.
    """

    def __init__(self, engine: Engine, place: str, patience_s: float, taken_again: Any) -> None:
        self._engine = engine
        self._place = place
        self._taken_again = taken_again
        self._who: dict[str, Any] = {}
        self._not_before = 0.0
        self._connection: Connection | None = self._wait_for(patience_s)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """See `WriteSession`."""
        connection = self._connection or self._take_again()
        try:
            with connection.begin():
                yield connection
        finally:
            if connection.invalidated:
                self._drop()

    def look(self) -> None:
        """See `WriteSession`."""
        if self._connection is not None:
            try:
                with self.begin() as connection:
                    connection.execute(text("SELECT 1"))
            except DBAPIError as error:
                logger.warning("the session with the database %s broke: %s", self._place, said(error))
        if self._connection is None:
            self._take_again()

    def close(self) -> None:
        """See `WriteSession`."""
        self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _wait_for(self, patience_s: float) -> Connection:
        until, said_so = time.monotonic() + patience_s, False
        connection: Connection | None = self._connected()
        while True:
            try:
                if connection is None:
                    connection = self._connected()
                    time.sleep(LET_PASS_S)
                if self._lock(connection):
                    return connection
            except DBAPIError:  # it is being restarted; whoever had it comes back first
                connection = None
                if time.monotonic() >= until:
                    raise
            if connection is not None and not said_so:
                logger.warning(
                    "another server works on the database %s; waiting for it up to %g s", self._place, patience_s
                )
                said_so = True
            if connection is not None and time.monotonic() >= until:
                connection.close()
                raise FailedPrecondition(f"another server works on the database {self._place}", field="database")
            time.sleep(LOOK_EVERY_S)

    def _take_again(self) -> Connection:
        if time.monotonic() < self._not_before:
            raise Unavailable("the database is not to be had; the server's log says why", retry_after_s=1.0)
        try:
            connection = self._connected()
            lost = not (self._lock(connection) or self._lock_without_ghost(connection))
        except DBAPIError:
            self._not_before = time.monotonic() + TRY_AGAIN_S
            raise
        if lost:
            connection.close()
            raise LostDatabaseError(f"another server took the database {self._place}; this one stops")
        logger.warning("the session with the database %s was taken again", self._place)
        self._connection = connection
        self._taken_again()
        return connection

    def _connected(self) -> Connection:
        """A connection outside the pool; closing it ends its session, and the lock with it."""
        connection = self._engine.connect()
        connection.detach()
        return connection

    def _lock(self, connection: Connection) -> bool:
        with connection.begin():
            if not connection.execute(_LOCK).scalar():
                return False
            self._who = dict(connection.execute(_WHO).mappings().one())
            return True

    def _lock_without_ghost(self, connection: Connection) -> bool:
        """Where only the way to the database broke, the session before may still be there, with the lock: end it."""
        until = time.monotonic() + GHOST_ENDS_WITHIN_S
        with connection.begin():
            ended = connection.execute(_END_GHOST, self._who).scalar()
        while ended and time.monotonic() < until:
            if self._lock(connection):
                return True
            time.sleep(LOOK_EVERY_S)
        return False


class SqliteSession:
    """A connection to a file, which must stay where it is.

    Args:
        engine: connects.
        file: the database's; `None` for one that lies in no file.
    """

    def __init__(self, engine: Engine, file: Path | None) -> None:
        self._file = file
        self._connection = engine.connect().execution_options(maskloop_writes=True)
        self._connection.detach()
        with self._connection.begin():  # the files beside it are there from now on
            pass
        self._files = self._stats()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """See `WriteSession`."""
        with self._connection.begin():
            yield self._connection
            self.look()
        self.look()  # in the moment between, it might have been removed

    def look(self) -> None:
        """See `WriteSession`."""
        if self._stats() != self._files:
            raise LostDatabaseError(
                f"the database {self._file}, or a file beside it, was removed or replaced while the server ran; "
                "put it back and start the server again"
            )

    def close(self) -> None:
        """See `WriteSession`."""
        self._connection.close()

    def _stats(self) -> list[tuple[int, int] | None]:
        return [] if self._file is None else [_identity(f"{self._file}{end}") for end in BESIDE]


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
