"""Labels that an export reads some at a time."""

from __future__ import annotations

import pytest

from service.store import Database
from service.store.images import insert_images
from service.store.labels.exported_labels import AT_ONCE, current_label_ids, read_labels
from service.store.labels.labels import insert_labels
from tests.service.store.rows import FULL, counts_label, full_label, image

IMAGES = AT_ONCE + 10


@pytest.fixture
def labeled(database: Database) -> Database:
    """Images whose labels came in another order; every second one has no object."""
    names = [f"x{number:03}" for number in range(IMAGES)]
    with database.write() as tx:
        insert_images(tx, [image(name) for name in names])
        insert_labels(tx, [full_label(f"l{name}", name, *([1, 2] if name < "x100" else [])) for name in names[::-1]])
        insert_labels(tx, [counts_label("another", "x000", {1: 1})])
    return database


@pytest.mark.parametrize("most_bytes", [0, 1000, 10**9])
def test_labels_come_in_the_order_of_their_images_as_many_at_a_time_as_are_asked_for(labeled, most_bytes):
    with labeled.read() as tx:
        label_ids = current_label_ids(tx, "p", FULL)
    packs = list(read_labels(labeled, label_ids, most_bytes))
    assert [each.label.id for pack in packs for each in pack] == [f"lx{number:03}" for number in range(IMAGES)]
    assert all(each.image.id == each.label.image_id for pack in packs for each in pack)
    lengths = [len(pack) for pack in packs]
    if most_bytes == 0:
        assert lengths == [1] * IMAGES
    elif most_bytes == 10**9:
        assert lengths == [AT_ONCE, IMAGES - AT_ONCE]
    else:
        assert 1 < max(lengths) < AT_ONCE


def test_nothing_is_read_where_there_is_nothing(labeled):
    assert list(read_labels(labeled, [], 1000)) == []
