"""Bounds on what a caller may ask of the device, over a real server."""

from __future__ import annotations

import os
import time
from functools import partial

import pytest

from maskloop.errors import DeadlineExceeded, InvalidArgument, InvalidConfig, QueueFull, WorkTooLarge
from maskloop.values import Category, OperationState, Strategy
from tests.service.processes import ServerProcess, is_gone
from tests.service.squares import TINY, imports

LONG = {**TINY, "iterations": 100_000}


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="module")
def server(tmp_path_factory, roots):
    with ServerProcess(
        tmp_path_factory.mktemp("server"),
        weights_roots=roots,
        waiting_operations=6,
        waiting_operations_of_project=4,
        max_training_iterations=200_000,
        max_training_pixels=10**10,
        max_training_bytes=4 << 30,
    ) as made:
        for project in ("a", "b"):
            made.client.create_project(project_id=project, categories=[Category(1, "square")])
            made.client.import_images(project_id=project, images=imports(6, 2, 2))
        yield made


@pytest.fixture(scope="module")
def client(server):
    return server.client


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"encoder": "vgg99"}, "encoder"),
        ({"encoder": "timm:vit_base_patch16_224", "weights": "random"}, "encoder"),
        ({"hidden": 16_000_000}, "hidden"),
        ({"image_size": 2**35}, "image_size"),
        ({"iterations": 2**62}, "iterations"),
        ({"max_iterations": 2**62}, "max_iterations"),
        ({"batch": 10**400}, "batch"),
        ({"rate": float("inf")}, "rate"),
        ({"weights": "/etc/passwd"}, "weights"),
        ({"weights": "/etc/no-such-file"}, "weights"),
        ({"augment": "x" * 5000}, "augment"),
    ],
)
def test_impossible_options_are_refused_by_name_before_anything_starts(client, options, field):
    before = list(client.list_operations(project_id="a"))
    for ask in (partial(client.train_model, project_id="a"), client.resolve_recipe):
        with pytest.raises(InvalidConfig) as refused:
            ask(recipe="compact", overrides=options)
        assert refused.value.field == field
    assert list(client.list_operations(project_id="a")) == before


def test_a_strange_encoder_of_a_classifier_or_a_cold_start_is_refused_as_well(client):
    with pytest.raises(InvalidConfig, match="hidden"):
        client.train_classifier(project_id="a", overrides={"hidden": 3})
    with pytest.raises(InvalidConfig, match="weights_roots"):
        client.train_classifier(project_id="a", overrides={"weights": "/etc/passwd"})
    client.create_campaign(project_id="a", campaign_id="cold", budget="8h", strategy="random")
    for option in ({"encoder": "vgg99"}, {"weights": "/etc/passwd"}):
        with pytest.raises(InvalidArgument, match="strategy cold_start"):
            client.prepare_selection(project_id="a", campaign_id="cold", strategy=Strategy("cold_start", option))


def test_a_pipe_below_the_weights_root_hangs_nothing(server, client, roots):
    os.mkfifo(roots / "pipe.pth")
    with pytest.raises(InvalidConfig, match="no file that can be read"):
        client.train_model(project_id="a", recipe="compact", overrides={"weights": str(roots / "pipe.pth")})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({**TINY, "iterations": 200_001}, "max_training_iterations is 200000"),
        ({"image_size": 2048, "batch": 64, "iterations": 1000}, "max_training_pixels"),
        ({"image_size": 2048, "batch": 256, "iterations": 1}, "max_training_bytes"),
        ({"hidden": 1024, "min_hidden": 1024, "image_size": 1024, "iterations": 1}, "max_training_bytes"),
    ],
)
def test_a_training_beyond_the_budget_is_refused_with_what_to_lower(client, options, words):
    with pytest.raises(WorkTooLarge, match=words) as refused:
        client.train_model(project_id="a", recipe="compact", overrides=options)
    assert "lower" in refused.value.message
    assert refused.value.field == "overrides_json"


@pytest.mark.slow
def test_projects_take_turns_and_one_leaves_the_others_room_in_the_queue(client):
    long = [client.train_model(project_id="a", recipe="compact", overrides=LONG, seed=seed) for seed in range(4)]
    with pytest.raises(QueueFull, match="4 operations of project a are waiting"):
        client.train_model(project_id="a", recipe="compact", overrides=LONG)
    short = client.train_model(project_id="b", recipe="compact", overrides=TINY)
    until = time.monotonic() + 200
    while client.get_operation(operation_id=long[0].id).state is not OperationState.RUNNING:
        assert time.monotonic() < until
        time.sleep(0.05)
    client.cancel_operation(operation_id=long[0].id)  # next is b, though three of a wait longer
    assert client.wait_operation(short).state is OperationState.SUCCEEDED
    states = {client.get_operation(operation_id=operation.id).state for operation in long[1:]}
    assert states <= {OperationState.PENDING, OperationState.RUNNING}
    for operation in long[1:]:
        client.cancel_operation(operation_id=operation.id)


@pytest.mark.slow
def test_an_operation_ends_at_its_deadline_and_frees_the_device(tmp_path):
    with ServerProcess(tmp_path, operation_deadline_s=0.2) as server:
        server.client.create_project(project_id="a", categories=[Category(1, "square")])
        server.client.import_images(project_id="a", images=imports(6, 2, 2))
        operation = server.client.train_model(project_id="a", recipe="compact", overrides=LONG)
        pid = server.device_pid()
        with pytest.raises(DeadlineExceeded, match=r"operation_deadline_s is 0\.2"):
            server.client.wait_operation(operation)
        assert is_gone(pid)
