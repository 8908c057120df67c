"""What every transaction promises: one writer at a time, one moment for a reader, all or nothing."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from maskloop.errors import FailedPrecondition, ImageNotFound, InvalidConfig, LabelNotFound, Unavailable
from service.store import Database
from service.store.campaigns import Movement, get_campaign, move
from service.store.database.engines import as_json
from service.store.images import get_image, insert_images
from tests.service.store.rows import CAMPAIGN, POSTGRES, image


@pytest.mark.skipif(not POSTGRES, reason="MASKLOOP_TEST_POSTGRES names no database")
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_servers_do_not_share_a_postgresql_database(database: Database, url: str) -> None:
    with pytest.raises(FailedPrecondition, match="another server"):
        Database(url, patience_s=0.1)
    database.close()
    Database(url, patience_s=5.0).close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://me:hidden@here/db", "is of the kind 'mysql'"),
        ("postgres://me:hidden@here/db", "is of the kind 'postgres'"),
        ("me:hidden@here", "is not of the form"),
        ("postgresql+psycopg://me:hidden@here:port/db", "is not of the form"),
        ("postgresql+asyncpg://me:hidden@here/db", "wants the driver 'asyncpg'; of postgresql it is psycopg"),
        ("sqlite+aiosqlite:////db", "wants the driver"),
        ("", "is not of the form"),
    ],
)
def test_other_databases_are_refused_and_no_password_is_told(url: str, words: str) -> None:
    with pytest.raises(InvalidConfig, match="^database_url " + words) as raised:
        Database(url)
    assert "hidden" not in raised.value.message


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg"])
def test_a_database_that_cannot_be_reached_is_named_in_one_line_without_its_password(driver: str) -> None:
    with pytest.raises(Unavailable, match=r"^the database db at 127\.0\.0\.1 is not to be had: ") as raised:
        Database(f"{driver}://me:hidden@127.0.0.1:1/db?password=hidden")
    assert "hidden" not in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize("damage", [b"this has never been a database, has it? " * 100, None])
def test_a_damaged_file_is_named(tmp_path: Path, damage: bytes | None) -> None:
    file = tmp_path / "m.db"
    Database(f"sqlite:///{file}").close()
    whole = file.read_bytes()
    file.write_bytes(damage or whole[:100] + b"\xff" * (len(whole) - 100))
    with pytest.raises(FailedPrecondition, match=rf"^the database {file} is damaged \(.+\); restore it from a backup$"):
        Database(f"sqlite:///{file}")


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        Database(f"sqlite:///{tmp_path / 'no such folder' / 'store.db'}")


def test_sqlite_is_durable_and_enforces_references(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path / 'store.db'}")
    with made.read() as tx:
        pragmas = [
            tx.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    made.close()
    assert pragmas == ["wal", 2, 1]


def test_what_is_raised_rolls_everything_back_and_skips_what_waits_for_the_commit(database: Database) -> None:
    told: list[str] = []

    def write_and_fail() -> None:
        with database.write() as tx:
            insert_images(tx, [image("new")])
            tx.after_commit(lambda: told.append("new"))
            raise LabelNotFound("stop")

    with pytest.raises(LabelNotFound):
        write_and_fail()
    with database.read() as tx, pytest.raises(ImageNotFound):
        get_image(tx, "p", "new")
    assert told == []


def test_what_waits_for_the_commit_runs_after_it(database: Database) -> None:
    seen: list[str] = []

    def look() -> None:
        with database.read() as tx:
            seen.append(get_image(tx, "p", "new").id)

    with database.write() as tx:
        insert_images(tx, [image("new")])
        tx.after_commit(look)
        assert seen == []
    assert seen == ["new"]


def test_writers_wait_for_each_other(database: Database) -> None:
    def spend() -> None:
        for _ in range(10):
            with database.write() as tx:
                spent_s = get_campaign(tx, "p", "c").spent_s
                move(tx, CAMPAIGN, Movement(spent_s=1.0))
                assert get_campaign(tx, "p", "c").spent_s == spent_s + 1.0

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as tx:
        assert get_campaign(tx, "p", "c").spent_s == 80.0


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.read() as before:
        assert get_campaign(before, "p", "c").spent_s == 0.0
        with database.write() as tx:
            move(tx, CAMPAIGN, Movement(spent_s=5.0))
        assert get_campaign(before, "p", "c").spent_s == 0.0


@pytest.mark.parametrize("value", [[], [1, "é\\", None], [[1, "0"], {"a": [True, 2.5]}], {"a": [1]}, "x", 3, None])
def test_json_is_written_as_ever(value: object) -> None:
    assert as_json(value) == json.dumps(value)
