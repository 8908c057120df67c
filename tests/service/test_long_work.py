"""Training, scoring and evaluation through a real server process."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import grpc
import pytest
import torch
from google.longrunning import operations_pb2
from google.longrunning.operations_pb2_grpc import OperationsStub

from maskloop.client import Client
from maskloop.client.wire import Retry
from maskloop.errors import (
    Cancelled,
    FailedPrecondition,
    InvalidArgument,
    InvalidConfig,
    ModelNotFound,
    NoActiveModel,
    NothingToMeasure,
    OperationNotFound,
    PoolNotScored,
    ProjectNotFound,
    QueueFull,
    RequestIdReused,
)
from maskloop.matching import match_within_class
from maskloop.values import (
    LABEL_KINDS,
    Box,
    Budget,
    Category,
    Counts,
    FullLabel,
    ImageImport,
    LabelDraft,
    ModelVersion,
    OperationKind,
    OperationState,
    PseudoLabels,
    Split,
    Strategy,
    SupervisionKind,
)
from models.annotation.model import FittedModel
from tests.service.processes import ServerProcess, is_gone
from tests.service.squares import TINY, imports, squares

pytestmark = pytest.mark.journey

GUIDED = Strategy("mask_guided", {"trust": "any"})  # heads of tiny trainings are not to be trusted
LONG = {**TINY, "iterations": 5000}


def fill(client, project_id="p", train=10, test=4, pool=10):
    """A project with images, a campaign, and counts of the pool's first six images."""
    client.create_project(project_id=project_id, categories=[Category(1, "square")])
    client.import_images(project_id=project_id, images=imports(train, test, pool))
    client.create_campaign(project_id=project_id, campaign_id="c", budget=Budget(seconds=3600), strategy=GUIDED)
    batch = client.select_batch(
        project_id=project_id,
        campaign_id="c",
        annotator="ann",
        kind=SupervisionKind.COUNTS,
        images=6,
        strategy=Strategy("random"),
    )
    drafts = [LabelDraft(pick.image_id, Counts({1: 1})) for pick in batch.picks]
    client.submit_labels(project_id=project_id, annotator="ann", batch_id=batch.id, labels=drafts)
    return [pick.image_id for pick in batch.picks]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def server(folder):
    with ServerProcess(folder, waiting_operations=3) as made:
        yield made


@pytest.fixture(scope="module")
def client(server):
    return server.client


@pytest.fixture(scope="module")
def counted(client):
    return fill(client)


@pytest.fixture(scope="module")
def trained(client, counted):
    """The operation of a training that ended."""
    operation = client.train_model(
        project_id="p", recipe="compact", overrides=TINY, seed=1, activate=True, request_id="train-1"
    )
    return client.wait_operation(operation)


@pytest.fixture(scope="module")
def scored(client, trained):
    return client.wait_operation(client.score_pool(project_id="p", request_id="score-1"))


def test_before_anything_is_trained_there_is_no_model(client):
    client.create_project(project_id="empty", categories=[Category(1, "square")])
    with pytest.raises(NoActiveModel):
        client.score_pool(project_id="empty")
    with pytest.raises(NoActiveModel):
        client.get_model(project_id="empty")
    with pytest.raises(FailedPrecondition, match="no full label or boxes of a train or pool or ood image"):
        client.train_model(project_id="empty")
    for recipe, options in (("compact", {}), ("pretrained", {"masks": "dense"})):
        with pytest.raises(FailedPrecondition, match="no full label of a train"):
            client.train_model(project_id="empty", recipe=recipe, overrides=options)
    with pytest.raises(ProjectNotFound):
        client.train_model(project_id="nobody")


@pytest.mark.slow
def test_boxes_alone_train_a_network(client):
    client.create_project(project_id="boxed", categories=[Category(1, "square")])
    boxed = [
        replace(image, file_name=f"boxed {image.file_name}", objects=None, boxes=tuple(map(Box.around, image.objects)))
        for image in imports(3, 0, 0)
    ]
    client.import_images(project_id="boxed", images=boxed)
    small = {"image_size": 64, "width": 8, "tower": 8, "views": 1, "iterations": 2}
    model = client.wait_operation(client.train_model(project_id="boxed", recipe="pretrained", overrides=small)).result
    assert isinstance(model, ModelVersion)
    assert (model.recipe, model.labeled_images) == ("pretrained", 0)


@pytest.mark.slow
def test_labels_of_all_kinds_train_one_network(client):
    client.create_project(project_id="mixed", categories=[Category(1, "square"), Category(2, "disc")])
    given = [replace(image, file_name=f"mixed {image.file_name}") for image in imports(2, 0, 5)]
    images = client.import_images(project_id="mixed", images=given)
    (_, _, truth), *_ = squares(1)
    kinds = [kind for kind in LABEL_KINDS if kind not in (SupervisionKind.FULL, SupervisionKind.OOD_CHECK)]
    pool = [image for image in images if image.split is Split.POOL]
    drafts = [LabelDraft(image.id, LABEL_KINDS[kind].of(truth)) for image, kind in zip(pool, kinds, strict=True)]
    client.submit_labels(project_id="mixed", annotator="ann", labels=drafts)
    small = {"image_size": 64, "width": 8, "tower": 8, "views": 2, "iterations_per_label": 1, "weak": "all"}
    small |= {"min_iterations": 3, "max_iterations": 3}
    model = client.wait_operation(client.train_model(project_id="mixed", recipe="pretrained", overrides=small)).result
    assert (model.labeled_images, model.boxed_images, model.weakly_labeled_images) == (2, 1, 4)


def test_a_training_makes_a_model_version(client, trained):
    model = trained.result
    assert (model.recipe, model.seed, model.labeled_images, model.active) == ("compact", 1, 10, True)
    assert client.get_model(project_id="p") == model
    assert [found.id for found in client.list_models(project_id="p")] == [model.id]
    assert trained.progress == 1.0
    assert trained.seconds > 0
    assert client.get_operation(operation_id=trained.id) == trained


def test_its_checkpoint_can_be_read_and_used(client, trained, tmp_path):
    client.read_model(project_id="p", path=tmp_path / "model.safetensors")
    model = FittedModel.load(tmp_path / "model.safetensors", torch.device("cpu"))
    assert (model.seed, len(model.snapshot)) == (1, 10)


def test_a_repeated_call_finds_the_same_operation(client, trained):
    again = client.train_model(
        project_id="p", recipe="compact", overrides=TINY, seed=1, activate=True, request_id="train-1"
    )
    assert again == trained
    with pytest.raises(RequestIdReused):
        client.train_model(
            project_id="p", recipe="compact", overrides=TINY, seed=2, activate=True, request_id="train-1"
        )


def test_the_pool_is_scored_where_counts_are_known(client, counted, scored):
    assert scored.result.scored_images == len(counted)
    proposals = client.get_proposals(project_id="p", image_ids=counted)
    assert [found.image_id for found in proposals] == counted
    assert all(0 <= found.score <= 1 and len(found.objects) == 1 for found in proposals)
    assert {found.model_version for found in proposals} == {scored.result.id}


def test_a_batch_is_chosen_by_the_scores(client, counted, scored):
    batch = client.select_batch(project_id="p", campaign_id="c", annotator="ann", images=2)
    scores = {found.image_id: found.score for found in client.get_proposals(project_id="p", image_ids=counted)}
    nearest = sorted(scores, key=lambda image_id: (abs(scores[image_id] - batch.target_iou), image_id))
    assert [pick.image_id for pick in batch.picks] == nearest[:2]
    client.release_batch(project_id="p", batch_id=batch.id, annotator="ann")


@pytest.fixture(scope="module")
def free(client):
    """The version of a project without counts whose network finds by itself; it has scored the pool."""
    client.create_project(project_id="free", categories=[Category(1, "square")])
    client.import_images(project_id="free", images=imports(8, 4, 6))
    client.create_campaign(project_id="free", campaign_id="c", budget=Budget(seconds=3600), strategy=GUIDED)
    recipe = {**TINY, "classes": "predicted", "objectness": 0.01}
    client.wait_operation(client.train_model(project_id="free", recipe="compact", overrides=recipe, activate=True))
    return client.wait_operation(client.score_pool(project_id="free")).result


@pytest.mark.slow
def test_a_network_that_needs_no_counts_scores_the_whole_pool(client, free):
    assert free.scored_images == 6
    pool = [image.id for image in client.list_images(project_id="free", split=Split.POOL)]
    found = client.get_proposals(project_id="free", image_ids=pool)
    assert [one.image_id for one in found] == pool
    assert any(one.objects for one in found)


def test_an_image_that_was_never_counted_is_chosen_at_what_it_is_expected_to_cost(client, free):
    batch = client.select_batch(project_id="free", campaign_id="c", annotator="a", kind=SupervisionKind.FULL, images=2)
    assert [pick.score is None for pick in batch.picks] == [False, False]
    # One category: nothing absent, and the 2.8 objects of Pascal VOC's images until the project has its own.
    assert [pick.cost_s for pick in batch.picks] == [pytest.approx(79 * 2.8)] * 2


@pytest.mark.slow
def test_a_student_network_learns_from_pseudo_labels_as_well(client, free, tmp_path):
    wanted = PseudoLabels(images=3, min_area_share=0.0)
    document = json.loads(client.export_pseudo_labels(project_id="free", pseudo=wanted))
    assert len(document["images"]) == 3
    assert {item["image_id"] for item in document["annotations"]} == {1, 2, 3}
    assert all(0 <= item["score"] <= 1 for item in document["annotations"])
    asked = {"project_id": "free", "recipe": "compact", "overrides": TINY, "pseudo": wanted, "request_id": "second"}
    second = client.wait_operation(client.train_model(**asked)).result
    assert (second.pseudo, second.pseudo_images) == (replace(wanted, model_version=free.id), 3)
    assert (second.labeled_images, second.active) == (8, False)
    assert client.get_model(project_id="free").id == free.id
    path = client.read_model(project_id="free", model_version=second.id, path=tmp_path / "student.safetensors")
    names = {image.id: image.file_name for image in client.list_images(project_id="free")}
    learnt = FittedModel.load(path, torch.device("cpu")).pseudo
    assert {names[image_id] for image_id in learnt} == {image["file_name"] for image in document["images"]}
    assert client.wait_operation(client.train_model(**asked)).result == second
    with pytest.raises(PoolNotScored):
        client.export_pseudo_labels(project_id="free", pseudo=PseudoLabels(second.id))
    with pytest.raises(PoolNotScored):
        client.train_model(project_id="free", pseudo=PseudoLabels(second.id))
    too_sure = PseudoLabels(min_predicted_iou=1.0, min_area_share=1.0)
    operation = client.train_model(project_id="free", recipe="compact", overrides=TINY, pseudo=too_sure)
    with pytest.raises(FailedPrecondition, match="proposes no object"):
        client.wait_operation(operation)


def test_an_evaluation_measures_a_split(client, trained):
    operation = client.wait_operation(client.evaluate_model(project_id="p", split=Split.TEST))
    assert operation.result.model_version == trained.result.id
    assert operation.result.split is Split.TEST
    assert len(operation.result.images) == 4
    assert 0 <= operation.result.mean_iou <= 1
    with pytest.raises(NothingToMeasure, match="split ood of project p: it has no full label"):
        client.evaluate_model(project_id="p", split=Split.OOD)
    ((name, data, _),) = squares(1, name="empty")
    client.import_images(project_id="p", images=[ImageImport(name, Split.OOD, data=data, objects=())])
    with pytest.raises(NothingToMeasure, match="none of its 1 full labels shows an object"):
        client.evaluate_model(project_id="p", split=Split.OOD)


def test_what_was_proposed_for_test_images_can_be_read(client, trained):
    evaluation = client.wait_operation(client.evaluate_model(project_id="p", split=Split.TEST)).result
    judged = {image.image_id: image for image in evaluation.images}
    truths = {label.image_id: label.objects for label in client.list_labels(project_id="p") if label.image_id in judged}
    offered = client.get_proposals(project_id="p", image_ids=list(judged), model_version=trained.result.id)
    assert [each.image_id for each in offered] == list(judged)
    for each in offered:
        _, ious = match_within_class(each.objects, truths[each.image_id])
        most = max(len(each.objects), len(truths[each.image_id]))
        assert judged[each.image_id].true_iou == pytest.approx(ious.sum() / most)
        assert judged[each.image_id].predicted_iou == pytest.approx(each.score)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"recipe": "nobody's"}, InvalidConfig),
        ({"overrides": {"colour": 1}}, InvalidConfig),
        ({"overrides": {"image_size": 33}}, InvalidConfig),
        ({"overrides": {"name": "x"}}, InvalidConfig),
        ({"overrides": {"rate": "fast"}}, InvalidConfig),
        ({"seed": -1}, InvalidArgument),
        ({"request_id": "r" * 200}, InvalidArgument),
    ],
)
def test_an_impossible_training_is_refused_at_once(client, counted, options, kind):
    with pytest.raises(kind):
        client.train_model(project_id="p", **options)


def test_a_version_that_has_not_scored_says_so(client, scored):
    operation = client.train_model(project_id="p", recipe="compact", overrides=TINY, seed=2, activate=False)
    version = client.wait_operation(operation).result
    assert not version.active
    with pytest.raises(PoolNotScored):
        client.get_proposals(project_id="p", image_ids=["x"], model_version=version.id)
    with pytest.raises(ModelNotFound):
        client.score_pool(project_id="p", model_version="model-x")
    assert client.activate_model(project_id="p", model_version=version.id).active
    assert client.rollback_model(project_id="p").id == scored.result.id


def test_labeling_goes_on_while_a_network_trains(client, counted):
    training = client.train_model(project_id="p", recipe="compact", overrides=LONG, activate=False)
    running = follow_until_running(client, training)
    batch = client.select_batch(
        project_id="p",
        campaign_id="c",
        annotator="bee",
        kind=SupervisionKind.COUNTS,
        images=2,
        strategy=Strategy("random"),
    )
    drafts = [LabelDraft(pick.image_id, Counts({})) for pick in batch.picks]
    client.submit_labels(project_id="p", annotator="bee", batch_id=batch.id, labels=drafts)
    assert len(batch.picks) == 2
    assert client.get_operation(operation_id=training.id).state is OperationState.RUNNING
    assert running.kind is OperationKind.TRAIN
    client.cancel_operation(operation_id=training.id)


def follow_until_running(client, operation, timeout_s=120):
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        operation = client.get_operation(operation_id=operation.id)
        if operation.state is not OperationState.PENDING:
            return operation
        time.sleep(0.05)
    raise AssertionError("the operation does not begin")


def test_a_full_line_turns_away_and_cancelling_empties_it(server, client, counted):
    waiting = [client.train_model(project_id="p", recipe="compact", overrides=LONG) for _ in range(3)]
    with Client(server.address, retry=Retry(patience_s=0)) as impatient, pytest.raises(QueueFull) as refused:
        impatient.train_model(project_id="p", recipe="compact", overrides=LONG)
    assert refused.value.retry_after_s > 0
    for operation in reversed(waiting):
        client.cancel_operation(operation_id=operation.id)
    for operation in waiting:
        with pytest.raises(Cancelled):
            client.wait_operation(operation, timeout_s=60)
    assert client.get_operation(operation_id=waiting[0].id).state is OperationState.CANCELLED
    next_one = client.train_model(project_id="p", recipe="compact", overrides=TINY, activate=False)
    assert client.wait_operation(next_one).state is OperationState.SUCCEEDED


def test_an_operation_that_ended_can_be_forgotten(server, client, counted, folder):
    asked: Any = {"project_id": "p", "recipe": "compact", "overrides": LONG, "request_id": "once"}
    operation = client.train_model(**asked)
    assert client.train_model(**asked).id == operation.id
    request = operations_pb2.DeleteOperationRequest(name=f"operations/{operation.id}")
    work = folder / "work" / operation.id
    _wait_until(work.is_dir)
    with grpc.insecure_channel(server.address) as channel:
        delete = OperationsStub(channel).DeleteOperation
        with pytest.raises(grpc.RpcError, match="has not ended; cancel it first"):
            delete(request, timeout=10)
        client.cancel_operation(operation_id=operation.id)
        delete(request, timeout=10)
    with pytest.raises(OperationNotFound):
        client.get_operation(operation_id=operation.id)
    _wait_until(lambda: not work.exists())  # what it had made goes, too
    again = client.train_model(**asked)  # who asks once more has it done anew
    assert (again.id != operation.id, client.train_model(**asked).id) == (True, again.id)
    client.cancel_operation(operation_id=again.id)


def _wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.slow
def test_networks_of_before_go_on_when_the_vocabulary_grows(client, counted, scored, tmp_path):
    """What they are told to count, and measured by, may be of a class that they never saw: it is missed."""
    client.add_categories(project_id="p", categories=[Category(2, "circle")])
    (of_pool,) = client.list_labels(project_id="p", image_id=counted[0], kind=SupervisionKind.COUNTS)
    test = next(image.id for image in client.list_images(project_id="p", split=Split.TEST))
    (of_test,) = client.list_labels(project_id="p", image_id=test)
    circles = FullLabel(tuple(replace(item, category_id=2) for item in of_test.objects))
    corrections = [
        LabelDraft(counted[0], Counts({1: 1, 2: 3}), supersedes=of_pool.id),
        LabelDraft(test, circles, supersedes=of_test.id),
    ]
    client.submit_labels(project_id="p", annotator="ann", labels=corrections)
    evaluation = client.wait_operation(client.evaluate_model(project_id="p", split=Split.TEST)).result
    assert {image.image_id: image.true_iou for image in evaluation.images}[test] == 0
    assert evaluation.ap50_by_category[2] == 0
    client.wait_operation(client.score_pool(project_id="p"))
    (offered,) = client.get_proposals(project_id="p", image_ids=counted[:1])
    assert [item.category_id for item in offered.objects] == [1]
    warm = {**TINY, "start": "warm"}
    for seed in (3, 4):
        client.wait_operation(client.train_model(project_id="p", recipe="compact", overrides=warm, seed=seed))
        if seed == 3:
            client.add_categories(project_id="p", categories=["triangle", "circle"])
    path = client.read_model(project_id="p", model_version=latest(client), path=tmp_path / "grown.safetensors")
    assert FittedModel.load(path, torch.device("cpu")).categories == (1, 2, 3)


def latest(client):
    return next(iter(client.list_models(project_id="p"))).id


def test_asking_it_to_stop_ends_the_server_and_its_device(server, client, scored):
    pid = server.device_pid()
    assert server.end(signal.SIGTERM) == 0
    assert is_gone(pid, 5)


def digest(client, tmp_path, project_id="p"):
    path = client.read_model(project_id=project_id, path=tmp_path / "model.safetensors")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.slow
def test_work_survives_the_death_of_the_device_and_of_the_server(tmp_path):
    """Killed in training: the device once, the server twice; the model is that of an undisturbed training."""
    wanted: dict[str, Any] = {
        "project_id": "p",
        "recipe": "compact",
        "overrides": {**TINY, "iterations": 60},
        "seed": 5,
        "activate": True,
    }
    with ServerProcess(tmp_path / "calm") as calm:
        fill(calm.client)
        calm.client.wait_operation(calm.client.train_model(**wanted, request_id="t"))
        undisturbed = digest(calm.client, tmp_path)
        assert calm.end() == 0
    with ServerProcess(tmp_path / "stormy") as stormy:
        fill(stormy.client)
        operation = stormy.client.train_model(**wanted, request_id="t")
        reached = follow_beyond(stormy.client, operation, 0.1)
        device = stormy.device_pid()
        os.kill(device, signal.SIGKILL)
        assert is_gone(device)
        reached = follow_beyond(stormy.client, operation, reached)
        end_all(stormy)
    with ServerProcess(tmp_path / "stormy") as stormy:
        follow_beyond(stormy.client, operation, reached)
        end_all(stormy)
    with ServerProcess(tmp_path / "stormy") as stormy:
        again = stormy.client.train_model(**wanted, request_id="t")
        ended = stormy.client.wait_operation(again)
        assert again.id == ended.id == operation.id
        assert isinstance(ended.result, ModelVersion)
        assert digest(stormy.client, tmp_path) == undisturbed
        assert [model.id for model in stormy.client.list_models(project_id="p")] == [ended.result.id]
        assert ended.result.active
        assert is_cleared(tmp_path / "stormy" / "work" / operation.id)
        assert stormy.end() == 0


def end_all(server):
    """Kill the server; its device goes with it."""
    device = server.device_pid()
    server.end(signal.SIGKILL)
    assert is_gone(device, 10)


def is_cleared(folder, timeout_s=30):
    until = time.monotonic() + timeout_s
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return not folder.exists()


def follow_beyond(client, operation, progress, timeout_s=120):
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        now = client.get_operation(operation_id=operation.id)
        assert now.state in (OperationState.PENDING, OperationState.RUNNING), now
        if now.progress > progress:
            return now.progress
        time.sleep(0.02)
    raise AssertionError("the operation does not move")
