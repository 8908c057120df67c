"""Masks for prompts, from a real server whose process for them is stopped and killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager, suppress

import grpc
import pytest

from maskloop.client import Client
from maskloop.client.wire import Retry
from maskloop.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    ImageNotFound,
    InvalidPrompt,
    ModelNotFound,
    NoActiveModel,
    QueueFull,
    UnsupportedPrompts,
)
from maskloop.v1 import proposals_pb2
from maskloop.v1.proposals_pb2_grpc import ProposalServiceStub
from maskloop.values import Category, OperationState, Prompt, PromptPoint, Split
from service.store import Database
from service.store.labels.prompted import prompted_proposals
from tests.service.processes import ServerProcess, children, command_line, is_gone
from tests.service.squares import PROMPTED, SIDE, TINY, imports

pytestmark = pytest.mark.journey

OF_CLASSES = {"classifier": "compact", "min_iterations": 2, "max_iterations": 2, "closing": 0}
ONCE = Retry(patience_s=0)
WAITING = 3  # calls that the server lets wait
BOX = Prompt(box=(4, 4, 14, 12))
POINT = Prompt(category_id=1, points=(PromptPoint(9, 9), PromptPoint(30.5, 1, on_object=False)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def server(folder):
    with ServerProcess(folder, waiting_prompts=WAITING) as made:
        yield made


@pytest.fixture(scope="module")
def images(server):
    """Ids of the images of a project with an active model of the default recipe, and of two others."""
    client = server.client
    client.create_project(project_id="p", categories=[Category(1, "square")])
    made = client.import_images(project_id="p", images=imports(8, 1, 6))
    for recipe, overrides, activate in (
        ("pretrained", PROMPTED, True),
        ("compact", TINY, False),
        ("class_maps", OF_CLASSES, False),
    ):
        operation = client.train_model(project_id="p", recipe=recipe, overrides=overrides, activate=activate)
        client.wait_operation(operation)
    return [image.id for image in made]


@pytest.fixture(scope="module")
def once(server, images):
    """A client that asks once."""
    with Client(server.address, retry=ONCE) as made:
        yield made


@pytest.fixture(scope="module")
def patient(server, images):
    """A client for each call that is to wait, for none may fill the queue alone; they ask until it is taken."""
    retry = Retry(patience_s=60, longest_s=0.1)
    with ExitStack() as stack:
        yield [stack.enter_context(Client(server.address, retry=retry)) for _ in range(WAITING)]


def ask(client, image_id, *prompts, **more):
    return client.propose_masks(project_id="p", image_id=image_id, prompts=prompts or (BOX,), **more)


def prompts_pid(server):
    """Process id of the process that answers prompts."""
    (pid,) = (
        pid for pid in children(server.process.pid) if b"service.device.prompts.prompt_process" in command_line(pid)
    )
    return pid


@contextmanager
def stopped(pid):
    """The process sees no work until the end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # it was killed
            os.kill(pid, signal.SIGCONT)


def rows(folder):
    with closing(sqlite3.connect(folder / "maskloop.db")) as store:
        return store.execute("SELECT id, image_id, model_version FROM prompted_proposals ORDER BY id").fetchall()


def test_a_box_and_points_are_answered_in_their_order_and_kept(once, images, folder):
    answer = ask(once, images[0], BOX, POINT)
    boxed, pointed = answer.proposals
    assert answer.model_version == once.get_model(project_id="p").id
    assert not answer.uncalibrated
    assert (boxed.category_id, pointed.category_id) == (1, 1)
    for proposal in answer.proposals:
        assert (proposal.mask.height, proposal.mask.width) == (SIDE, SIDE)
        assert 0 <= proposal.predicted_iou <= 1
    assert boxed.mask.area
    assert {row[0] for row in rows(folder)} == {proposal.id for proposal in answer.proposals}


def test_the_same_call_gives_the_same_ids_and_no_further_row(once, images, folder):
    first = ask(once, images[1], BOX, POINT)
    before = rows(folder)
    assert ask(once, images[1], BOX, POINT) == first
    assert ask(once, images[1], POINT).proposals == first.proposals[1:]
    assert rows(folder) == before
    assert len({row[:2] for row in before}) == len(before)


def test_what_cannot_be_asked_is_refused_by_name(once, images):
    with pytest.raises(InvalidPrompt, match="0 prompts; 1 to 100") as none:
        once.propose_masks(project_id="p", image_id=images[0], prompts=[])
    assert none.value.field == "prompts"
    with pytest.raises(InvalidPrompt, match="prompt 1: a box of 30 x 12 pixels"):
        ask(once, images[0], BOX, Prompt(box=(4, 4, 30, 12)))
    with pytest.raises(InvalidPrompt, match="prompt 0: project p has no category 9"):
        ask(once, images[0], Prompt(9, (0, 0, 4, 4)))
    with pytest.raises(ImageNotFound, match="nobody"):
        ask(once, "nobody")
    with pytest.raises(ModelNotFound, match="nobody"):
        ask(once, images[0], model_version="nobody")


def test_a_prompt_that_no_client_of_ours_would_send_is_refused_by_its_place(server, images):
    message = proposals_pb2.ProposeMasksRequest(project_id="p", image_id=images[0])
    message.prompts.add().box.width = 3
    message.prompts[0].box.height = 3
    message.prompts.add().points.add(x=3, y=float("nan"), on_object=True)
    with grpc.insecure_channel(server.address) as channel, pytest.raises(grpc.RpcError) as raised:
        ProposalServiceStub(channel).ProposeMasks(message, timeout=20)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "prompt 1: (3, nan) is no point" in raised.value.details()


def test_a_version_that_takes_no_prompts_says_which_would(once, images):
    (other,) = (model.id for model in once.list_models(project_id="p") if model.recipe == "compact")
    with pytest.raises(UnsupportedPrompts, match=r"recipe `compact` takes no prompts.*`pretrained`"):
        ask(once, images[0], model_version=other)


def test_images_to_test_on_are_drawn_without_help(once, server, images):
    (image_id,) = (image.id for image in server.client.list_images(project_id="p", split=Split.TEST))
    with pytest.raises(UnsupportedPrompts, match="an image to test on, and drawn without help"):
        ask(once, image_id)


def test_class_maps_answer_within_the_box_that_they_are_shown(once, images):
    (version,) = (model.id for model in once.list_models(project_id="p") if model.recipe == "class_maps")
    boxed, pointed = ask(once, images[0], BOX, POINT, model_version=version).proposals
    x, y, width, height = boxed.mask.box
    assert boxed.mask.area
    assert (x >= 4, y >= 4, x + width <= 18, y + height <= 16) == (True,) * 4
    assert pointed.category_id == 1
    assert ask(once, images[0], BOX, model_version=version).proposals == (boxed,)


def test_a_recipe_that_needs_images_of_nothing_is_refused_without_any(once, images):
    with pytest.raises(FailedPrecondition, match="ood=wood learns from images that are known to hold nothing"):
        once.train_model(project_id="p", recipe="class_maps", overrides={**OF_CLASSES, "ood": "wood"})


def test_a_project_without_a_model_has_nobody_to_ask(once):
    once.create_project(project_id="bare", categories=[Category(1, "square")])
    with pytest.raises(NoActiveModel):
        once.propose_masks(project_id="bare", image_id="i", prompts=[BOX])


def test_calls_that_waited_together_are_answered_as_each_alone(server, once, patient, images):
    """The first is in the process when it stops; the others wait, and are answered in one pass."""
    asked = [(images[place], BOX, POINT) for place in range(WAITING)]
    alone = [ask(once, *each) for each in asked]
    with ThreadPoolExecutor(WAITING) as threads:
        with stopped(prompts_pid(server)):
            calls = [threads.submit(ask, *each) for each in zip(patient, *zip(*asked, strict=True), strict=True)]
            fill(server, images[0])
        assert [call.result(60) for call in calls] == alone


def fill(server, image_id):
    """Wait until so many calls wait that no further one is taken. Returns what that one is told."""
    with Client(server.address, timeout_s=0.5, retry=ONCE) as more:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                ask(more, image_id)
            except QueueFull as full:
                return full
            except DeadlineExceeded:
                time.sleep(1)  # one of the calls that are to wait takes the place
    raise AssertionError("every call was taken")


def test_a_full_queue_says_when_to_come_back_and_nobody_else_waits_for_it(server, once, patient, images):
    with ThreadPoolExecutor(WAITING) as threads:
        with stopped(prompts_pid(server)):
            calls = [threads.submit(ask, client, images[0]) for client in patient]
            full = fill(server, images[0])
            assert full.retry_after_s > 0
            assert once.get_model(project_id="p").active
        assert len({call.result(60).proposals[0].id for call in calls}) == 1


def test_a_call_whose_deadline_passed_is_dropped(server, once, images, folder):
    """One is with the stopped process, one waits behind it. Neither leaves a row; the next call is answered."""
    before = rows(folder)
    with Client(server.address, timeout_s=1.0, retry=ONCE) as hasty, ThreadPoolExecutor(2) as threads:
        with stopped(prompts_pid(server)):
            late = [threads.submit(ask, hasty, images[5], Prompt(box=(1, 1, 9 + n, 9))) for n in range(2)]
            for call in late:
                with pytest.raises(DeadlineExceeded):
                    call.result(60)
            time.sleep(0.5)  # the server's clock of a call begins a little later than the client's
        assert ask(once, images[0]).proposals
    assert rows(folder) == before


def test_the_process_may_be_killed_calls_at_it_are_told_so_and_the_next_begins_another(server, once, images):
    first = ask(once, images[0], BOX, POINT)
    told: list[Exception] = []
    while not told:  # a call that comes to the server after the kill is answered by the next process
        pid = prompts_pid(server)
        told = [error for error in kill_at_calls(pid, once, images[0]) if error is not None]
    assert {str(error) for error in told} == {
        "the process that answers prompts ended (status -9); the next call begins another"
    }
    assert is_gone(pid)
    assert ask(once, images[0], BOX, POINT) == first
    assert prompts_pid(server) != pid


def test_a_client_that_repeats_calls_does_not_notice_the_death(server, patient, images):
    assert kill_at_calls(prompts_pid(server), patient[0], images[0]) == [None, None]


def kill_at_calls(pid, client, image_id):
    """Stop the process, ask twice, and kill it. Returns what became of the calls: how each failed, if it did."""
    with ThreadPoolExecutor(2) as threads, stopped(pid):
        calls = [threads.submit(ask, client, image_id) for _ in range(2)]
        wait(calls, timeout=1)
        os.kill(pid, signal.SIGKILL)
        return [call.exception(60) for call in calls]


def test_a_training_keeps_nobody_waiting(server, once, images):
    endless = {**PROMPTED, "min_iterations": 50_000, "max_iterations": 50_000}
    operation = once.train_model(project_id="p", overrides=endless, activate=False)
    until = time.monotonic() + 120
    while once.get_operation(operation_id=operation.id).state is not OperationState.RUNNING:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert ask(once, images[2]).proposals
    assert once.get_operation(operation_id=operation.id).state is OperationState.RUNNING
    once.cancel_operation(operation_id=operation.id)


def test_after_the_server_was_killed_no_process_is_left_and_what_it_answered_is_found_by_its_ids(
    server, once, images, folder
):
    """The last of this file: the server does not come back."""
    answer, pid = ask(once, images[0], BOX, POINT), prompts_pid(server)
    server.end(signal.SIGKILL)
    assert is_gone(pid)
    kept = Database(f"sqlite:///{folder / 'maskloop.db'}")
    with kept.read() as tx:
        found = prompted_proposals(tx, "p", images[0], ["nobody", *(item.id for item in answer.proposals)])
    kept.close()
    assert found == {item.id: item for item in answer.proposals}
