"""Projects, and their images."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from sqlalchemy import update

from maskloop.errors import Aborted, AlreadyExists, ImageNotFound, ProjectNotFound
from maskloop.values import LONGEST_TITLE, Category, Project, Split
from service.store import Database
from service.store import projects as store_of_projects
from service.store.images import get_image, get_images, image_ids, images_by_name, insert_images, list_images
from service.store.pagination import PageRequest
from service.store.projects import get_project, insert_project, list_projects
from service.store.tables import projects
from tests.service.desks import CATEGORIES
from tests.service.store.rows import NOW, image


def test_projects_come_back_with_their_vocabulary_by_id(database: Database) -> None:
    project = Project("q", "Q", (Category(2, "b"), Category(9, "a")), created_at=NOW)
    with database.write() as tx:
        insert_project(tx, project)
        assert get_project(tx, "q") == replace(project, etag="1")
        with pytest.raises(AlreadyExists, match="q exists"):
            insert_project(tx, project)
        with pytest.raises(ProjectNotFound, match="nowhere"):
            get_project(tx, "nowhere")
        first = list_projects(tx, PageRequest(1))
        assert [one.id for one in first.items] == ["p"]
        second = list_projects(tx, PageRequest.of(1, first.next_page_token))
        assert ([one.id for one in second.items], second.next_page_token) == (["q"], "")


def test_a_page_of_projects_is_bounded_whatever_they_are_called(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_of_projects, "PAGE_LETTERS", 300)
    long = (Category(1, "c" * 200),)
    with database.write() as tx:
        for name in ("q", "r", "s"):
            insert_project(tx, Project(name, "", long, created_at=NOW))
        tx.execute(update(projects).where(projects.c.id > "p").values(display_name="n" * 2_000_000))
        sizes: list[int] = []
        listed: list[Project] = []
        token = ""
        while token or not sizes:
            page = list_projects(tx, PageRequest.of(3, token))
            sizes.append(sum(len(each.categories[0].name) for each in page.items))
            listed += page.items
            token = page.next_page_token
    assert [each.id for each in listed] == ["p", "q", "r", "s"]
    assert max(sizes) < 300
    assert {len(each.display_name) for each in listed[1:]} == {LONGEST_TITLE}


def test_a_project_longer_than_a_page_is_a_page_of_its_own(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_of_projects, "PAGE_LETTERS", 1)
    with database.write() as tx:
        insert_project(tx, Project("q", "Q", CATEGORIES, created_at=NOW))
        page = list_projects(tx, PageRequest())
        assert [each.id for each in page.items] == ["p"]
        last = list_projects(tx, PageRequest.of(0, page.next_page_token))
    assert ([each.id for each in last.items], last.next_page_token) == (["q"], "")


def test_times_keep_their_microseconds_and_come_back_in_utc(database: Database) -> None:
    tokyo = timezone(timedelta(hours=9))
    with database.write() as tx:
        insert_project(tx, Project("q", "Q", CATEGORIES, created_at=NOW.astimezone(tokyo)))
        found = get_project(tx, "q").created_at
    assert found == NOW
    assert found is not None
    assert found.utcoffset() == timedelta(0)


def test_images_are_found_by_id_name_and_split(database: Database) -> None:
    with database.read() as tx:
        assert get_image(tx, "p", "i3") == image("i3")
        assert get_images(tx, "p", ["i4", "i1"]) == {"i4": image("i4"), "i1": image("i1")}
        assert images_by_name(tx, "p", ["i2.png", "none.png"]) == {"i2.png": image("i2")}
        assert image_ids(tx, "p", Split.POOL) == ["i0", "i1", "i2", "i3", "i4", "i5"]
        with pytest.raises(ImageNotFound, match="'i9'"):
            get_images(tx, "p", ["i1", "i9"])
        page = list_images(tx, "p", None, PageRequest(7))
        assert [one.id for one in page.items] == ["e0", "i0", "i1", "i2", "i3", "i4", "i5"]
        last = list_images(tx, "p", None, PageRequest.of(7, page.next_page_token))
        assert [one.id for one in last.items] == ["t0"]
        assert [one.id for one in list_images(tx, "p", Split.TEST, PageRequest()).items] == ["e0"]


def test_more_names_than_fit_into_one_statement_are_found(database: Database) -> None:
    many = [image(f"n{place:04}") for place in range(1200)]
    with database.write() as tx:
        insert_images(tx, many)
        assert len(get_images(tx, "p", [one.id for one in many])) == 1200


def test_an_image_name_is_unique_in_its_project(database: Database) -> None:
    def insert_twice() -> None:
        with database.write() as tx:
            insert_images(tx, [replace(image("other"), file_name="i0.png")])

    with pytest.raises(Aborted):
        insert_twice()
