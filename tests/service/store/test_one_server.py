"""A database has one server that writes: through restarts of PostgreSQL, broken connections, and removed files."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from maskloop.errors import Aborted, FailedPrecondition, MaskloopError, Unavailable
from maskloop.values import Project
from service.store import Database
from service.store.database import sessions
from service.store.images import insert_images
from service.store.projects import insert_project
from tests.postgres import Postgres, postgres
from tests.service.desks import CATEGORIES
from tests.service.store.rows import NOW, image

WITHIN_S = 20.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Postgres]:
    with postgres() as made:
        yield made


@pytest.fixture
def url(cluster: Postgres) -> str:
    """Of an empty database."""
    cluster.run("DROP SCHEMA public CASCADE")
    cluster.run("CREATE SCHEMA public")
    return cluster.url


def opened(url: str, patience_s: float = 0.0) -> Database:
    database = Database(url, patience_s)
    with database.write() as tx:
        insert_project(tx, Project("p", "Bridges", CATEGORIES, created_at=NOW))
    return database


def write(database: Database, name: str) -> None:
    with database.write() as tx:
        insert_images(tx, [image(name)])


def names(database: Database) -> set[str]:
    with database.read() as tx:
        return set(tx.execute(text("SELECT id FROM images")).scalars())


def await_true(condition: Callable[[], object]) -> None:
    until = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def test_a_broken_session_is_taken_again_before_anything_is_written(cluster: Postgres, url: str) -> None:
    database, doubts = opened(url), []
    database.when_unsure(lambda: doubts.append("doubt"))
    for number in (signal.SIGINT, signal.SIGQUIT):
        cluster.stop(number)
        with pytest.raises(Unavailable):
            write(database, "while it is away")
        cluster.start()
        await_true(partial(_is_written, database, number.name))
        with pytest.raises(FailedPrecondition, match="another server works on the database postgres"):
            Database(url, 0.0)
    assert names(database) == {"SIGINT", "SIGQUIT"}
    assert doubts == ["doubt"] * 2
    database.close()


def _is_written(database: Database, name: str) -> bool:
    try:
        write(database, name)
    except Unavailable:
        return False
    return True


def test_a_session_that_ends_in_the_midst_of_a_write_keeps_nothing(cluster: Postgres, url: str) -> None:
    database = opened(url)

    def write_and_break() -> None:
        with database.write() as tx:
            insert_images(tx, [image("lost")])
            cluster.run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")

    with pytest.raises(Unavailable):
        write_and_break()
    write(database, "kept")
    assert names(database) == {"kept"}
    database.close()


def test_who_lost_the_lock_to_another_server_writes_nothing_more(cluster: Postgres, url: str) -> None:
    first = opened(url)
    told: list[str] = []
    first.watch(told.append)
    second = _taken_from(first, cluster, url)
    with pytest.raises(Unavailable):
        write(first, "too late")
    await_true(lambda: told)
    with pytest.raises(Unavailable, match="the server has lost its database and stops"):
        write(first, "too late as well")
    assert told == ["another server took the database postgres at 127.0.0.1; this one stops"]
    write(second, "new")
    assert names(second) == {"new"}
    for database in (first, second):
        database.close()


def _taken_from(first: Database, cluster: Postgres, url: str) -> Database:
    """Another server, which got the lock as the first one's session broke."""
    with first._writing:
        cluster.stop()
        cluster.start()
        return Database(url, 0.0)


def test_an_idle_server_takes_its_session_up_again_by_itself(cluster: Postgres, url: str) -> None:
    database = opened(url)
    told: list[str] = []
    database.watch(told.append)
    cluster.stop()
    cluster.start()
    await_true(lambda: cluster.run("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") == "1")
    assert told == []
    database.close()


def test_a_session_whose_way_broke_is_ended_where_it_is_still_there(
    cluster: Postgres, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = opened(url)
    session = database._session
    assert isinstance(session, sessions.PostgresSession)
    ghost, session._connection = session._connection, None
    write(database, "after")
    assert names(database) == {"after"}
    assert ghost is not None
    database.close()


def test_a_server_that_waits_lets_the_one_before_come_back_after_a_restart(cluster: Postgres, url: str) -> None:
    first = opened(url)
    first.watch(lambda why: None)
    ended: list[MaskloopError | Database] = []

    def wait() -> None:
        try:
            ended.append(Database(url, 60.0))
        except MaskloopError as error:
            ended.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.5)
    for _ in range(2):
        cluster.stop()
        time.sleep(0.3)
        cluster.start()
        await_true(lambda: _is_written(first, f"{time.monotonic_ns()}"))
    assert ended == []
    assert len(names(first)) == 2
    first.close()
    waiting.join(WITHIN_S)
    (second,) = ended
    assert isinstance(second, Database)
    write(second, "second")
    assert "second" in names(second)
    second.close()


def test_a_host_that_answers_nothing_is_given_up_within_seconds() -> None:
    with pytest.raises(Unavailable, match=r"^the database db at 10\.255\.255\.1 is not to be had: ") as raised:
        Database("postgresql://me:hidden@10.255.255.1:5432/db?connect_timeout=2")
    assert "hidden" not in raised.value.message


def test_what_contradicts_the_store_is_aborted_and_memory_doubted(tmp_path: Path) -> None:
    database, doubts = opened(f"sqlite:///{tmp_path / 'm.db'}"), []
    database.when_unsure(lambda: doubts.append("doubt"))
    write(database, "one")
    with pytest.raises(Aborted) as raised:
        write(database, "one")
    assert raised.value.retry_after_s is not None
    assert doubts == ["doubt"]
    write(database, "two")
    assert names(database) == {"one", "two"}
    database.close()


def test_callers_are_told_neither_host_nor_port(cluster: Postgres, url: str) -> None:
    database = opened(url)
    cluster.stop()
    try:
        with pytest.raises(Unavailable) as writing:
            write(database, "x")
        with pytest.raises(Unavailable) as reading:
            names(database)
    finally:
        cluster.start()
    for said in (writing.value.message, reading.value.message):
        assert said == "the database is not to be had; the server's log says why"
    database.close()


@pytest.mark.parametrize("gone", ["m.db", "m.db-wal", "m.db-shm"])
@pytest.mark.parametrize("how", ["removed", "replaced", "moved"])
def test_nothing_is_acknowledged_into_a_file_that_is_gone(tmp_path: Path, gone: str, how: str) -> None:
    database = opened(f"sqlite:///{tmp_path / 'm.db'}")
    write(database, "kept")
    told: list[str] = []
    if how == "replaced":
        shutil.copy(tmp_path / gone, tmp_path / "copy")
        (tmp_path / "copy").replace(tmp_path / gone)
    elif how == "moved":
        (tmp_path / gone).rename(tmp_path / "elsewhere")
    else:
        (tmp_path / gone).unlink()
    database._on_lost = told.append
    for _ in range(2):
        with pytest.raises(Unavailable, match="the server has lost its database and stops"):
            write(database, "into nothing")
    assert told == [
        f"the database {tmp_path}/m.db, or a file beside it, was removed or replaced while the server ran; "
        "put it back and start the server again"
    ]
    database.close()


def test_a_file_that_goes_in_the_very_moment_of_the_commit_is_noticed(tmp_path: Path) -> None:
    database = opened(f"sqlite:///{tmp_path / 'm.db'}")
    session = database._session
    looks: list[int] = []
    assert isinstance(session, sessions.SqliteSession)
    look = session.look

    def remove_after_the_first_look() -> None:
        look()
        if not looks:
            (tmp_path / "m.db").unlink()
        looks.append(1)

    session.look = remove_after_the_first_look  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        write(database, "into nothing")
    database.close()


def test_an_idle_server_notices_that_its_file_is_gone(tmp_path: Path) -> None:
    database = opened(f"sqlite:///{tmp_path / 'm.db'}")
    told: list[str] = []
    database.watch(told.append)
    os.unlink(tmp_path / "m.db")
    await_true(lambda: told)
    with contextlib.suppress(Unavailable):
        names(database)
    assert not (tmp_path / "m.db").exists()  # no reader makes an empty one
    database.close()


@pytest.mark.parametrize("left", ["nothing", "empty", "no tables"])
def test_no_empty_database_begins_where_one_was(tmp_path: Path, left: str) -> None:
    url = f"sqlite:///{tmp_path / 'm.db'}"
    if left == "empty":
        (tmp_path / "m.db").touch()
    if left == "no tables":
        import sqlite3

        sqlite3.connect(tmp_path / "m.db").execute("PRAGMA journal_mode=WAL").close()
    with pytest.raises(FailedPrecondition, match="put the database back, or begin an empty one with --new-database"):
        Database(url, may_be_new=False)
    assert (tmp_path / "m.db").exists() == (left != "nothing")
    Database(url, may_be_new=True).close()
    Database(url, may_be_new=False).close()
