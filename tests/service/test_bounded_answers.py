"""Answers stay small whatever is kept: pages end early, exports come piece by piece and tell of one moment."""

from __future__ import annotations

import io
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture
from sqlalchemy import update

from maskloop.client import Client
from maskloop.formats.coco.writing import coco_document
from maskloop.formats.json_pieces import PIECE_BYTES, json_pieces
from maskloop.masks import Mask
from maskloop.v1.projects_pb2 import ListProjectsResponse, Project
from maskloop.values import (
    LONGEST_TITLE,
    PAGE_BYTES,
    Box,
    BoxesLabel,
    Category,
    FullLabel,
    ImageImport,
    LabelDraft,
    ObjectLabel,
    Point,
    PointsLabel,
    Scribble,
    ScribblesLabel,
    Split,
    SupervisionKind,
)
from service.desk.labels import exporting
from service.edge.pages import page_to_message
from service.store.pagination import PageRequest
from service.store.tables import projects
from tests.service.desks import CATEGORIES, Server, full_draft, mask
from tests.service.wire import Edge


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    made.create_project()
    return made


def submit(server, *drafts):
    server.labels.submit_labels(project_id="p", annotator="ann", labels=drafts)


def export(server, kind=SupervisionKind.FULL):
    return json.loads(b"".join(server.labels.export_labels(project_id="p", kind=kind)))


def several(kind, place):
    """A label that differs from image to image."""
    contents = {
        SupervisionKind.FULL: FullLabel(tuple(ObjectLabel(1 + n % 3, mask(n + 1)) for n in range(place % 4))),
        SupervisionKind.BOXES: BoxesLabel(tuple(Box(1 + n % 3, n, 0, 1, 2) for n in range(place % 4))),
        SupervisionKind.POINTS: PointsLabel(tuple(Point(1, n, 1) for n in range(place % 4))),
        SupervisionKind.SCRIBBLES: ScribblesLabel(tuple(Scribble(1, ((n, 1), (1, 2))) for n in range(place % 4))),
    }
    return contents[kind]


@pytest.mark.parametrize("kind", exporting.DOCUMENTS)
def test_an_export_is_the_same_document_however_few_labels_it_holds_at_a_time(server, kind, monkeypatch):
    ids = server.import_pool(9)
    submit(server, *(LabelDraft(image_id, several(kind, place)) for place, image_id in enumerate(ids)))
    whole = export(server, kind)
    monkeypatch.setattr(exporting, "MOST_BYTES", 1)
    assert export(server, kind) == whole
    said = {image_id: several(kind, place) for place, image_id in enumerate(ids)}
    shown = sum(content.marks for content in said.values())
    if "annotations" in whole:
        assert [image["id"] for image in whole["images"]] == list(range(1, 10))
        assert [each["id"] for each in whole["annotations"]] == list(range(1, shown + 1))
        names = {image["id"]: image["file_name"] for image in whole["images"]}
        of = {image.id: image.file_name for image in server.projects.list_images(project_id="p").items}
        expected = sorted(of[image_id] for image_id, content in said.items() for _ in range(content.marks))
        assert sorted(names[each["image_id"]] for each in whole["annotations"]) == expected
    else:
        assert len(whole) == 9
        assert sum(map(len, whole.values())) == shown


def test_an_export_is_what_the_format_writes_of_all_labels(server):
    ids = server.import_pool(5)
    submit(server, *(full_draft(image_id, *range(1, 1 + place % 3)) for place, image_id in enumerate(ids)))
    images = sorted(server.projects.list_images(project_id="p").items, key=lambda image: image.id)
    labels = {label.image_id: label for label in server.labels.list_labels(project_id="p").items}
    document = coco_document(CATEGORIES, images, {image.file_name: labels[image.id].objects for image in images})
    assert b"".join(server.labels.export_labels(project_id="p")) == json.dumps(document).encode()


def test_an_export_tells_of_the_moment_when_it_began(server, monkeypatch):
    ids = server.import_pool(3)
    submit(server, *(full_draft(image_id, 1) for image_id in ids[:2]))
    before = export(server)
    monkeypatch.setattr(exporting, "MOST_BYTES", 1)
    pieces = server.labels.export_labels(project_id="p")
    submit(server, full_draft(ids[2], 1))
    for label in server.labels.list_labels(project_id="p").items[:2]:
        submit(server, full_draft(label.image_id, 2, 3, supersedes=label.id))
    assert json.loads(b"".join(pieces)) == before
    assert export(server) != before


LARGE = FullLabel((ObjectLabel(1, Mask.from_array(np.random.default_rng(0).random((512, 512)) < 0.5)),) * 5)
"""Takes 600 KiB."""


def large_images(number):
    for place in range(number):
        picture = io.BytesIO()
        Picture.new("RGB", (512, 512), (place, 0, 0)).save(picture, "PNG")
        yield ImageImport(f"{place}.png", Split.POOL, data=picture.getvalue())


def test_an_export_takes_little_memory_however_much_it_tells(server):
    for image in server.projects.import_images(project_id="p", images=list(large_images(16))):
        submit(server, LabelDraft(image.id, LARGE))
    tracemalloc.start()
    try:
        size = sum(map(len, server.labels.export_labels(project_id="p")))
        assert size > 10_000_000
        assert tracemalloc.get_traced_memory()[1] < 0.75 * size
    finally:
        tracemalloc.stop()


def test_pages_of_large_labels_are_short_and_complete(tmp_path):
    with Edge(tmp_path) as edge, Client(edge.address) as client:
        client.create_project(project_id="p", categories=[Category(1, "crack")])
        ids = [image.id for image in client.import_images(project_id="p", images=large_images(16))]
        for image_id in ids:
            client.submit_labels(project_id="p", annotator="ann", labels=[LabelDraft(image_id, LARGE)])
        first = edge.desks.labels.list_labels(project_id="p")
        assert 1 < len(first.items) < len(ids)
        assert first.next_page_token
        assert [label.image_id for label in client.list_labels(project_id="p")] == ids


def test_a_page_of_heavy_items_ends_early_and_goes_on_where_it_ended():
    names = [f"{place}" + "x" * (PAGE_BYTES // 3) for place in range(8)]
    asked = PageRequest()
    seen: list[str] = []
    while True:
        page = asked.cut(names[len(seen) :], [str(len(seen) + place) for place in range(8 - len(seen))])
        message = page_to_message(ListProjectsResponse, "projects", page, lambda name: Project(id=name))
        assert message.ByteSize() < 1.1 * PAGE_BYTES
        seen += [project.id for project in message.projects]
        if not message.next_page_token:
            break
        assert PageRequest.of(0, message.next_page_token).after == str(len(seen) - 1)
    assert seen == names


def test_a_name_beyond_the_limit_that_an_older_release_took_hurts_nobody(server):
    with server.database.write() as tx:
        tx.execute(update(projects).values(display_name="x" * 1_000_000))
    (listed,) = server.projects.list_projects().items
    assert listed.display_name == "x" * LONGEST_TITLE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
def test_pieces_of_json_are_what_json_writes(document):
    assert b"".join(json_pieces(document.items())) == json.dumps(document).encode()
    lazy = ((key, iter(value) if isinstance(value, list) else value) for key, value in document.items())
    assert b"".join(json_pieces(lazy)) == json.dumps(document).encode()


def test_no_piece_is_larger_than_it_may_be():
    pieces = list(json_pieces([("a", ["x" * (3 * PIECE_BYTES)]), ("b", ["y"] * 100_000)]))
    assert {len(piece) for piece in pieces[:-1]} == {PIECE_BYTES}
    assert len(pieces[-1]) < PIECE_BYTES
