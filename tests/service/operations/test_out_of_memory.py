"""Work that is too large for the memory: said as such, tried once more at most, and the process goes on."""

import os
import signal
import sys
from pathlib import Path

import pytest

from maskloop.errors import OutOfMemory
from service.device.messages import DeviceSettings
from service.operations.limits import Kernel
from service.operations.worker import Worker
from tests.service.operations.jobs import Jobs

pytestmark = pytest.mark.slow

HUGE = {"hidden": 512, "min_hidden": 512}
"""A network of more than a gigabyte."""


@pytest.fixture
def jobs(tmp_path) -> Jobs:
    return Jobs(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="limits are set on Linux alone")
def test_what_does_not_fit_into_the_limit_is_told_and_the_next_job_is_done(jobs):
    worker = Worker(DeviceSettings("cpu", 1, jobs.blobs_url, jobs.folder / "networks", 0, memory_bytes=500 << 20))
    told: list[str] = []
    with pytest.raises(OutOfMemory, match=r"a smaller batch \(8\), image_size \(32\) or train_steps \(4\) may fit$"):
        worker.run(jobs.training("huge", **HUGE), lambda share, message, seconds: told.append(message))
    pid = worker.pid
    assert "begun" in told
    worker.run(jobs.training("small"), lambda *_: None)
    assert worker.pid == pid
    worker.close()


def test_a_process_that_the_kernel_ends_for_want_of_memory_is_begun_once_more_and_not_five_times(jobs, tmp_path):
    (tmp_path / "proc").mkdir()
    counter, deaths = tmp_path / "proc" / "vmstat", []
    counter.write_text("oom_kill 0\n")
    settings = DeviceSettings("cpu", 1, jobs.blobs_url, jobs.folder / "networks", 0)
    worker = Worker(settings, kernel=Kernel(tmp_path / "proc", tmp_path))

    def end(*_: object) -> None:
        if worker.pid is None:  # it has not begun
            return
        deaths.append(worker.pid)
        counter.write_text(f"oom_kill {len(deaths)}\n")
        os.kill(worker.pid, signal.SIGKILL)

    folder: Path = jobs.training("ended")
    with pytest.raises(OutOfMemory, match=r"when the kernel ended it; a smaller batch \(8\), "):
        worker.run(folder, end)
    assert len(set(deaths)) == 2
    worker.close()
