"""A test split that people label: drawn from the pool, paid for, measured by and never learnt from."""

from __future__ import annotations

from typing import Any

import pytest

from maskloop.errors import AlreadyExists, InvalidArgument, RequestIdReused
from maskloop.values import Batch, ImageImport, Label, LabelDraft, OodAnswer, Split, Strategy, SupervisionKind
from service.operations.steps.step import LEARNT_FROM
from service.store.batches import images_drawn_at_random
from service.store.labels.judged_images import judged_images
from service.store.labels.labels import full_label_sizes, full_labels
from tests.service.desk.asking import COUNTS, FULL, GUIDED, books, ids, select
from tests.service.desks import Server, full_draft, png


@pytest.fixture
def pool(server: Server) -> list[str]:
    """Ids of six pool images; campaign `c` has 2,000 s."""
    server.create_campaign(2000.0)
    return server.import_pool(6)


def draw(server: Server, images: int = 2, **options: Any) -> Batch:
    return select(server, images=images, for_split=Split.TEST, **options)


def submit(server: Server, *drafts: LabelDraft, batch_id: str = "") -> tuple[Label, ...]:
    return server.labels.submit_labels(project_id="p", annotator="ann", labels=drafts, batch_id=batch_id).labels


def splits(server: Server) -> dict[str, Split]:
    return {image.id: image.split for image in server.projects.list_images(project_id="p").items}


def answer_draft(image_id: str, category_id: int, **options: Any) -> LabelDraft:
    return LabelDraft(image_id, OodAnswer(category_id), **options)


def of_split(server: Server, split: Split) -> set[str]:
    return {image_id for image_id, its in splits(server).items() if its is split}


def test_images_join_the_test_split_with_their_labels_and_not_before(server: Server, pool: list[str]) -> None:
    batch = draw(server)
    assert (batch.for_split, batch.strategy) == (Split.TEST, "random")
    assert of_split(server, Split.TEST) == set()
    first, second = ids(batch)
    submit(server, full_draft(first, 1), batch_id=batch.id)
    assert of_split(server, Split.TEST) == {first}
    submit(server, full_draft(second), batch_id=batch.id)
    again = server.restarted()
    assert of_split(again, Split.TEST) == {first, second}
    assert set(ids(select(again, images=9))) == set(pool) - {first, second}


def test_such_labels_are_measured_by_and_never_learnt_from(server: Server, pool: list[str]) -> None:
    batch, learnt = draw(server), select(server, images=1)
    submit(server, *(full_draft(image_id, 1, 2) for image_id in ids(batch)), batch_id=batch.id)
    submit(server, full_draft(ids(learnt)[0], 3), batch_id=learnt.id)
    with server.database.read() as tx:
        assert [each.image.id for each in full_labels(tx, "p", LEARNT_FROM)] == ids(learnt)
        assert [each.image.id for each in judged_images(tx, "p")] == ids(learnt)
        assert [each.image.id for each in full_labels(tx, "p", [Split.TEST])] == sorted(ids(batch))
        assert full_label_sizes(tx, "p", Split.TEST) == (2, 4)
        assert full_label_sizes(tx, "p", Split.OOD) == (0, 0)
        assert images_drawn_at_random(tx, "p", "c") == ids(learnt)


def test_they_cost_the_campaign_what_others_cost_and_it_says_how_much_that_was(server: Server, pool: list[str]) -> None:
    """Three categories: (3 - 1) + 79 s with an object of one, 3 s without."""
    batch, learnt = draw(server), select(server, images=1)
    (first, *_) = submit(server, full_draft(ids(batch)[0], 1), full_draft(ids(batch)[1]), batch_id=batch.id)
    submit(server, full_draft(ids(learnt)[0], 1), batch_id=learnt.id)
    assert books(server) == (81.0 + 3.0 + 81.0, 0.0, 3, 0)
    campaign = server.campaigns.get_campaign(project_id="p", campaign_id="c")
    assert (campaign.test_images, campaign.test_spent_s) == (2, 84.0)
    submit(server, full_draft(ids(batch)[0], 1, 2, supersedes=first.id))
    assert server.campaigns.list_campaigns(project_id="p").items[0].test_images == 2


def test_a_correction_leaves_the_image_in_its_split(server: Server, pool: list[str]) -> None:
    batch = draw(server, images=1)
    (label,) = submit(server, full_draft(ids(batch)[0], 1), batch_id=batch.id)
    submit(server, full_draft(ids(batch)[0], supersedes=label.id))
    assert of_split(server, Split.TEST) == set(ids(batch))
    with server.database.read() as tx:
        assert full_label_sizes(tx, "p", Split.TEST) == (1, 0)


def test_what_an_answer_put_into_the_pool_stays_in_the_test_split_when_it_is_corrected(server: Server) -> None:
    server.create_campaign(2000.0)
    (image_id,) = server.import_pool(1, split=Split.OOD)
    check = select(server, kind=SupervisionKind.OOD_CHECK, strategy=Strategy("random"))
    (answer,) = submit(server, answer_draft(image_id, 1), batch_id=check.id)
    submit(server, full_draft(image_id, 1), batch_id=draw(server).id)
    submit(server, answer_draft(image_id, 2, supersedes=answer.id))
    assert splits(server) == {image_id: Split.TEST}
    again = [ImageImport("ood0.png", Split.OOD, data=png(0))]
    assert [one.split for one in server.projects.import_images(project_id="p", images=again)] == [Split.TEST]


def test_a_repeated_import_finds_a_drawn_image_as_it_is(server: Server, pool: list[str]) -> None:
    batch = draw(server, images=6)
    submit(server, *map(full_draft, ids(batch)), batch_id=batch.id)
    assert server.import_pool(6) == pool
    with pytest.raises(AlreadyExists, match="another split"):
        server.projects.import_images(project_id="p", images=[ImageImport("pool0.png", Split.TEST, data=png(0))])


def test_batches_to_learn_from_and_to_measure_by_are_held_side_by_side(server: Server, pool: list[str]) -> None:
    learnt, tested = select(server, images=2), draw(server, request_id="t")
    assert set(ids(learnt)).isdisjoint(ids(tested))
    assert select(server, images=2).id == learnt.id
    assert draw(server).id == tested.id
    assert draw(server, request_id="t") == tested
    with pytest.raises(RequestIdReused):
        select(server, images=2, request_id="t")
    listed = {record.batch.id: record.batch for record in server.campaigns.list_batches(project_id="p").items}
    assert (listed[learnt.id].for_split, listed[tested.id].for_split) == (None, Split.TEST)


def test_given_back_passed_over_or_labeled_without_the_batch_they_stay_in_the_pool(
    server: Server, pool: list[str]
) -> None:
    batch = draw(server, images=1)
    server.campaigns.release_batch(project_id="p", batch_id=batch.id, annotator="ann")
    submit(server, full_draft(ids(batch)[0], 1))
    late = draw(server, images=1)
    server.clock.forward(1e6)
    assert of_split(server, Split.TEST) == set()
    submit(server, full_draft(ids(late)[0], 1), batch_id=late.id)  # its lease ran out, and nobody took it
    assert of_split(server, Split.TEST) == set(ids(late))


def test_a_model_does_not_choose_what_it_is_measured_by_unless_it_is_asked_to(server: Server) -> None:
    pool = server.import_pool(4)
    server.create_campaign(2000.0, strategy=GUIDED)
    assert draw(server).strategy == "random"
    server.add_model(dict.fromkeys(pool, 0.5))
    assert select(server, "bob", for_split=Split.TEST, strategy=GUIDED).strategy == str(GUIDED)


@pytest.mark.parametrize(
    "options",
    [
        {"for_split": Split.TEST, "kind": COUNTS},
        {"for_split": Split.TEST, "kind": SupervisionKind.OOD_CHECK},
        {"for_split": Split.POOL, "kind": FULL},
        {"for_split": Split.TRAIN, "kind": FULL},
        {"for_split": Split.OOD, "kind": FULL},
    ],
)
def test_only_full_labels_and_only_for_the_test_split(server: Server, pool: list[str], options: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        select(server, **options)
    assert caught.value.field == "for_split"
