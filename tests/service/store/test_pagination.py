"""Lists in pages."""

from __future__ import annotations

import pytest

from maskloop.errors import InvalidArgument
from service.store import Database
from service.store.images import list_images
from service.store.labels.labels import list_labels
from service.store.pagination import PageRequest


@pytest.mark.parametrize(("page_size", "page_token"), [(-1, ""), (1, "$$$"), (1, "/w"), (1, "_w"), (1, "AA"), (1, "é")])
def test_impossible_pages_are_refused(page_size: int, page_token: str) -> None:
    with pytest.raises(InvalidArgument):
        PageRequest.of(page_size, page_token)


def test_a_token_of_another_list_is_refused(database: Database) -> None:
    with database.read() as tx:
        token = list_images(tx, "p", None, PageRequest(1)).next_page_token
        with pytest.raises(InvalidArgument, match="page_token"):
            list_labels(tx, "p", PageRequest.of(1, token))


def test_page_sizes_are_coerced() -> None:
    assert [PageRequest.of(size, "").size for size in (0, 7, 5000)] == [100, 7, 1000]
