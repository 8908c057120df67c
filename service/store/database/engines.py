"""Urls of databases, and engines on them: SQLite (WAL) or PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from maskloop.errors import FailedPrecondition, InvalidConfig, Unavailable

BUSY_TIMEOUT_S = 10.0
ANY_NUMBER = -1  # of connections: the edge bounds the threads that ask for one
DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg"}
FORMS = "sqlite:////FOLDER/FILE or postgresql://USER:PASSWORD@HOST/NAME"
# Without these a host that answers nothing would keep a call for minutes: seconds, but for the last, milliseconds.
PATIENCE: Mapping[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def as_json(value: Any) -> str:
    """What `json.dumps` writes; a list item by item, because 16 MiB in one piece would stop all threads for 0.14 s."""
    if isinstance(value, list):
        return f"[{', '.join(map(json.dumps, value))}]"
    return json.dumps(value)


FOR_ALL: Mapping[str, Any] = {"json_serializer": as_json, "hide_parameters": True}


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


def file_of(url: URL) -> Path | None:
    """The file of an SQLite database; `None` for other databases, and for one in memory."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:" or url.query:
        return None
    return Path(url.database)


def make_engine(url: URL) -> Engine:
    """An engine on a database; an SQLite file has to be there already, and is never made anew by a connection."""
    if url.get_backend_name() != "sqlite":
        patience = {key: value for key, value in PATIENCE.items() if key not in url.query}
        return create_engine(
            url,
            isolation_level="REPEATABLE READ",
            pool_pre_ping=True,
            max_overflow=ANY_NUMBER,
            connect_args=patience,
            **FOR_ALL,
        )
    options: dict[str, Any] = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
    file = file_of(url)
    if file is None:
        engine = create_engine(url, connect_args=options, max_overflow=ANY_NUMBER, **FOR_ALL)
    else:
        there = f"file:{quote(str(file.absolute()))}?mode=rw"
        engine = create_engine(
            url,
            creator=lambda: sqlite3.connect(there, uri=True, **options),
            max_overflow=ANY_NUMBER,
            **FOR_ALL,
        )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def make_file(file: Path, *, may_be_new: bool) -> None:
    """Make the file of an SQLite database, if it is not there.

    Raises:
        FailedPrecondition: it is missing or empty, though it may not be new.
        Unavailable: it cannot be made.
    """
    try:
        if file.is_file() and file.stat().st_size:
            return
        if not may_be_new:
            raise missing(f"the database {file} is missing or empty")
        file.touch()
    except OSError as error:
        raise Unavailable(f"the database {file} is not to be had: {error.strerror}") from error


def missing(what: str) -> FailedPrecondition:
    """The refusal to begin an empty database beside data that another one knew of."""
    return FailedPrecondition(
        f"{what}, but the data folder holds images or models; put the database back, "
        "or begin an empty one with --new-database",
        field="database",
    )


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
