"""Faults of a real server's database: it restarts, is taken, contradicts, is removed. Nothing wrong is answered."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from maskloop.client import Client
from maskloop.client.wire import Retry
from maskloop.errors import Cancelled, MaskloopError, Unavailable
from maskloop.values import Budget, Category, ImageImport, ModelVersion, Split, Strategy, SupervisionKind
from tests.postgres import postgres
from tests.service.desks import full_draft, png
from tests.service.processes import ServerProcess
from tests.service.squares import TINY, imports

FULL = SupervisionKind.FULL
CATEGORIES = [Category(1, "crack"), Category(2, "rust"), Category(3, "spall")]


def fill(client: Client, images: int) -> None:
    client.create_project(project_id="p", categories=CATEGORIES)
    imports = [ImageImport(f"{place}.png", Split.POOL, data=png(place)) for place in range(images)]
    client.import_images(project_id="p", images=imports)
    client.create_campaign(project_id="p", campaign_id="c", budget=Budget(seconds=1e6), strategy=Strategy("random"))


def label_one(client: Client, annotator: str) -> str | None:
    """Take an image and label it. Returns its id once that is acknowledged, `None` if no image is left."""
    batch = client.select_batch(project_id="p", campaign_id="c", annotator=annotator, kind=FULL, images=1)
    if not batch.picks:
        return None
    image_id = batch.picks[0].image_id
    client.submit_labels(
        project_id="p", annotator=annotator, batch_id=batch.id, labels=[full_draft(image_id, 1)], request_id=image_id
    )
    return image_id


class Annotator:
    """Labels one image after the other, whatever happens to the server."""

    def __init__(self, address: str, name: str) -> None:
        self.acknowledged: list[str] = []
        self.refusals: list[MaskloopError] = []
        self._client = Client(address, retry=Retry(patience_s=30.0))
        self._name = name

    def work(self) -> None:
        with self._client as client:
            while True:
                try:
                    image_id = label_one(client, self._name)
                except MaskloopError as error:
                    self.refusals.append(error)
                    return
                if image_id is None:
                    return
                self.acknowledged.append(image_id)


def labeled(client: Client) -> list[str]:
    return sorted(label.image_id for label in client.list_labels(project_id="p"))


@pytest.mark.slow
def test_of_two_servers_on_one_postgresql_one_serves_and_one_waits_through_its_restarts(tmp_path):
    images = 150
    with postgres() as cluster:

        def begun(name: str) -> ServerProcess:
            folder, blobs = tmp_path / name, str(tmp_path / "blobs")
            return ServerProcess.begun(folder, database_url=cluster.url, blobs_url=blobs, lock_wait_s=120.0)

        with begun("first") as first:
            fill(first.serving().client, images)
            second = begun("second")
            people = [Annotator(first.address, f"ann{place}") for place in range(4)]
            with ThreadPoolExecutor(len(people)) as threads:
                ends = [threads.submit(person.work) for person in people]
                for _ in range(2):
                    time.sleep(0.7)
                    cluster.stop()
                    time.sleep(0.3)
                    cluster.start()
                for end in ends:
                    end.result(120)
            assert [person.refusals for person in people] == [[]] * 4
            acknowledged = [image_id for person in people for image_id in person.acknowledged]
            assert len(acknowledged) == len(set(acknowledged)) == images
            assert labeled(first.client) == sorted(acknowledged)
            assert first.client.get_campaign(project_id="p", campaign_id="c").labeled_images == images
            assert second.process.poll() is None
            first.end()
        with second.serving():
            assert labeled(second.client) == sorted(acknowledged)
            assert label_one(second.client, "late") is None


@pytest.mark.slow
def test_a_server_whose_database_another_one_took_stops_and_says_so(tmp_path):
    with postgres() as cluster, ServerProcess(tmp_path, stderr=subprocess.PIPE, database_url=cluster.url) as server:
        fill(server.client, 1)
        server.process.send_signal(signal.SIGSTOP)
        cluster.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        with cluster.holding_the_lock():
            server.process.send_signal(signal.SIGCONT)
            said = server.refusal()
        assert said == "maskloop: another server took the database postgres at 127.0.0.1; this one stops"


@pytest.mark.slow
def test_labels_are_not_acknowledged_into_a_database_that_was_removed(tmp_path):
    with ServerProcess(tmp_path, stderr=subprocess.PIPE) as server:
        fill(server.client, 5)
        kept = [label_one(server.client, "ann")]
        for name in ("maskloop.db", "maskloop.db-wal", "maskloop.db-shm"):
            (tmp_path / name).rename(tmp_path / f"kept-{name}")
        with Client(server.address, retry=Retry(patience_s=0.0)) as client, pytest.raises(Unavailable):
            label_one(client, "bob")
        assert server.refusal().startswith(
            f"maskloop: the database {tmp_path}/maskloop.db, or a file beside it, was removed or"
        )
    assert ServerProcess.begun(tmp_path, stderr=subprocess.PIPE).refusal() == (
        f"maskloop: the database {tmp_path}/maskloop.db is missing or empty, but the data folder holds images or "
        "models; put the database back, or begin an empty one with --new-database"
    )
    for name in ("maskloop.db", "maskloop.db-wal", "maskloop.db-shm"):
        (tmp_path / f"kept-{name}").rename(tmp_path / name)
    with ServerProcess(tmp_path) as server:
        assert labeled(server.client) == kept
        server.end()
    (tmp_path / "maskloop.db").unlink()
    with ServerProcess(tmp_path, "--new-database") as server:
        assert list(server.client.list_projects()) == []


def test_a_store_that_contradicts_the_server_s_memory_is_aborted_and_then_looked_at_anew(tmp_path):
    """As a second server on the same database would leave it, which took the image that comes next."""
    with ServerProcess(tmp_path) as server:
        fill(server.client, 6)
        mine = server.client.select_batch(project_id="p", campaign_id="c", annotator="ann", kind=FULL, images=1)
        with sqlite3.connect(tmp_path / "maskloop.db") as other:
            (batch,) = other.execute("SELECT * FROM batches").fetchall()
            columns = [row[1] for row in other.execute("PRAGMA table_info(batches)")]
            row = {**dict(zip(columns, batch, strict=True)), "id": "stolen", "annotator": "thief"}
            other.execute(f"INSERT INTO batches VALUES ({', '.join('?' * len(row))})", list(row.values()))
            other.execute(
                "INSERT INTO picks SELECT 'stolen', row_number() OVER (), project_id, id, '', NULL, 1000, 'open', ''"
                " FROM images WHERE id != ? ORDER BY id LIMIT 4",
                [mine.picks[0].image_id],
            )
        other.close()
        taken = server.client.select_batch(project_id="p", campaign_id="c", annotator="bob", kind=FULL, images=6)
        assert len(taken.picks) == 1
        with Client(server.address, retry=Retry(patience_s=0.0)) as client:
            last = client.select_batch(project_id="p", campaign_id="c", annotator="eve", kind=FULL, images=6)
        assert last.exhausted


@pytest.mark.slow
def test_what_waits_for_a_hung_process_to_begin_is_told_so_and_can_be_cancelled(tmp_path):
    with ServerProcess(tmp_path) as server:
        client = server.client
        client.create_project(project_id="p", categories=[Category(1, "square")])
        client.import_images(project_id="p", images=imports(3, 0, 0))
        first = pid = server.device_pid()
        os.kill(first, signal.SIGKILL)
        hung = client.train_model(project_id="p", recipe="compact", overrides=TINY)
        while pid == first:
            pid = server.device_pid()
        os.kill(pid, signal.SIGSTOP)
        until = time.monotonic() + 60
        while "waiting for the device's process to begin" not in client.get_operation(operation_id=hung.id).message:
            assert time.monotonic() < until
        client.cancel_operation(operation_id=hung.id)
        with pytest.raises(Cancelled):
            client.wait_operation(hung, timeout_s=30)
        after = client.train_model(project_id="p", recipe="compact", overrides=TINY)
        os.kill(pid, signal.SIGCONT)
        client.wait_operation(after, timeout_s=300)
        assert server.device_pid() == pid


@pytest.mark.slow
def test_long_work_waits_for_a_database_that_is_away(tmp_path):
    with postgres() as cluster, ServerProcess(tmp_path, database_url=cluster.url) as server:
        client = server.client
        client.create_project(project_id="p", categories=[Category(1, "square")])
        client.import_images(project_id="p", images=imports(3, 0, 0))
        training = client.train_model(project_id="p", recipe="compact", overrides={**TINY, "iterations": 60})
        until = time.monotonic() + 120
        while not list((tmp_path / "work").glob("*/training")):
            assert time.monotonic() < until
            time.sleep(0.01)
        cluster.stop()
        while not list((tmp_path / "work").glob("*/outcome.json")):
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(2.0)
        cluster.start()
        model = client.wait_operation(training, timeout_s=120).result
        assert isinstance(model, ModelVersion)
        assert client.get_model(project_id="p", model_version=model.id) == model
