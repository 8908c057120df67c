"""Workflows whose records cannot be written: told as such, and begun when they can."""

from __future__ import annotations

import threading

import pytest

from maskloop.errors import Unavailable
from service.operations.workflows import Workflows
from tests.full_disk import limited_files


@pytest.fixture
def done():
    return threading.Event()


@pytest.fixture
def workflows(tmp_path, done):
    made = Workflows(f"sqlite:///{tmp_path / 'dbos.db'}", "server", {"only": lambda workflow_id: done.set()})
    made.launch()
    yield made
    made.close()


def test_a_workflow_that_finds_no_room_is_begun_when_it_is_started_again(workflows, done) -> None:
    with limited_files(), pytest.raises(Unavailable, match="records of long work"):
        workflows.start("w")
    assert not done.is_set()
    workflows.start("w")
    assert done.wait(20)
