"""Image-level labels: asked for at random, a second a category; what holds nothing needs no counts and no outlines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maskloop.errors import InvalidLabel
from maskloop.values import (
    LABEL_KINDS,
    Counts,
    ImageLevelLabel,
    LabelDraft,
    ObjectLabel,
    Strategy,
    SupervisionKind,
)
from service.store.labels.judged_images import empty_images, judged_images
from tests.service.desk.asking import ids, select
from tests.service.desks import Server, full_draft, mask

IMAGE_LEVEL, COUNTS, FULL = SupervisionKind.IMAGE_LEVEL, SupervisionKind.COUNTS, SupervisionKind.FULL
TWO, NOTHING = ImageLevelLabel((3, 1)), ImageLevelLabel()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.create_project()
    made.create_campaign(1000.0, strategy=Strategy("mask_guided"))
    yield made
    made.database.close()


def submit(server: Server, *drafts: LabelDraft, batch_id: str = ""):
    return server.labels.submit_labels(project_id="p", annotator="ann", labels=drafts, batch_id=batch_id).labels


def open_for(server: Server, kind: SupervisionKind) -> set[str]:
    """Of a server that has just begun, and of one that has followed every change."""
    found = []
    for one in (server.restarted(), server):
        batch = select(one, "looker", kind, images=9, strategy=Strategy("random"))
        found.append(set(ids(batch)))
        if batch.picks:
            one.campaigns.release_batch(project_id="p", batch_id=batch.id, annotator="looker")
    assert found[0] == found[1]
    return found[0]


def test_they_are_asked_for_at_random_without_a_model_and_cost_a_second_a_category(server: Server) -> None:
    server.import_pool(3)
    batch = select(server, kind=IMAGE_LEVEL, images=2)
    assert (batch.strategy, [pick.cost_s for pick in batch.picks]) == ("random", [3.0, 3.0])
    first, second = ids(batch)
    labels = submit(server, LabelDraft(first, TWO), LabelDraft(second, NOTHING, 1.25), batch_id=batch.id)
    assert [label.cost_s for label in labels] == [3.0, 3.0]
    assert [label.content for label in labels] == [ImageLevelLabel((1, 3)), NOTHING]
    campaign = server.campaigns.get_campaign(project_id="p", campaign_id="c")
    assert campaign.spent_s_by_kind == {IMAGE_LEVEL: 4.25}
    assert campaign.labeled_images == 0
    assert open_for(server, IMAGE_LEVEL).isdisjoint({first, second})


@pytest.mark.parametrize("kind", [COUNTS, SupervisionKind.BOXES, FULL])
def test_an_image_that_holds_nothing_needs_no_more_until_it_is_corrected(server: Server, kind: SupervisionKind) -> None:
    there, empty = server.import_pool(2)
    _, said = submit(server, LabelDraft(there, TWO), LabelDraft(empty, NOTHING))
    assert open_for(server, kind) == {there}
    submit(server, LabelDraft(empty, ImageLevelLabel((2,)), supersedes=said.id))
    assert open_for(server, kind) == {there, empty}


def test_counts_know_better(server: Server) -> None:
    (image_id,) = server.import_pool(1)
    submit(server, LabelDraft(image_id, NOTHING))
    assert open_for(server, FULL) == set()
    submit(server, LabelDraft(image_id, Counts({1: 2})))
    assert open_for(server, FULL) == {image_id}


@pytest.mark.parametrize("kind", [COUNTS, SupervisionKind.BOXES, FULL])
def test_whatever_says_more_makes_them_needless(server: Server, kind: SupervisionKind) -> None:
    image_id, other = server.import_pool(2)
    submit(server, LabelDraft(image_id, LABEL_KINDS[kind].of((ObjectLabel(1, mask()),))))
    assert open_for(server, IMAGE_LEVEL) == {other}


def test_the_classifier_learns_from_them_and_what_outlines_from_those_that_hold_nothing(server: Server) -> None:
    there, empty, outlined = server.import_pool(3)
    submit(server, LabelDraft(there, TWO), LabelDraft(empty, NOTHING), LabelDraft(outlined, NOTHING))
    submit(server, full_draft(outlined, 2))
    with server.database.read() as tx:
        judged = {one.image.id: one.categories for one in judged_images(tx, "p")}
        assert [one.image.id for one in empty_images(tx, "p")] == [empty]
    assert judged == {there: {1, 3}, empty: set(), outlined: {2}}


def test_a_category_outside_the_vocabulary_is_refused_by_image(server: Server) -> None:
    (image_id,) = server.import_pool(1)
    with pytest.raises(InvalidLabel, match=f"image {image_id}: project p has no category 9"):
        submit(server, LabelDraft(image_id, ImageLevelLabel((1, 9))))


def test_a_category_is_named_once() -> None:
    with pytest.raises(InvalidLabel, match="named twice"):
        ImageLevelLabel((1, 2, 1))


def test_crowds_are_there_as_well() -> None:
    assert ImageLevelLabel.of((ObjectLabel(2, mask(), crowd=True), ObjectLabel(1, mask()))).present == (1, 2)
