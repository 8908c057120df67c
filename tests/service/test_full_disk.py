"""A full disk: StorageFull, nothing changed, and work goes on when there is room again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from maskloop.errors import StorageFull
from maskloop.values import ImageImport, Split, SupervisionKind
from tests.full_disk import limited_files, mounted
from tests.service.desks import Server, full_draft, png

FULL = SupervisionKind.FULL


def snapshot(server: Server) -> list[object]:
    return [
        server.projects.list_images(project_id="p").items,
        server.labels.list_labels(project_id="p").items,
        server.campaigns.list_campaigns(project_id="p").items,
    ]


def writes(server: Server) -> dict[str, Callable[[], object]]:
    """One of every write, each possible."""
    batch = server.campaigns.select_batch(project_id="p", campaign_id="c", annotator="ann", kind=FULL, images=2)
    first, second = (pick.image_id for pick in batch.picks)
    own: dict[str, Any] = {"project_id": "p", "batch_id": batch.id, "annotator": "ann"}
    big = full_draft(first, *([1, 2] * 150))
    return {
        "import": lambda: server.projects.import_images(
            project_id="p", images=[ImageImport(f"n{place}.png", Split.POOL, data=png(place)) for place in range(60)]
        ),
        "select": lambda: server.campaigns.select_batch(
            project_id="p", campaign_id="c", annotator="bob", kind=FULL, images=20, request_id="s"
        ),
        "submit": lambda: server.labels.submit_labels(labels=[big], request_id="l", **own),
        "release": lambda: server.campaigns.release_batch(image_ids=[second], **own),
        "renew": lambda: server.campaigns.renew_batch(lease_s=7200.0, **own),
        "campaign": lambda: server.create_campaign(500.0, "d"),
    }


@pytest.fixture
def busy(server: Server) -> Server:
    server.import_pool(40)
    server.create_campaign(1_000_000.0)
    return server


@pytest.mark.parametrize("verb", ["import", "select", "submit", "release", "renew", "campaign"])
def test_a_write_that_finds_no_room_changes_nothing_and_can_be_repeated(busy: Server, verb: str) -> None:
    write = writes(busy)[verb]
    before = snapshot(busy)
    with limited_files(), pytest.raises(StorageFull) as raised:
        write()
    assert str(busy.folder) not in f"{raised.value.message} {raised.value.field} {raised.value.details}"
    assert snapshot(busy) == before
    assert snapshot(busy.restarted()) == before
    write()


def test_candidates_are_as_before_when_a_lease_found_no_room(busy: Server) -> None:
    select = writes(busy)["select"]
    with limited_files(), pytest.raises(StorageFull):
        select()
    taken = busy.campaigns.select_batch(project_id="p", campaign_id="c", annotator="eve", kind=FULL, images=40)
    assert len(taken.picks) == 38


def test_reading_goes_on_while_the_disk_is_full(busy: Server) -> None:
    before = snapshot(busy)
    with limited_files():
        assert snapshot(busy) == before


def test_a_database_that_may_not_grow_says_so(busy: Server) -> None:
    with busy.database.write() as tx:
        pages = tx.execute(text("PRAGMA page_count")).scalar()
        tx.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StorageFull, match="full"):
        busy.import_pool(400)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 1 MiB."""
    with mounted(tmp_path / "disk", "size=1m") as folder:
        yield folder


def test_a_disk_that_runs_full_loses_nothing_that_was_answered(small_disk: Path) -> None:
    server = Server(small_disk)
    server.create_project()
    answered: set[str] = set()
    noise = os.urandom

    def fill() -> None:
        for place in range(1000):
            data = png(place) + noise(2000)
            image = ImageImport(f"{place}.png", Split.POOL, data=data)
            answered.update(one.id for one in server.projects.import_images(project_id="p", images=[image]))

    with pytest.raises(StorageFull):
        fill()
    found = server.restarted().projects.list_images(project_id="p", page_size=1000).items
    assert {image.id for image in found} == answered
    assert len(answered) > 10
