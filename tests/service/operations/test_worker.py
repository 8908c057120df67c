"""The device's process: does jobs in order, is replaced when it dies, and never outlives the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from maskloop.errors import Cancelled, InternalError, InvalidConfig, InvalidLabel
from models.annotation.model import FittedModel
from service.artifacts.names import CHECKPOINT, SCORES
from service.artifacts.score_table import UNCERTAINTY, read_columns
from service.operations import worker as worker_module
from service.operations.workflows import Stopping
from tests.service.operations.jobs import Jobs
from tests.service.processes import is_alive, is_gone

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def jobs(tmp_path_factory) -> Jobs:
    return Jobs(tmp_path_factory.mktemp("jobs"))


@pytest.fixture(scope="module")
def worker(jobs):
    made = jobs.worker()
    yield made
    made.close()


@pytest.fixture(scope="module")
def trained(jobs, worker) -> Path:
    """The folder of a training that nobody disturbed."""
    folder = jobs.training("undisturbed")
    worker.run(folder, lambda *_: None)
    return folder


def test_a_training_leaves_a_model_that_can_be_read(trained):
    model = FittedModel.load(trained / CHECKPOINT, device=_cpu())
    assert (model.seed, model.categories, len(model.snapshot)) == (3, (1,), 10)


def _cpu():
    import torch

    return torch.device("cpu")


def test_a_scoring_scores_every_image(jobs, worker, trained):
    reports = []
    folder = jobs.scoring("score", trained / CHECKPOINT)
    worker.run(folder, lambda *report: reports.append(report))
    columns = read_columns(folder / SCORES, ["image_id", "score", "features", *UNCERTAINTY])
    assert sorted(columns["image_id"].tolist()) == [item.image_id.encode() for item in jobs.images]
    assert ((columns["score"] >= 0) & (columns["score"] <= 1)).all()
    assert columns["features"].shape == (len(jobs.images), 256)
    assert all(((columns[name] >= 0) & (columns[name] <= 1)).all() for name in UNCERTAINTY)
    shares, _, seconds = zip(*reports, strict=True)
    assert list(shares) == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert list(seconds) == sorted(seconds)


@pytest.mark.slow
def test_another_process_takes_the_network_of_a_training_that_learnt_from_the_same(jobs, trained):
    told = []
    for name in ("first of two", "second of two"):
        worker = jobs.worker(networks_bytes=64 << 20)
        worker.run(jobs.training(name), lambda share, message, seconds: told.append(message))
        worker.close()
        assert (jobs.folder / name / CHECKPOINT).read_bytes() == (trained / CHECKPOINT).read_bytes()
    iterations = [message for message in told if "iteration" in message]
    assert len(iterations) == len(set(iterations))


def test_a_job_that_is_done_is_not_done_again(worker, trained):
    before = (trained / CHECKPOINT).stat().st_mtime_ns
    worker.run(trained, lambda *_: None)
    assert (trained / CHECKPOINT).stat().st_mtime_ns == before


def test_a_killed_process_is_replaced_and_the_training_ends_bit_for_bit_the_same(jobs, worker, trained):
    killed: list[int] = []

    def kill(share: float, message: str, seconds: float) -> None:
        if share > 0.6 and not killed:
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    folder = jobs.training("killed")
    worker.run(folder, kill)
    assert killed != [worker.pid]
    assert (folder / CHECKPOINT).read_bytes() == (trained / CHECKPOINT).read_bytes()


def test_the_models_error_arrives_as_what_it_is(jobs, worker):
    with pytest.raises(InvalidLabel, match="category 1 is not in the vocabulary"):
        worker.run(jobs.training("wrong", category_id=2), lambda *_: None)


def test_a_fault_in_a_job_tells_an_incident_only_and_the_process_lives_on(jobs, worker, trained):
    folder = jobs.training("broken")
    (folder / "job.json").write_text("{}")
    pid = worker.pid
    with pytest.raises(InternalError, match=r"a fault of the server's; incident [0-9a-f]{32}$"):
        worker.run(folder, lambda *_: None)
    assert worker.pid == pid


def test_stopping_ends_the_running_job_and_the_waiting_one(jobs, worker, trained):
    running = jobs.training("running", iterations=2000)
    waiting = jobs.training("waiting")
    begun, ends = threading.Event(), {}

    def follow(folder: Path) -> None:
        try:
            worker.run(folder, lambda share, *_: begun.set())
        except Cancelled as error:
            ends[folder] = error

    threads = [threading.Thread(target=follow, args=[running])]
    threads[0].start()
    assert begun.wait(60)
    threads.append(threading.Thread(target=follow, args=[waiting]))
    threads[1].start()
    for folder in (waiting, running):
        worker.stop(folder)
    for thread in threads:
        thread.join(60)
    assert ends.keys() == {running, waiting}


@pytest.mark.slow
def test_a_device_that_torch_does_not_know_is_named(jobs):
    worker = jobs.worker(device="abacus")
    with pytest.raises(InvalidConfig, match="device 'abacus' is none of"):
        worker.run(jobs.training("nowhere"), lambda *_: None)
    worker.close()


@pytest.mark.slow
def test_closing_ends_the_process_and_leaves_the_job_for_another_day(jobs, trained):
    worker = jobs.worker()
    folder, begun, ends = jobs.training("interrupted"), threading.Event(), []

    def begin(share: float, *_: object) -> None:
        if share > 0.3:
            begun.set()

    def follow() -> None:
        try:
            worker.run(folder, begin)
        except Stopping as stopping:
            ends.append(stopping)

    thread = threading.Thread(target=follow)
    thread.start()
    assert begun.wait(60)
    pid = worker.pid
    worker.close()
    thread.join(30)
    assert len(ends) == 1
    assert not is_alive(pid)
    another = jobs.worker()
    another.run(folder, lambda *_: None)
    another.close()
    assert (folder / CHECKPOINT).read_bytes() == (trained / CHECKPOINT).read_bytes()


@pytest.mark.slow
def test_a_process_that_dies_again_and_again_is_given_up(jobs, monkeypatch):
    monkeypatch.setattr(worker_module, "DEATHS_IN_A_ROW", 2)
    worker = jobs.worker()
    with pytest.raises(InternalError, match="died 2 times in a row without getting further"):
        worker.run(jobs.training("hopeless"), lambda *_: os.kill(worker.pid, signal.SIGKILL))
    worker.close()


OWNER = """
import sys, time
from pathlib import Path
from service.device.messages import DeviceSettings
from service.operations.vigil import Patience
from service.operations.worker import Worker
if __name__ == "__main__":
    worker = Worker(DeviceSettings("cpu", 1, sys.argv[1], Path(sys.argv[1]), 0))
    worker.warm()
    while worker.pid is None:
        time.sleep(0.01)
    print(worker.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("head_start_s", [0.0, 0.5, 3.0])
def test_no_process_outlives_an_owner_that_was_killed(jobs, tmp_path, head_start_s):
    (tmp_path / "owner.py").write_text(OWNER)
    root = str(Path(__file__).parents[3])
    owner = subprocess.Popen(
        [sys.executable, str(tmp_path / "owner.py"), jobs.blobs_url],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
        cwd=root,
    )
    pid = int(owner.stdout.readline())
    time.sleep(head_start_s)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert is_gone(pid)
