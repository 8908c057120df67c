"""What long work may take: time, a queue, and memory."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import DeadlineExceeded, OutOfMemory, QueueFull
from maskloop.values import Category, Operation, OperationKind, OperationState
from models.annotation.recipe import resolve
from service.device.job_files import ScoreJob, TrainJob, out_of_memory, write_job
from service.operations import limits
from service.operations.limits import GIB, Kernel, MemoryDeaths, QueueLimits, check_deadline

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Told:
    """A kernel that tells what a test writes."""

    def __init__(self, folder: Path) -> None:
        self.kernel = Kernel(folder / "proc", folder / "groups")
        (folder / "proc" / "self").mkdir(parents=True)
        (folder / "groups" / "memory").mkdir(parents=True)
        self.folder = folder
        self.say("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:  12 kB\n")
        self.say("proc/vmstat", "pgfault 12\noom_kill 0\n")

    def say(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    write_job(tmp_path / "job", TrainJob(resolve("compact", batch=64).to_dict(), 3, (Category(1, "square"),), ()))
    return tmp_path / "job"


def waiting(*projects: str) -> list[Operation]:
    return [
        Operation(str(place), project, OperationKind.TRAIN, OperationState.PENDING, created_at=NOW, updated_at=NOW)
        for place, project in enumerate(projects)
    ]


@given(st.lists(st.sampled_from("abc"), max_size=8), st.sampled_from("abc"))
def test_a_queue_is_full_at_its_limit_and_at_a_projects_share(projects, asks):
    queue = QueueLimits(in_all=5, of_project=3)
    if len(projects) < 5 and projects.count(asks) < 3:
        queue.check(waiting(*projects), asks)
        return
    with pytest.raises(QueueFull) as refused:
        queue.check(waiting(*projects), asks)
    assert refused.value.retry_after_s
    assert ("of project" in refused.value.message) == (len(projects) < 5)


def test_an_operation_has_so_many_seconds_on_the_device():
    check_deadline(10.0, 10.0)
    with pytest.raises(DeadlineExceeded, match=r"spent 11 s on this operation; operation_deadline_s is 10$"):
        check_deadline(10.6, 10.0)


def test_the_kernel_of_this_machine_tells_what_a_process_held():
    if sys.platform != "linux":
        pytest.skip("only Linux tells it")
    kernel = Kernel()
    taker = subprocess.Popen([sys.executable, "-c", "held = b'x' * (64 << 20); import time; time.sleep(60)"])
    try:
        until = time.monotonic() + 30
        while kernel.held(taker.pid) < 64 << 20:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert kernel.held(taker.pid) < 1 << 30
    finally:
        taker.kill()
        taker.wait()
    assert kernel.held(taker.pid) == 0
    assert kernel.memory() > 128 << 20
    assert kernel.kills() >= 0


def test_memory_is_the_least_of_machine_and_groups(told):
    assert told.kernel.memory() == 16 * GIB
    told.say("groups/memory/memory.limit_in_bytes", "9223372036854771712\n")
    assert told.kernel.memory() == 16 * GIB
    told.say("groups/memory/memory.limit_in_bytes", f"{4 * GIB}\n")
    assert told.kernel.memory() == 4 * GIB
    told.say("proc/self/cgroup", "12:memory:/elsewhere\n0::/house/server\n")
    told.say("groups/house/server/memory.max", f"{2 * GIB}\n")
    told.say("groups/house/server/memory.events", "low 0\noom 3\noom_kill 2\n")
    assert told.kernel.memory() == 2 * GIB
    told.say("proc/vmstat", "oom_kill 5\n")
    assert told.kernel.kills() == 7
    told.say("groups/house/server/memory.max", "max\n")
    assert told.kernel.memory() == 16 * GIB
    assert Kernel(told.folder / "nowhere", told.folder / "nowhere").memory() == 0


def test_a_second_death_that_the_kernel_counted_is_told_as_want_of_memory(told, job):
    deaths = MemoryDeaths(told.kernel)
    for kills in (1, 2):
        deaths.watch(1)
        told.say("proc/vmstat", f"oom_kill {kills}\n")
        if kills == 1:
            deaths.judge(job, -signal.SIGKILL)
    with pytest.raises(OutOfMemory, match=r"the process held .* GiB .*; a smaller batch \(64\), image_size \(64\) or "):
        deaths.judge(job, -signal.SIGKILL)


@pytest.mark.parametrize(("status", "kills"), [(-signal.SIGKILL, 0), (-signal.SIGSEGV, 1), (1, 1), (None, 1)])
def test_other_deaths_are_not(told, job, status, kills):
    deaths = MemoryDeaths(told.kernel)
    for _ in range(5):
        deaths.watch(1)
        told.say("proc/vmstat", f"oom_kill {kills}\n")
        deaths.judge(job, status)
        told.say("proc/vmstat", "oom_kill 0\n")


def test_each_job_has_its_own_deaths(told, job, tmp_path):
    deaths, other = MemoryDeaths(told.kernel), tmp_path / "other"
    write_job(other, ScoreJob(Path("model"), ()))

    def die(folder: Path) -> None:
        told.say("proc/vmstat", "oom_kill 0\n")
        deaths.watch(1)
        told.say("proc/vmstat", "oom_kill 1\n")
        deaths.judge(folder, -signal.SIGKILL)

    die(job)
    die(other)
    deaths.forget(job)
    die(job)
    with pytest.raises(OutOfMemory, match="a smaller recipe may fit"):
        die(other)


def test_a_process_that_held_most_of_the_machine_died_for_want_of_memory(told, job, monkeypatch):
    monkeypatch.setattr(limits, "LOOK_EVERY_S", 0.01)
    deaths = MemoryDeaths(told.kernel)

    def die() -> None:
        told.say("proc/7/status", f"VmPeak: 1 kB\nVmHWM:  {14 * GIB // 1024} kB\n")
        deaths.watch(7)
        time.sleep(0.3)
        os.unlink(told.folder / "proc/7/status")
        deaths.judge(job, -signal.SIGKILL)

    die()
    with pytest.raises(OutOfMemory, match=r"held 14\.0 GiB"):
        die()


def test_what_would_make_a_job_smaller_is_named_with_its_value():
    assert (
        "a smaller batch (8), image_size (64) or train_steps (4) may fit"
        in out_of_memory(TrainJob(resolve("compact").to_dict(), 0, (), ())).message
    )
    assert out_of_memory(None).message.endswith("a smaller recipe may fit")
