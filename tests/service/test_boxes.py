"""Labels of kind boxes, and crowds in full labels: kept, listed, paid for, exported; never taken for something else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskloop.errors import AlreadyExists, InvalidLabel, MaskloopError, UnsupportedSupervision
from maskloop.masks import Mask
from maskloop.values import (
    Box,
    BoxesLabel,
    Counts,
    FullLabel,
    ImageImport,
    LabelDraft,
    ObjectLabel,
    Operation,
    OperationKind,
    OperationState,
    Split,
    Strategy,
    SupervisionKind,
)
from models.kinds.recipes import resolve
from service.device.job_files import TrainJob, read_job
from service.operations.steps.steps import DeviceWork
from service.store.labels.judged_images import empty_images, judged_images, weak_images
from service.store.labels.labels import full_labels
from service.store.operations import OperationRecord
from tests.service.desks import Server, full_draft, png

BOXES, COUNTS, FULL = SupervisionKind.BOXES, SupervisionKind.COUNTS, SupervisionKind.FULL
TWO = BoxesLabel((Box(2, 0.5, 1, 3.25, 4), Box(2, 4, 0, 4, 6)))
NOTHING = BoxesLabel()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.create_project()
    yield made
    made.database.close()


def lease(server: Server, kind: SupervisionKind = BOXES, **options: object):
    asked: dict[str, Any] = {"images": 1, **options}
    return server.campaigns.select_batch(project_id="p", campaign_id="c", annotator="ann", kind=kind, **asked)


def submit(server: Server, *drafts: LabelDraft, batch_id: str = ""):
    return server.labels.submit_labels(project_id="p", annotator="ann", labels=drafts, batch_id=batch_id).labels


def exported(server: Server, kind: SupervisionKind | None = None) -> dict:
    return json.loads(b"".join(server.labels.export_labels(project_id="p", kind=kind)))


def test_boxes_are_asked_for_at_random_without_a_model_and_planned_at_seven_seconds_each(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(1000.0, strategy=Strategy("mask_guided"))
    batch = lease(server, images=2)
    assert (batch.strategy, batch.kind, len(batch.picks)) == ("random", BOXES, 2)
    first, second = (pick.image_id for pick in batch.picks)
    assert [pick.cost_s for pick in batch.picks] == [21.1] * 2  # (3 - 1.5) + 7 * 2.8: Pascal VOC's means
    labels = submit(server, LabelDraft(first, TWO, 9.5), LabelDraft(second, NOTHING), batch_id=batch.id)
    assert [label.cost_s for label in labels] == [2 + 2 * 7, 3]  # (3 - 1) + 7 * 2; (3 - 0)
    assert [label.content for label in labels] == [TWO, NOTHING]
    campaign = server.campaigns.get_campaign(project_id="p", campaign_id="c")
    assert campaign.spent_s_by_kind == {BOXES: 12.5}  # 9.5 s as reported, 3 s as planned
    assert campaign.measured_s_by_kind == {BOXES: 9.5}
    assert campaign.labeled_images == 0
    assert {pick.image_id for pick in lease(server, images=3).picks}.isdisjoint({first, second})
    outlining = lease(server, FULL, images=3, strategy=Strategy("random")).picks
    assert [pick.image_id for pick in outlining] == [first]  # and not what holds nothing


def test_a_budget_of_images_does_not_count_boxes_and_a_full_label_makes_them_needless(server: Server) -> None:
    (image_id,) = server.import_pool(1)
    server.create_campaign(images=1)
    outlining = lease(server, FULL)
    submit(server, full_draft(image_id, 1), batch_id=outlining.id)
    assert lease(server).picks == ()


def test_boxes_of_a_counted_image_cost_the_rest_and_those_of_an_empty_one_nothing(server: Server) -> None:
    there, empty = server.import_pool(2)
    server.create_campaign(1000.0)
    counting = lease(server, COUNTS, images=2)
    counts = {there: Counts({1: 2}), empty: Counts({})}
    submit(server, *(LabelDraft(key, said) for key, said in counts.items()), batch_id=counting.id)
    batch = lease(server, images=2)
    assert [(pick.image_id, pick.cost_s) for pick in batch.picks] == [(there, 2 + 2 * 7 - 4.48)]
    (label,) = submit(server, LabelDraft(there, BoxesLabel((Box(1, 0, 0, 1, 1),) * 2)), batch_id=batch.id)
    assert label.cost_s == 11.52


def test_boxes_are_listed_corrected_and_exported_by_their_kind(server: Server) -> None:
    first, second = server.import_pool(2)
    (before, _) = submit(server, LabelDraft(first, NOTHING), LabelDraft(second, TWO))
    submit(server, LabelDraft(first, TWO, supersedes=before.id), full_draft(second, 1))
    listed = server.labels.list_labels(project_id="p", kind=BOXES).items
    assert [(label.image_id, label.content) for label in listed] == [(second, TWO), (first, TWO)]
    document = exported(server, BOXES)
    assert {image["file_name"] for image in document["images"]} == {"pool0.png", "pool1.png"}
    assert [one["bbox"] for one in document["annotations"]] == [[0.5, 1, 3.25, 4], [4, 0, 4, 6]] * 2
    assert not any("segmentation" in one for one in document["annotations"])
    assert exported(server) == exported(server, FULL)
    assert [image["file_name"] for image in exported(server)["images"]] == ["pool1.png"]
    with pytest.raises(UnsupportedSupervision, match="counts are not exported"):
        exported(server, COUNTS)
    times = server.labels.get_cost_estimates(project_id="p")
    assert times.boxes.item.estimated_s == 7.0


def test_boxes_say_which_categories_are_there_and_none_of_them_that_there_is_nothing(server: Server) -> None:
    first, second = server.import_pool(2)
    submit(server, LabelDraft(first, TWO), LabelDraft(second, NOTHING))
    with server.database.read() as tx:
        assert list(full_labels(tx, "p", Split)) == []
        assert {one.image.id: one.categories for one in judged_images(tx, "p")} == {first: {2}, second: set()}
        assert [one.image.id for one in empty_images(tx, "p")] == [second]
        assert [(each.image.id, each.label.content) for each in weak_images(tx, "p", [BOXES])] == [(first, TWO)]


def test_a_training_is_given_boxes_of_images_that_nobody_outlined(server: Server) -> None:
    first, second, third = server.import_pool(3)
    submit(server, LabelDraft(first, TWO), LabelDraft(second, NOTHING), LabelDraft(third, TWO))
    submit(server, full_draft(third, 1))

    def job_of(recipe: str) -> TrainJob:
        work = DeviceWork(
            database=server.database, folder=server.data, candidates=server.candidates, clock=server.clock
        )
        operation = Operation(recipe, "p", OperationKind.TRAIN, OperationState.PENDING)
        work.prepare(OperationRecord(operation, {"recipe": resolve(recipe).to_dict(), "seed": 0}))
        job = read_job(server.data.work(recipe))
        assert isinstance(job, TrainJob)
        return job

    job = job_of("pretrained")
    assert [(each.image_id, each.boxes, each.objects) for each in job.weak] == [(first, TWO.boxes, ())]
    assert [each.image_id for each in job.images] == [third]
    assert [each.image_id for each in job.empty] == [second]
    assert job_of("compact").weak == ()


@pytest.mark.parametrize(
    ("box", "error", "match"),
    [
        (Box(9, 0, 0, 1, 1), InvalidLabel, "box 1: project p has no category 9"),
        (Box(1, 0, 0, 8.5, 1), InvalidLabel, r"box 1: 8.5 x 1 pixels at \(0, 0\) is not inside the image of 8 x 6"),
        (Box(1, -0.5, 0, 1, 1), InvalidLabel, "box 1: .* is not inside"),
        (Box(1, 0, 5.5, 1, 1), InvalidLabel, "box 1: .* is not inside"),
    ],
)
def test_boxes_that_cannot_be_are_refused_by_image_and_place(
    server: Server, box: Box, error: type[MaskloopError], match: str
) -> None:
    (image_id,) = server.import_pool(1)
    with pytest.raises(error, match=f"image {image_id}, {match}"):
        submit(server, LabelDraft(image_id, BoxesLabel((Box(1, 0, 0, 8, 6), box))))
    assert server.labels.list_labels(project_id="p").items == ()


def test_images_of_any_split_come_boxed_and_are_not_labeled_in_full_by_it(server: Server) -> None:
    pool = ImageImport("a.png", Split.POOL, data=png(1), boxes=TWO.boxes)
    test = ImageImport("b.png", Split.TEST, data=png(2), boxes=())
    images = server.projects.import_images(project_id="p", images=[pool, test])
    assert server.projects.import_images(project_id="p", images=[pool, test]) == images
    labels = server.labels.list_labels(project_id="p").items
    assert [(label.image_id, label.content, label.cost_s) for label in labels] == [
        (images[0].id, TWO, 0.0),
        (images[1].id, NOTHING, 0.0),
    ]
    with pytest.raises(AlreadyExists, match=r"a\.png has another label of kind boxes"):
        server.projects.import_images(project_id="p", images=[ImageImport("a.png", Split.POOL, data=png(1), boxes=())])
    server.create_campaign(1000.0)
    assert [pick.image_id for pick in lease(server, FULL).picks] == [images[0].id]
    with pytest.raises(InvalidLabel, match=r"c\.png: outlined, boxed"):
        ImageImport("c.png", Split.TEST, data=png(3), objects=(), boxes=())
    outside = ImageImport("d.png", Split.POOL, data=png(4), boxes=(Box(1, 0, 0, 9, 9),))
    with pytest.raises(InvalidLabel, match=r"image d\.png, box 0: .* is not inside"):
        server.projects.import_images(project_id="p", images=[outside])


def test_a_crowd_is_kept_and_exported_and_is_no_object_in_counts_and_prices(server: Server) -> None:
    (image_id,) = server.import_pool(1)
    server.create_campaign(1000.0)
    everywhere = Mask.from_array(np.ones((6, 8), bool))
    content = FullLabel((ObjectLabel(1, everywhere), ObjectLabel(2, everywhere, crowd=True)))
    (label,) = submit(server, LabelDraft(image_id, content), batch_id=lease(server, FULL).id)
    assert (label.content, label.shown, label.cost_s) == (content, Counts({1: 1}), 2 + 79)
    assert [one["iscrowd"] for one in exported(server)["annotations"]] == [0, 1]
    with server.restarted().database.read() as tx:
        (found,) = full_labels(tx, "p", [Split.POOL])
        (seen,) = judged_images(tx, "p")
    assert found.label == label
    assert seen.categories == {1, 2}  # what a classifier learns: its category is there


def test_an_image_with_nothing_but_a_crowd_is_not_empty(server: Server) -> None:
    crowd = ObjectLabel(3, Mask.from_array(np.ones((6, 8), bool)), crowd=True)
    (image_id,) = server.import_pool(1)
    submit(server, LabelDraft(image_id, FullLabel((crowd,))))
    with server.database.read() as tx:
        assert list(empty_images(tx, "p")) == []
        assert [seen.categories for seen in judged_images(tx, "p")] == [{3}]
