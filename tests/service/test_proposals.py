"""Masks for prompts, from a real server whose process for them is stopped and killed."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing, contextmanager

import pytest

from maskloop.client import Client
from maskloop.client.wire import Retry
from maskloop.values import Category, Prompt, PromptPoint
from tests.service.processes import ServerProcess, children, command_line
from tests.service.squares import SIDE, TINY, imports

RECIPE = {
    "image_size": 64,
    "width": 16,
    "tower": 16,
    "region": 8,
    "views": 2,
    "min_iterations": 60,
    "max_iterations": 60,
}
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
    """Ids of the images of a project with an active model of the default recipe, and one of another."""
    client = server.client
    client.create_project(project_id="p", categories=[Category(1, "square")])
    made = client.import_images(project_id="p", images=imports(8, 1, 6))
    for recipe, overrides, activate in (("pretrained", RECIPE, True), ("compact", TINY, False)):
        operation = client.train_model(project_id="p", recipe=recipe, overrides=overrides, activate=activate)
        client.wait_operation(operation)
    return [image.id for image in made]


@pytest.fixture(scope="module")
def once(server, images):
    """A client that asks once."""
    with Client(server.address, retry=ONCE) as made:
        yield made


def ask(client, image_id, *prompts, **more):
    return client.propose_masks(project_id="p", image_id=image_id, prompts=prompts or (BOX,), **more)


def prompts_pid(server):
    """Process id of the process that answers prompts."""
    (pid,) = (pid for pid in children(server.process.pid) if b"service.device.prompt_process" in command_line(pid))
    return pid


@contextmanager
def stopped(pid):
    """The process sees no work until the end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
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
    assert rows(folder) == before
