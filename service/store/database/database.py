"""One database, SQLite (WAL) or PostgreSQL: its transactions, and the one server that writes to it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError

from maskloop.errors import MaskloopError, Unavailable
from service.store.database.engines import check_url, file_of, make_engine, make_file, shown
from service.store.database.failures import errors_made_ours, is_overtaken
from service.store.database.migrate import migrate
from service.store.database.sessions import LostDatabaseError, PostgresSession, SqliteSession, WriteSession

LOOK_EVERY_S = 1.0
logger = logging.getLogger(__name__)


class Transaction:
    """An open transaction. What `after_commit` is given runs once it is durable, before anyone else may write."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._afterwards: list[Callable[[], None]] = []

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run a Core statement; a list of parameters runs it once for each."""
        return self._connection.execute(statement, parameters)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` after the commit; never, if the transaction is rolled back."""
        self._afterwards.append(action)

    def committed(self) -> None:
        """Run what was waiting for the commit; `Database.write` calls this."""
        for action in self._afterwards:
            action()


class Database:
    """The server's database. Thread-safe: readers run side by side, writers one after the other.

    A server keeps in memory which images are candidates, so it must be the only one that writes. All its writes go
    through one connection, which holds a PostgreSQL database by a lock and watches the files of an SQLite database. An
    SQLite file is held against other servers by the lock on the data folder it lies in.

    Args:
        url: SQLAlchemy url, such as `sqlite:////data/maskloop.db` or `postgresql+psycopg://...`.
        patience_s: how long to wait for a server that works on the PostgreSQL database, through its restarts too.
        may_be_new: whether it may be without tables, which are made then.

    Raises:
        FailedPrecondition: another server works on the database, it is damaged, or it may not be new and is.
        InvalidConfig: the url is unreadable, of another kind of database, or its schema is newer than this program.
        StorageFull: the disk is full.
        Unavailable: the database cannot be reached.
    """

    def __init__(self, url: str, patience_s: float = 30.0, *, may_be_new: bool = True) -> None:
        place = check_url(url, "database_url")
        self._writing = threading.RLock()
        self._closed = threading.Event()
        self._when_unsure: list[Callable[[], None]] = []
        self._lost: LostDatabaseError | None = None
        self._on_lost: Callable[[str], None] | None = None
        self._session: WriteSession | None = None
        self._engine = make_engine(place)
        try:
            with errors_made_ours(shown(place)):
                if (file := file_of(place)) is not None:
                    make_file(file, may_be_new=may_be_new)
                if self._engine.dialect.name == "postgresql":
                    self._session = PostgresSession(self._engine, shown(place), patience_s, self._doubt)
                migrate(self._engine, may_be_new=may_be_new)
                self._session = self._session or SqliteSession(self._engine, file)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction that may write: committed at the end, rolled back if anything is raised.

        Raises:
            Aborted: another change came first, of which this server did not know; nothing was changed, and what it
                keeps in memory is made anew.
            StorageFull: the disk is full; nothing was changed.
            Unavailable: the database cannot be reached, stayed locked, or is not this server's any more. Where the
                connection broke, the change may have been made all the same: repeat it under its request id.
        """
        with self._writing:
            with self._owned() as session, session.begin() as connection:
                transaction = Transaction(connection)
                yield transaction
            transaction.committed()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One transaction that only reads, and sees one moment of the database; it waits for no writer.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with errors_made_ours(), self._engine.connect() as connection:
            connection.execution_options(postgresql_readonly=True)
            with connection.begin():
                yield Transaction(connection)

    def when_unsure(self, action: Callable[[], None]) -> None:
        """Have `action` called, before the next write, when others may have written: what is in memory may be wrong."""
        self._when_unsure.append(action)

    def watch(self, on_lost: Callable[[str], None]) -> None:
        """Look every second whether the database is still this server's, and take a broken connection up again.

        Args:
            on_lost: told why, once, when the database is lost for good; from any thread.
        """
        self._on_lost = on_lost
        threading.Thread(target=self._watch, name="database", daemon=True).start()

    def close(self) -> None:
        """Close all connections, and let go of the database."""
        self._closed.set()
        with self._writing:
            if self._session is not None:
                self._session.close()
        self._engine.dispose()

    @contextmanager
    def _owned(self) -> Iterator[WriteSession]:
        if self._lost is not None:
            raise _lost()
        if self._session is None or self._closed.is_set():
            raise Unavailable("the server is stopping")
        try:
            with errors_made_ours():
                try:
                    yield self._session
                except DBAPIError as error:
                    if is_overtaken(error):
                        self._doubt()
                    raise
        except LostDatabaseError as error:
            self._lose(error)
            raise _lost() from error

    def _doubt(self) -> None:
        for action in self._when_unsure:
            action()

    def _lose(self, error: LostDatabaseError) -> None:
        self._lost = error
        logger.error("%s", error)
        if self._on_lost is not None:
            self._on_lost(str(error))

    def _watch(self) -> None:
        while self._lost is None and not self._closed.wait(LOOK_EVERY_S):
            with self._writing:
                try:
                    if self._session is not None and not self._closed.is_set():
                        self._session.look()
                except LostDatabaseError as error:
                    self._lose(error)
                except (DBAPIError, MaskloopError):
                    continue  # it is away, as the log says; the next look may find it back


def _lost() -> Unavailable:
    return Unavailable("the server has lost its database and stops", retry_after_s=1.0)
