"""One database, SQLite (WAL) or PostgreSQL: its engine, its transactions, and its errors made ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, Executable, create_engine, event, func, make_url, select, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError, OperationalError

from maskloop.errors import FailedPrecondition, InvalidConfig, StorageFull, Unavailable
from service.store.tables.migrate import migrate

BUSY_TIMEOUT_S = 10.0
ANY_NUMBER = -1  # of connections: the edge bounds the threads that ask for one
ONE_SERVER = 7480  # the advisory lock that a server holds on its PostgreSQL database
LOCK_NOT_AVAILABLE = "55P03"
DISK_FULL = "53100"
DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg"}
FORMS = "sqlite:////FOLDER/FILE or postgresql://USER:PASSWORD@HOST/NAME"


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

    A server keeps in memory which images are candidates, so it must be the only one that writes. A PostgreSQL
    database is held by a lock of its own; an SQLite file by the lock on the data folder it lies in.

    Args:
        url: SQLAlchemy url, such as `sqlite:////data/maskloop.db` or `postgresql+psycopg://...`.
        patience_s: how long to wait for a server that is leaving the PostgreSQL database.

    Raises:
        FailedPrecondition: another server works on the database, or it is damaged.
        InvalidConfig: the url is unreadable, of another kind of database, or its schema is newer than this program.
        Unavailable: the database cannot be reached.
    """

    def __init__(self, url: str, patience_s: float = 30.0) -> None:
        place = check_url(url, "database_url")
        self._engine = _make_engine(place)
        self._writing = threading.RLock()
        self._held: Connection | None = None
        try:
            with _errors_made_ours(f"the database {shown(place)}"):
                if self._engine.dialect.name == "postgresql":
                    self._held = _session(self._engine)
                    _hold(self._held, patience_s)
                migrate(self._engine)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction that may write: committed at the end, rolled back if anything is raised.

        Raises:
            StorageFull: the disk is full; nothing was changed.
            Unavailable: the database cannot be reached or stayed locked; nothing was changed.
        """
        with self._writing:
            with _errors_made_ours(), self._engine.connect() as connection:
                connection.execution_options(maskloop_writes=True)
                with connection.begin():
                    transaction = Transaction(connection)
                    yield transaction
            transaction.committed()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One transaction that only reads, and sees one moment of the database; it waits for no writer.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with _errors_made_ours(), self._engine.connect() as connection:
            connection.execution_options(postgresql_readonly=True)
            with connection.begin():
                yield Transaction(connection)

    def close(self) -> None:
        """Close all connections, and let go of the database."""
        if self._held is not None:
            self._held.close()
        self._engine.dispose()


def _make_engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        patience = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
        engine = create_engine(url, connect_args=patience, max_overflow=ANY_NUMBER)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, isolation_level="REPEATABLE READ", pool_pre_ping=True, max_overflow=ANY_NUMBER)


def _session(engine: Engine) -> Connection:
    """A connection outside the pool and outside transactions; closing it ends it, and its locks with it."""
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()
    return connection


def _hold(session: Connection, patience_s: float) -> None:
    """Take the database for this server, for as long as the session is open."""
    session.execute(text(f"SET lock_timeout = {round(patience_s * 1000)}"))
    session.execute(select(func.pg_advisory_lock(ONE_SERVER)))


def _prepare_sqlite(connection: Any, record: object) -> None:
    """WAL so that readers never wait; FULL so that an acknowledged label survives a power cut."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the write lock at once: one that reads first and writes later could not get it any more.

    A reader takes none, and cannot write.
    """
    writes = bool(connection.get_execution_options().get("maskloop_writes"))
    connection.exec_driver_sql(f"PRAGMA query_only={not writes}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _errors_made_ours(which: str = "the database") -> Iterator[None]:
    """Args: which: as it is told; callers learn nothing of the place."""
    try:
        yield
    except DBAPIError as error:
        said = " ".join(str(error.orig).split())
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise FailedPrecondition(f"another server works on {which}", field="database") from error
        if _is_full(error.orig):
            raise StorageFull(f"the database's disk is full ({said}); nothing was changed") from error
        if getattr(error.orig, "sqlite_errorname", "") in DAMAGED:
            raise FailedPrecondition(
                f"{which} is damaged ({said}); restore it from a backup", field="database"
            ) from error
        if isinstance(error, OperationalError):
            raise Unavailable(f"{which} is not to be had: {said}", retry_after_s=1.0) from error
        raise


def _is_full(cause: object) -> bool:
    """SQLite tells a full disk from a quota that is used up or a file that may not grow; all are the same here."""
    if getattr(cause, "sqlstate", None) == DISK_FULL:
        return True
    return getattr(cause, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")


def check_url(url: str, key: str) -> URL:
    """The url, with the driver that is installed.

    Args:
        url: SQLAlchemy's form.
        key: the configuration's name for it.

    Raises:
        InvalidConfig: it is unreadable, or of another kind of database or driver.
    """
    try:
        read = make_url(url)
    except Exception as error:
        raise InvalidConfig(f"{key} is not of the form {FORMS}", field=key) from error
    kind, _, driver = read.drivername.partition("+")
    if kind not in DRIVERS:
        raise InvalidConfig(f"{key} is of the kind {kind!r}; it must be {FORMS}", field=key)
    if driver not in ("", DRIVERS[kind]):
        raise InvalidConfig(f"{key} wants the driver {driver!r}; of {kind} it is {DRIVERS[kind]}", field=key)
    return read.set(drivername=f"{kind}+{DRIVERS[kind]}")


def shown(url: URL) -> str:
    """What an operator may read of it: an SQLite file's place, or database and host."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return f"{url.database} at {url.host or 'this machine'}"
