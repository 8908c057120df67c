"""Pseudo-labels of a score table: which images, in which order, and what of them a training's job and version keep."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from maskloop.errors import FailedPrecondition
from maskloop.formats.coco import read_coco
from maskloop.masks import Mask
from maskloop.values import (
    ImageProposals,
    ModelVersion,
    ObjectProposal,
    Operation,
    OperationKind,
    OperationState,
    PseudoLabels,
)
from models.annotation.recipe import resolve
from service.artifacts.pseudo_labels import PseudoLabeled, pseudo_document, pseudo_labels
from service.artifacts.score_table import ScoredRow, write_scores
from service.device.job_files import TrainJob, read_job, write_outcome
from service.operations.steps.steps import DeviceWork
from service.store.images import get_images
from service.store.labels.labels import images_to_score
from service.store.models import ModelRecord, get_model, insert_model, latest_models, rounds_of_models, thin_models
from service.store.operations import OperationRecord
from tests.service.desks import CATEGORIES, FEATURES, HEIGHT, UNCERTAIN, WIDTH, Server, full_draft, png

RECIPE = resolve("compact", classes="predicted").to_dict()
ALL = PseudoLabels("m1", min_area_share=0.0)


def proposals(image_id: str, *ious: float) -> ImageProposals:
    """One column of the image for each object."""
    objects = []
    for column, iou in enumerate(ious):
        array = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
        array[:, column] = True
        objects.append(ObjectProposal(1 + column % 3, Mask.from_array(array), iou, confidence=0.5))
    return ImageProposals(image_id, "", 0.5, tuple(objects))


def add_scores(server: Server, *rows: ImageProposals) -> None:
    """Version `m1`, which has scored these."""
    server.add_model(None)
    write_scores(server.data.scores("p", "m1"), (ScoredRow(row, FEATURES, UNCERTAIN) for row in rows))


def found(server: Server, wanted: PseudoLabels) -> dict[str, list[float]]:
    """Predicted IoUs by image."""
    with server.database.read() as tx:
        labeled = pseudo_labels(server.data.scores("p", "m1"), images_to_score(tx, "p"), wanted)
    return {one.image.id: [item.predicted_iou for item in one.proposals] for one in labeled}


def test_an_image_without_an_object_above_the_floor_is_no_label(server: Server) -> None:
    good, mixed, bad, empty, _unscored = server.import_pool(5)
    add_scores(server, proposals(good, 0.8), proposals(mixed, 0.4, 0.6), proposals(bad, 0.1), proposals(empty))
    assert found(server, ALL) == {good: [0.8], mixed: [0.4, 0.6], bad: [0.1]}
    assert found(server, PseudoLabels("m1", min_predicted_iou=0.5)) == {good: [0.8], mixed: [0.6]}


def test_what_people_have_outlined_since_is_left_out(server: Server) -> None:
    first, second = server.import_pool(2)
    add_scores(server, proposals(first, 0.8), proposals(second, 0.8))
    server.labels.submit_labels(project_id="p", annotator="ann", labels=[full_draft(first, 1)])
    assert list(found(server, ALL)) == [second]


def test_fewer_images_are_among_more_and_another_seed_draws_others(server: Server) -> None:
    ids = server.import_pool(40)
    add_scores(server, *(proposals(image_id, *[0.8] * (place % 2)) for place, image_id in enumerate(ids)))
    by_number = [set(found(server, PseudoLabels("m1", images=number))) for number in (5, 12, 40)]
    assert [len(chosen) for chosen in by_number] == [5, 12, 20]  # half of the images have no object
    assert by_number[0] < by_number[1] < by_number[2]
    assert set(found(server, PseudoLabels("m1", images=5, seed=1))) != by_number[0]


def test_pseudo_labels_are_read_back_from_their_document_with_their_scores(server: Server, tmp_path) -> None:
    ids = server.import_pool(3)
    ious = ((0.5,), (0.25, 1.0), (0.0,))
    with server.database.read() as tx:
        images = get_images(tx, "p", ids)
    labeled = [
        PseudoLabeled(images[image_id], proposals(image_id, *some).objects)
        for image_id, some in zip(ids, ious, strict=True)
    ]
    document: dict[str, Any] = pseudo_document(CATEGORIES, labeled)
    assert [item["score"] for item in document["annotations"]] == [0.5, 0.25, 1.0, 0.0]
    (tmp_path / "pseudo.json").write_text(json.dumps(document))
    for item in labeled:
        (tmp_path / item.image.file_name).write_bytes(png(0))
    back = read_coco(tmp_path / "pseudo.json", tmp_path)
    assert {image.file_name: image.objects for image in back.images} == {
        item.image.file_name: item.objects for item in labeled
    }


def training(server: Server, pseudo: PseudoLabels | None) -> tuple[DeviceWork, OperationRecord]:
    work = DeviceWork(database=server.database, folder=server.data, candidates=server.candidates, clock=server.clock)
    now = server.clock()
    operation = Operation("o1", "p", OperationKind.TRAIN, OperationState.RUNNING, created_at=now, updated_at=now)
    request = {"model_version": "model-o1", "recipe": RECIPE, "seed": 0, "activate": False}
    if pseudo:
        request["pseudo"] = vars(pseudo)
    return work, OperationRecord(operation, request)


def test_a_job_keeps_the_pseudo_labels_it_was_prepared_with(server: Server) -> None:
    labeled, first, second = server.import_pool(3)
    server.labels.submit_labels(project_id="p", annotator="ann", labels=[full_draft(labeled, 1)])
    add_scores(server, proposals(first, 0.8), proposals(second, 0.6))
    work, record = training(server, ALL)
    work.prepare(record)
    job = read_job(server.data.work("o1"))
    assert isinstance(job, TrainJob)
    assert [image.image_id for image in job.images] == [labeled]
    assert {image.image_id: (image.label_id, len(image.objects)) for image in job.pseudo} == {
        first: ("", 1),
        second: ("", 1),
    }
    write_scores(server.data.scores("p", "m1"), [])
    work.prepare(record)
    assert read_job(server.data.work("o1")) == job


@pytest.mark.parametrize(("share", "asked", "shown"), [(0.5, 0, 4), (0.5, 3, 3), (0.0, 0, 6)])
def test_a_training_gets_no_more_pseudo_labels_than_it_can_show(
    server: Server, share: float, asked: int, shown: int
) -> None:
    labeled, *others = server.import_pool(7)
    server.labels.submit_labels(project_id="p", annotator="ann", labels=[full_draft(labeled, 1)])
    add_scores(server, *(proposals(image_id, 0.8) for image_id in others))
    work, record = training(server, PseudoLabels("m1", images=asked))
    recipe = resolve("compact", iterations=2, batch=4, pseudo_share=share).to_dict()
    work.prepare(replace(record, request={**record.request, "recipe": recipe}))
    job = read_job(server.data.work("o1"))
    assert isinstance(job, TrainJob)
    first = sorted(found(server, PseudoLabels("m1", images=shown)))
    assert [image.image_id for image in job.pseudo] == first


def test_a_training_that_asks_for_pseudo_labels_where_there_are_none_fails_and_says_so(server: Server) -> None:
    (image,) = server.import_pool(1)
    add_scores(server, proposals(image, 0.2))
    work, record = training(server, PseudoLabels("m1", min_predicted_iou=0.3))
    with pytest.raises(FailedPrecondition, match=r"m1 proposes no object of a predicted IoU of 0\.3 or more"):
        work.prepare(record)


def test_a_version_remembers_the_pseudo_labels_it_learnt_from(server: Server) -> None:
    labeled, proposed = server.import_pool(2)
    server.labels.submit_labels(project_id="p", annotator="ann", labels=[full_draft(labeled, 1)])
    add_scores(server, proposals(proposed, 0.8))
    work, record = training(server, ALL)
    work.prepare(record)
    folder = server.data.work("o1")
    (folder / "model.safetensors").write_bytes(b"weights")
    write_outcome(folder, {"metrics": {"held_out_mean_iou": 0.9}, "pseudo_snapshot": [proposed]})
    with server.database.write() as tx:
        version = work.finish(tx, record)
        kept = get_model(tx, "p", "model-o1")
    assert isinstance(version, ModelVersion)
    assert (version.pseudo, version.pseudo_images, version.labeled_images) == (ALL, 1, 1)
    assert kept.pseudo_snapshot == (proposed,)
    assert version == kept.version


def test_a_student_network_is_no_step_of_the_campaign(server: Server) -> None:
    """Nothing goes on from it, inherits its trust, or counts it among the rounds."""
    server.add_model(None)
    learnt: dict[str, Any] = {"metrics": {"held_out_mean_iou": 0.9}, "pseudo": ALL, "pseudo_images": 3}
    second = ModelVersion("m2", "p", "compact", 0, 5, created_at=server.clock(), **learnt)
    with server.database.write() as tx:
        insert_model(tx, ModelRecord(second, (), "models/p/m2", ("a", "b", "c")))
    with server.database.read() as tx:
        latest = latest_models(tx, "p").get("compact")
        rounds = rounds_of_models(tx, "p")
    assert rounds == ["m1"]
    assert latest is not None
    assert latest.version.id == "m1"


def test_a_network_of_another_recipe_is_no_round_and_the_next_training_finds_the_last_of_its_own(
    server: Server,
) -> None:
    server.add_model(None)
    beside = ModelVersion("m2", "p", "class_maps", 0, 5, {}, server.clock())
    with server.database.write() as tx:
        insert_model(tx, ModelRecord(beside, (), "models/p/m2"))
        assert thin_models(tx, "p", 0, ()) == []
    with server.database.read() as tx:
        assert {recipe: record.version.id for recipe, record in latest_models(tx, "p").items()} == {
            "compact": "m1",
            "class_maps": "m2",
        }
        assert rounds_of_models(tx, "p") == ["m1"]


def test_a_job_of_an_earlier_release_has_no_pseudo_labels(server: Server, tmp_path) -> None:
    work, record = training(server, None)
    work.prepare(record)
    path = server.data.work("o1") / "job.json"
    job = json.loads(path.read_text())
    del job["pseudo"]
    path.write_text(json.dumps(job))
    again = read_job(server.data.work("o1"))
    assert isinstance(again, TrainJob)
    assert again.pseudo == ()
