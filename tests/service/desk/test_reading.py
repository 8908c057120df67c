"""Verbs that only read wait for no writer, and tell what has run out at once."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from maskloop.errors import MaskloopError, Unavailable
from maskloop.values import PickState, PseudoLabels, Split, SupervisionKind
from service.desk.models.classifiers import ClassifierDesk
from service.desk.models.models import ModelDesk
from service.desk.models.training_budget import TrainingBudget
from service.desk.models.weights import WeightsRoots
from service.device.messages import DeviceSettings
from service.operations.limits import QueueLimits
from service.operations.operations import Operations
from service.operations.steps.steps import DeviceWork
from service.operations.worker import Worker
from service.store.clock import new_id
from tests.service.desks import Server

READS = ("get_", "list_", "read_", "export_")
HELD_S = 20.0


@contextmanager
def a_writer(server: Server) -> Iterator[None]:
    """Another thread in the midst of a transaction that writes."""
    inside, done = threading.Event(), threading.Event()

    def write() -> None:
        with server.database.write() as tx:
            tx.execute(text("UPDATE projects SET display_name = 'half written'"))
            inside.set()
            done.wait(HELD_S)

    thread = threading.Thread(target=write)
    thread.start()
    assert inside.wait(HELD_S)
    try:
        yield
    finally:
        assert not done.is_set()
        assert thread.is_alive()
        done.set()
        thread.join()


@pytest.fixture
def verbs(server: Server) -> Iterator[dict[str, Callable[..., object]]]:
    """All verbs that only read, by name."""
    parts: dict[str, Any] = {"database": server.database, "folder": server.data}
    blobs, networks = str(server.folder / "blobs"), server.data.networks
    operations = Operations(
        **parts,
        worker=Worker(DeviceSettings("cpu", 1, blobs, networks, networks_bytes=0)),
        work=DeviceWork(**parts, candidates=server.candidates, clock=server.clock),
        workflows_url=server.data.workflows_url,
        executor_id="server",
        queue=QueueLimits(1, 1),
        clock=server.clock,
        new_id=new_id,
    )
    models = ModelDesk(**parts, candidates=server.candidates, clock=server.clock)
    classifiers = ClassifierDesk(**parts, operations=operations, weights=WeightsRoots(), budget=TrainingBudget())
    yield {
        name: verb
        for desk in (server.projects, server.campaigns, server.labels, models, classifiers, operations)
        for name, verb in inspect.getmembers(desk, inspect.ismethod)
        if name.startswith(READS)
    }
    operations.close()


def test_every_verb_that_reads_answers_while_another_writes(
    server: Server, verbs: dict[str, Callable[..., object]]
) -> None:
    image_id, *_ = server.import_pool(2)
    server.create_campaign(seconds=1000)
    batch = server.campaigns.select_batch(
        project_id="p", campaign_id="c", annotator="ann", kind=SupervisionKind.FULL, images=1
    )
    server.add_model({image_id: 0.5})
    known: dict[str, object] = {
        "project_id": "p",
        "campaign_id": "c",
        "batch_id": batch.id,
        "image_id": image_id,
        "image_ids": [image_id],
        "operation_id": "none",
        "pseudo": PseudoLabels(model_version="m1", min_predicted_iou=0.5),
    }
    assert len(verbs) == 21
    with a_writer(server):
        for verb in verbs.values():
            wanted = [
                name for name, given in inspect.signature(verb).parameters.items() if given.default is given.empty
            ]
            try:
                verb(**{name: known[name] for name in wanted})
            except Unavailable:
                raise
            except MaskloopError:
                pass  # there is none: it was looked up all the same
        assert server.projects.get_project(project_id="p").display_name == "p"
    assert server.projects.get_project(project_id="p").display_name == "half written"


def test_what_has_run_out_is_told_before_it_is_written_down(server: Server, tmp_path: Path) -> None:
    server.import_pool(3)
    server.create_campaign(seconds=1000)
    batch = server.campaigns.select_batch(
        project_id="p", campaign_id="c", annotator="ann", kind=SupervisionKind.FULL, images=2, lease_s=60
    )
    reserved_s = sum(pick.cost_s for pick in batch.picks)
    assert server.campaigns.get_campaign(project_id="p", campaign_id="c").reserved_s == pytest.approx(reserved_s)
    server.clock.forward(61)
    before = (tmp_path / "maskloop.db-wal").read_bytes()
    campaign = server.campaigns.get_campaign(project_id="p", campaign_id="c")
    listed = server.campaigns.list_campaigns(project_id="p").items
    records = server.campaigns.list_batches(project_id="p").items
    assert server.campaigns.get_batch(project_id="p", batch_id=batch.id).picks == ()
    assert (campaign.reserved_s, campaign.reserved_images) == (0.0, 0)
    assert listed == (campaign,)
    assert set(records[0].states.values()) == {PickState.EXPIRED}
    assert (tmp_path / "maskloop.db-wal").read_bytes() == before
    again = server.campaigns.select_batch(
        project_id="p", campaign_id="c", annotator="bob", kind=SupervisionKind.FULL, images=3
    )
    assert len(again.picks) == 3


def test_a_reader_cannot_write(server: Server) -> None:
    with pytest.raises(Unavailable), server.database.read() as tx:
        tx.execute(text("UPDATE projects SET display_name = 'changed'"))
    assert server.projects.list_images(project_id="p", split=Split.POOL).items == ()
