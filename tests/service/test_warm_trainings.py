"""What a training is told to go on from: frozen with its job, so that it is the same after a crash."""

import json
from pathlib import Path

import pytest

from maskloop.values import ModelVersion, Operation, OperationKind, OperationState
from models.annotation.recipe import resolve
from service.device.job_files import TrainJob, read_job
from service.operations.steps.steps import DeviceWork
from service.store.models import ModelRecord, insert_model
from service.store.operations import OperationRecord
from tests.service.desks import Server

WARM = resolve("compact", start="warm").to_dict()
COLD = resolve("compact").to_dict()


def add_version(server: Server, version: str, recipe: dict[str, object]) -> None:
    server.clock.forward(1.0)
    model = ModelVersion(version, "p", "compact", 0, 5, {}, server.clock(), config_json=json.dumps(recipe))
    with server.database.write() as tx:
        insert_model(tx, ModelRecord(model, (), f"models/p/{version}"))


def start_of(server: Server, recipe: dict[str, object], operation_id: str = "o1") -> Path | None:
    """What the training of an operation is told to start from."""
    work = DeviceWork(database=server.database, folder=server.data, candidates=server.candidates, clock=server.clock)
    now = server.clock()
    operation = Operation(
        operation_id, "p", OperationKind.TRAIN, OperationState.PENDING, created_at=now, updated_at=now
    )
    work.prepare(OperationRecord(operation, {"recipe": recipe, "seed": 0}))
    job = read_job(server.data.work(operation_id))
    assert isinstance(job, TrainJob)
    return job.start


def test_a_first_training_starts_from_initial_weights(server: Server) -> None:
    assert start_of(server, WARM) is None


def test_a_warm_training_goes_on_from_the_latest_version(server: Server) -> None:
    add_version(server, "m1", WARM)
    add_version(server, "m2", WARM)
    assert start_of(server, WARM) == server.data.checkpoint("p", "m2")


def test_a_training_from_scratch_goes_on_from_none(server: Server) -> None:
    add_version(server, "m1", COLD)
    assert start_of(server, COLD) is None


@pytest.mark.parametrize("other", [{"image_size": 96}, {"rate": 1e-4}, {"start": "scratch"}])
def test_a_version_of_another_recipe_is_not_gone_on_from(server: Server, other: dict[str, object]) -> None:
    add_version(server, "m1", WARM)
    add_version(server, "m2", {**WARM, **other})
    assert start_of(server, WARM) is None


def test_a_step_that_is_repeated_keeps_to_the_version_it_found_first(server: Server) -> None:
    add_version(server, "m1", WARM)
    assert start_of(server, WARM) == start_of(server, WARM)
    add_version(server, "m2", WARM)
    assert start_of(server, WARM) == server.data.checkpoint("p", "m1")
    assert start_of(server, WARM, "o2") == server.data.checkpoint("p", "m2")
