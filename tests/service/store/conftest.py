"""A store on SQLite, and on PostgreSQL where MASKLOOP_TEST_POSTGRES names one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from maskloop.values import Project, Split
from service.store import Database
from service.store.campaigns import insert_campaign
from service.store.images import insert_images
from service.store.projects import insert_project
from tests.service.desks import CATEGORIES
from tests.service.store.rows import CAMPAIGN, NOW, POSTGRES, image


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    if not POSTGRES:
        pytest.skip("MASKLOOP_TEST_POSTGRES names no database")
    engine = create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    yield POSTGRES


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A store with project `p`, campaign `c` (1,000 s) and pool images i0 to i5, t0 of train, e0 of test."""
    made = Database(url)
    with made.write() as tx:
        insert_project(tx, Project("p", "Bridges", CATEGORIES, created_at=NOW))
        insert_images(tx, [image(f"i{place}") for place in range(6)])
        insert_images(tx, [image("t0", Split.TRAIN), image("e0", Split.TEST)])
        insert_campaign(tx, CAMPAIGN)
    yield made
    made.close()
