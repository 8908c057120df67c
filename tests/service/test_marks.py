"""Labels of kinds points and scribbles: asked for, paid for, kept, listed, corrected and exported, each by its kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskloop.errors import AlreadyExists, InvalidLabel, RequestIdReused
from maskloop.formats.marks import read_points, read_scribbles
from maskloop.values import (
    MARKS,
    BoxesLabel,
    Category,
    Counts,
    ImageLevelLabel,
    LabelContent,
    LabelDraft,
    Point,
    PointsLabel,
    Scribble,
    ScribblesLabel,
    Split,
    Strategy,
    SupervisionKind,
)
from service.store.labels.judged_images import empty_images, judged_images, weak_images
from service.store.labels.labels import full_labels, unjudged_images
from tests.service.desks import Server, full_draft

COUNTS, FULL, BOXES = SupervisionKind.COUNTS, SupervisionKind.FULL, SupervisionKind.BOXES
POINTS, SCRIBBLES = SupervisionKind.POINTS, SupervisionKind.SCRIBBLES
TWO = {
    POINTS: PointsLabel((Point(2, 0.5, 1), Point(2, 8, 6))),
    SCRIBBLES: ScribblesLabel(
        (Scribble(2, ((0.5, 1), (3, 4.25))), Scribble(0, ((7, 1),)), Scribble(2, ((8, 6), (0, 0), (1, 1))))
    ),
}
NOTHING: dict[SupervisionKind, LabelContent] = {
    POINTS: PointsLabel(),
    SCRIBBLES: ScribblesLabel((Scribble(0, ((7, 1), (1, 1))),)),  # a stroke on the ground is no object
}
PRICES_S = {POINTS: 2 + 2.47 + 0.9, SCRIBBLES: 2 + 2 * 10.93}  # (3 - 1) class checks, and two objects of a class
EXPECTED_S = {POINTS: 1.5 + 1.5 * 2.47 + 1.3 * 0.9, SCRIBBLES: 1.5 + 2.8 * 10.93}  # Pascal VOC's means
each_kind = pytest.mark.parametrize("kind", [POINTS, SCRIBBLES])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.create_project()
    yield made
    made.database.close()


def lease(server: Server, kind: SupervisionKind, **options: object):
    asked: dict[str, Any] = {"images": 1, **options}
    return server.campaigns.select_batch(project_id="p", campaign_id="c", annotator="ann", kind=kind, **asked)


def submit(server: Server, *drafts: LabelDraft, batch_id: str = "", request_id: str = ""):
    asked = {"project_id": "p", "annotator": "ann", "batch_id": batch_id, "request_id": request_id}
    return server.labels.submit_labels(labels=drafts, **asked).labels


@each_kind
def test_they_are_asked_for_at_random_without_a_model_and_charged_by_object(server: Server, kind) -> None:
    server.import_pool(3)
    server.create_campaign(1000.0, strategy=Strategy("mask_guided"))
    batch = lease(server, kind, images=2)
    assert (batch.strategy, batch.kind, len(batch.picks)) == ("random", kind, 2)
    assert [pick.cost_s for pick in batch.picks] == pytest.approx([EXPECTED_S[kind]] * 2, abs=5e-4)
    first, second = (pick.image_id for pick in batch.picks)
    drafts = LabelDraft(first, TWO[kind], 9.5), LabelDraft(second, NOTHING[kind])
    labels = submit(server, *drafts, batch_id=batch.id, request_id="b8f0d9a4-3a51-4bb3-9c1f-1b5d0c7f5a10")
    assert [label.cost_s for label in labels] == pytest.approx([PRICES_S[kind], 3])
    assert [label.content for label in labels] == [TWO[kind], NOTHING[kind]]
    assert submit(server, *drafts, batch_id=batch.id, request_id="b8f0d9a4-3a51-4bb3-9c1f-1b5d0c7f5a10") == labels
    with pytest.raises(RequestIdReused):
        submit(server, drafts[0], batch_id=batch.id, request_id="b8f0d9a4-3a51-4bb3-9c1f-1b5d0c7f5a10")
    campaign = server.campaigns.get_campaign(project_id="p", campaign_id="c")
    assert campaign.spent_s_by_kind == {kind: 12.5}  # 9.5 s as reported, 3 s as planned
    assert (campaign.measured_s_by_kind, campaign.labeled_images) == ({kind: 9.5}, 0)
    assert {pick.image_id for pick in lease(server, kind, images=3).picks}.isdisjoint({first, second})
    outlining = lease(server, FULL, images=3, strategy=Strategy("random")).picks
    assert [pick.image_id for pick in outlining] == [first]  # and not what holds nothing


@each_kind
def test_what_says_more_makes_them_needless_and_they_make_class_labels_needless(server: Server, kind) -> None:
    outlined, boxed, marked = server.import_pool(3)
    server.create_campaign(1000.0)
    submit(server, full_draft(outlined, 1), LabelDraft(boxed, BoxesLabel()))
    batch = lease(server, kind, images=3)
    assert [pick.image_id for pick in batch.picks] == [marked]
    submit(server, LabelDraft(marked, TWO[kind]), batch_id=batch.id)
    assert lease(server, SupervisionKind.IMAGE_LEVEL, images=3).picks == ()
    assert [pick.image_id for pick in lease(server, BOXES, images=3).picks] == [marked]


def test_strokes_make_points_needless_and_points_no_strokes(server: Server) -> None:
    pointed, stroked = server.import_pool(2)
    server.create_campaign(1000.0)
    submit(server, LabelDraft(pointed, TWO[POINTS]), LabelDraft(stroked, TWO[SCRIBBLES]))
    assert lease(server, POINTS, images=2).picks == ()
    assert [pick.image_id for pick in lease(server, SCRIBBLES, images=2).picks] == [pointed]


@each_kind
def test_of_a_counted_image_they_cost_the_rest_and_of_an_empty_one_nobody_asks(server: Server, kind) -> None:
    there, empty = server.import_pool(2)
    server.create_campaign(1000.0)
    counting = lease(server, COUNTS, images=2)
    counts = {there: Counts({2: 2}), empty: Counts({})}
    submit(server, *(LabelDraft(key, said) for key, said in counts.items()), batch_id=counting.id)
    batch = lease(server, kind, images=2)
    rest_s = pytest.approx(PRICES_S[kind] - 4.48, abs=5e-4)
    assert [(pick.image_id, pick.cost_s) for pick in batch.picks] == [(there, rest_s)]
    (label,) = submit(server, LabelDraft(there, TWO[kind]), batch_id=batch.id)
    assert label.cost_s == rest_s


@each_kind
def test_they_are_listed_corrected_and_exported_as_people_hand_them_in(server: Server, kind, tmp_path) -> None:
    first, second = server.import_pool(2)
    (before, _) = submit(server, LabelDraft(first, NOTHING[kind]), LabelDraft(second, NOTHING[kind]))
    with pytest.raises(AlreadyExists):
        submit(server, LabelDraft(first, TWO[kind]))
    submit(server, LabelDraft(first, TWO[kind], supersedes=before.id), full_draft(second, 1))
    listed = server.restarted().labels.list_labels(project_id="p", kind=kind).items
    assert [(label.image_id, label.content) for label in listed] == [(second, NOTHING[kind]), (first, TWO[kind])]
    file = tmp_path / "exported.json"
    file.write_bytes(b"".join(server.labels.export_labels(project_id="p", kind=kind)))
    names = {image.id: image.file_name for image in server.projects.list_images(project_id="p").items}
    read = read_points if kind is POINTS else read_scribbles
    vocabulary: tuple[Category, ...] = server.projects.get_project(project_id="p").categories
    found = read(file, dict.fromkeys(names.values(), (8, 6)), vocabulary)
    assert found == {names[first]: TWO[kind], names[second]: NOTHING[kind]}
    assert set(json.loads(file.read_bytes())) == set(names.values())


@each_kind
def test_the_seconds_that_people_report_are_estimated(server: Server, kind) -> None:
    ids = server.import_pool(30)
    submit(server, *(LabelDraft(image_id, TWO[kind], 2 * PRICES_S[kind]) for image_id in ids))
    found = getattr(server.labels.get_cost_estimates(project_id="p"), kind.value)
    assert (found.labels, found.item.steps) == (30, 60)
    assert found.measured_s == pytest.approx(2 * found.planned_s)
    assert found.seconds(2, {2: 2}) == pytest.approx(2 * PRICES_S[kind], rel=0.05)  # what steps take is told together


@each_kind
def test_they_say_which_categories_are_there_and_without_an_object_that_there_is_nothing(server: Server, kind) -> None:
    first, second, third = server.import_pool(3)
    submit(server, LabelDraft(first, ImageLevelLabel((1,))), LabelDraft(second, Counts({1: 1})))
    submit(server, LabelDraft(first, TWO[kind]), LabelDraft(second, NOTHING[kind]), LabelDraft(third, TWO[kind]))
    submit(server, LabelDraft(third, BoxesLabel()))
    with server.database.read() as tx:
        assert list(full_labels(tx, "p", Split)) == []
        judged = {one.image.id: one.categories for one in judged_images(tx, "p")}
        assert [one.image.id for one in empty_images(tx, "p")] == sorted([second, third])
        assert [one.id for one in unjudged_images(tx, "p")] == [first]
        assert [one.image.id for one in weak_images(tx, "p", [kind])] == [first, third]
        assert [one.image.id for one in weak_images(tx, "p", [*MARKS])] == [first]
    assert judged == {first: {2}, second: set(), third: set()}  # boxes say it better, class labels and counts worse


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (PointsLabel((Point(1, 0, 0), Point(9, 0, 0))), "point 1: project p has no category 9"),
        (PointsLabel((Point(1, 8.5, 0),)), r"point 0: \(8.5, 0\) is not inside the image of 8 x 6"),
        (PointsLabel((Point(0, 1, 1),)), "point 0: project p has no category 0"),
        (ScribblesLabel((Scribble(9, ((0, 0),)),)), "stroke 0: project p has no category 9"),
        (ScribblesLabel((Scribble(0, ((0, 0), (1, 7))),)), r"stroke 0: \(1, 7\) is not inside the image of 8 x 6"),
    ],
)
def test_those_that_cannot_be_are_refused_by_image_and_place(server: Server, content: LabelContent, match: str) -> None:
    (image_id,) = server.import_pool(1)
    with pytest.raises(InvalidLabel, match=f"image {image_id}, {match}"):
        submit(server, LabelDraft(image_id, content))
    assert server.labels.list_labels(project_id="p").items == ()
