"""Classes that join a project's vocabulary while it is in use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from maskloop.errors import AlreadyExists, InvalidArgument, InvalidLabel, ProjectNotFound, RequestIdReused
from maskloop.values import Category, Project
from tests.service.desk.asking import books, ids, select, submit
from tests.service.desks import CATEGORIES, START, Server, full_draft

MOSS, LEAK = Category(9, "moss"), Category(4, "leak")


def add(server: Server, *categories: Category, **options: Any) -> Project:
    return server.projects.add_categories(project_id="p", categories=categories, **options)


def test_classes_join_in_the_order_of_ids_and_say_since_when(server: Server) -> None:
    before = server.projects.get_project(project_id="p")
    server.clock.forward(60)
    grown = add(server, MOSS, LEAK)
    assert grown.categories == (*CATEGORIES, LEAK, MOSS)
    assert [category.added_at for category in grown.categories] == [None] * 3 + [START + timedelta(seconds=60)] * 2
    assert grown.etag != before.etag
    again = server.restarted().projects.get_project(project_id="p")
    assert (again, [one.added_at for one in again.categories]) == (grown, [one.added_at for one in grown.categories])


def test_what_is_there_already_is_left_as_it_is(server: Server) -> None:
    grown = add(server, MOSS)
    server.clock.forward(60)
    assert add(server, CATEGORIES[0], MOSS) == grown


def test_a_repeated_call_changes_nothing(server: Server) -> None:
    grown = add(server, MOSS, request_id="r")
    add(server, LEAK)
    assert add(server, MOSS, request_id="r") == grown
    with pytest.raises(RequestIdReused):
        add(server, LEAK, request_id="r")


@pytest.mark.parametrize(
    ("categories", "error", "match"),
    [
        ([Category(1, "moss")], AlreadyExists, "has a category 1, 'crack', already; 1, 'moss', is another"),
        ([LEAK, Category(5, "rust")], AlreadyExists, "has a category 2, 'rust', already"),
        ([MOSS, Category(9, "lichen")], InvalidArgument, "share one id"),
        ([MOSS, Category(8, "moss")], InvalidArgument, "share one name"),
        ([Category(n, f"class {n}") for n in range(10, 1008)], InvalidArgument, "1001 categories"),
    ],
)
def test_ids_and_names_stay_unique_and_few(
    server: Server, categories: list[Category], error: type[Exception], match: str
) -> None:
    before = server.projects.get_project(project_id="p")
    with pytest.raises(error, match=match):
        add(server, *categories)
    assert server.projects.get_project(project_id="p") == before


def test_a_project_that_is_not_there_is_named(server: Server) -> None:
    with pytest.raises(ProjectNotFound):
        server.projects.add_categories(project_id="q", categories=[MOSS])


def test_labels_may_say_it_from_then_on_and_are_planned_by_the_new_number(server: Server) -> None:
    """One of three, then of four classes present: 2 + 79 and 3 + 79 s; what was charged before stays."""
    server.import_pool(2)
    server.create_campaign(1000.0)
    batch = select(server, images=2)
    one, two = ids(batch)
    submit(server, batch, full_draft(one, 1))
    with pytest.raises(InvalidLabel, match="no category 4"):
        submit(server, batch, full_draft(two, 4))
    add(server, LEAK)
    submit(server, batch, full_draft(two, 4))
    assert books(server)[0] == 81.0 + 82.0
    (before, _) = server.labels.list_labels(project_id="p").items
    assert before.shown.by_category == {1: 1}
