"""Processes that hang, really: they are killed, the work is tried again, and who waits for it is told."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import Cancelled, DeadlineExceeded, Unavailable
from service.artifacts.names import CHECKPOINT
from service.device.job_files import write_outcome
from service.device.messages import AskMasks, DeviceSettings
from service.operations.prompter import Prompter
from service.operations.vigil import DEFAULT, MOST_BETWEEN_LOOKS_S, HungError, Patience, Vigil, seconds_worked
from service.operations.worker import Worker
from tests.service.operations.jobs import Jobs
from tests.service.processes import is_alive, is_gone

SOON = Patience(still_s=4.0, look_every_s=0.1, hangs_in_a_row=2)
WITHIN_S = 120.0


@pytest.fixture(scope="module")
def jobs(tmp_path_factory) -> Jobs:
    return Jobs(tmp_path_factory.mktemp("jobs"))


@pytest.fixture(scope="module")
def trained(jobs) -> Path:
    """The folder of a training that nobody disturbed."""
    worker = jobs.worker()
    folder = jobs.training("undisturbed")
    worker.run(folder, lambda *_: None)
    worker.close()
    return folder


@pytest.fixture
def done(tmp_path) -> Path:
    """The folder of a job that is done, which a process sees as soon as it has begun."""
    write_outcome(tmp_path / "done", {})
    return tmp_path / "done"


@pytest.fixture
def worker(jobs) -> Iterator[Callable[..., Worker]]:
    made: list[Worker] = []

    def make(patience: Patience = DEFAULT) -> Worker:
        made.append(jobs.worker(patience=patience))
        return made[-1]

    yield make
    for each in made:
        each.close()


@contextmanager
def stopping_processes(pid: Callable[[], int | None], most: int = 1000) -> Iterator[list[int]]:
    """Have the kernel stop each process as soon as it is there, up to so many."""
    stopped: list[int] = []
    over = threading.Event()

    def stop() -> None:
        while not over.wait(0.005) and len(stopped) < most:
            now = pid()
            if now is not None and now not in stopped:
                os.kill(now, signal.SIGSTOP)
                stopped.append(now)

    thread = threading.Thread(target=stop)
    thread.start()
    yield stopped
    over.set()
    thread.join()


@pytest.mark.slow
def test_a_process_that_hangs_as_it_begins_is_replaced_and_that_is_told(worker, done):
    told: list[str] = []
    made = worker(SOON)
    with stopping_processes(lambda: made.pid, most=1) as stopped:
        made.run(done, lambda share, message, seconds: told.append(message))
    assert is_gone(stopped[0])
    assert told[0] == "waiting for the device's process to begin"
    assert told[1] == f"{told[0]} (begun again: the device's process did nothing for 4 s and was killed)"


@pytest.mark.slow
def test_processes_that_hang_again_and_again_end_the_job_with_words_and_the_next_job_gets_another(worker, done):
    made = worker(SOON)
    words = "^the device's process did nothing for 4 s and was killed, 2 times in a row without getting further$"
    with stopping_processes(lambda: made.pid) as stopped, pytest.raises(DeadlineExceeded, match=words):
        made.run(done, lambda *_: None)
    assert len(stopped) == 2
    assert all(map(is_gone, stopped))
    made.run(done, lambda *_: None)


@pytest.mark.slow
def test_a_job_is_cancelled_while_its_process_begins_which_the_next_job_then_takes(worker, done, tmp_path):
    made, ends = worker(), []

    def follow() -> None:
        try:
            made.run(tmp_path / "waiting", lambda *_: None)
        except Cancelled as error:
            ends.append(error)

    with stopping_processes(lambda: made.pid, most=1) as stopped:
        waiting = threading.Thread(target=follow)
        waiting.start()
        until = time.monotonic() + WITHIN_S
        while not stopped:
            assert time.monotonic() < until
            time.sleep(0.01)
        made.stop(tmp_path / "waiting")
        waiting.join(WITHIN_S)
    assert len(ends) == 1
    assert is_alive(stopped[0])
    os.kill(stopped[0], signal.SIGCONT)
    made.run(done, lambda *_: None)
    assert made.pid == stopped[0]


@pytest.mark.slow
def test_a_process_that_hangs_at_work_is_replaced_and_the_training_ends_bit_for_bit_the_same(jobs, worker, trained):
    made = worker(SOON)
    hung: list[int] = []
    told: list[str] = []

    def hang(share: float, message: str, seconds: float) -> None:
        told.append(message)
        if share > 0.6 and not hung:
            hung.append(made.pid)
            os.kill(made.pid, signal.SIGSTOP)

    folder = jobs.training("hung")
    made.run(folder, hang)
    assert is_gone(hung[0])
    assert (folder / CHECKPOINT).read_bytes() == (trained / CHECKPOINT).read_bytes()
    assert told[-2].endswith(" (begun again: the device's process did nothing for 4 s and was killed)")


@pytest.mark.slow
def test_a_pipe_in_the_place_of_an_image_ends_the_job_with_words(jobs, worker):
    folder = jobs.training("waits for a pipe")
    content = Path(jobs.blobs_url) / jobs.images[0].sha256[:2] / jobs.images[0].sha256
    kept = content.rename(content.with_name("kept"))
    os.mkfifo(content)
    try:
        with pytest.raises(DeadlineExceeded, match="did nothing for 4 s and was killed, 2 times in a row"):
            worker(SOON).run(folder, lambda *_: None)
    finally:
        kept.replace(content)


@pytest.mark.slow
def test_a_process_that_does_not_let_go_of_a_stopped_job_is_killed(jobs, worker):
    made = worker(Patience(stop_s=0.2, look_every_s=0.1))
    stopped: list[int] = []
    folder = jobs.training("stuck", iterations=2000)

    def freeze(share: float, message: str, seconds: float) -> None:
        if share > 0 and not stopped:
            stopped.append(made.pid)
            os.kill(made.pid, signal.SIGSTOP)
            made.stop(folder)

    with pytest.raises(Cancelled):
        made.run(folder, freeze)
    assert is_gone(stopped[0])


@pytest.mark.slow
def test_a_process_for_prompts_that_hangs_is_told_to_its_caller_and_replaced(jobs, tmp_path):
    settings = DeviceSettings("cpu", 1, jobs.blobs_url, tmp_path / "networks", 0)
    prompter = Prompter(settings, Patience(still_s=4.0, look_every_s=0.1))
    asked = AskMasks(tmp_path / "no checkpoint", jobs.images[0], (8, 8), ())
    words = "did nothing for 4 s and was killed; the next call begins another"
    with stopping_processes(lambda: prompter.pid, most=1) as stopped, pytest.raises(Unavailable, match=words):
        prompter.propose(asked, WITHIN_S)
    assert is_gone(stopped[0])
    with pytest.raises(Exception) as raised:  # noqa: PT011 - it answers that there is no such file
        prompter.propose(asked, WITHIN_S)
    assert not isinstance(raised.value, Unavailable | DeadlineExceeded)
    prompter.close()


class Process:
    """A process as a vigil sees it, and its clock."""

    def __init__(self) -> None:
        self.now_s = self.work_s = 0.0

    def vigil(self, still_s: float, silent_s: float) -> Vigil:
        return Vigil(1, still_s=still_s, silent_s=silent_s, clock=lambda: self.now_s, worked=lambda pid: self.work_s)

    def pass_by(self, seconds: float, share: float = 0.0) -> None:
        self.now_s += seconds
        self.work_s += seconds * share


STEPS = st.lists(st.floats(0.01, MOST_BETWEEN_LOOKS_S), max_size=60)


@given(STEPS)
def test_a_silent_process_hangs_once_it_stood_still_for_so_long_and_never_before(steps):
    process = Process()
    vigil = process.vigil(still_s=60.0, silent_s=1e9)
    for step in steps:
        process.pass_by(step)
        if process.now_s > 60.0:
            with pytest.raises(HungError, match="did nothing for 60 s"):
                vigil.look()
            return
        vigil.look()


@given(STEPS)
def test_a_process_that_works_a_little_is_left_alone_until_it_is_silent_for_too_long(steps):
    process = Process()
    vigil = process.vigil(still_s=60.0, silent_s=120.0)
    for step in steps:
        process.pass_by(step, share=0.01)
        if process.now_s > 120.0:
            with pytest.raises(HungError, match="said nothing for 120 s"):
                vigil.look()
            return
        vigil.look()


def test_nobody_is_blamed_for_the_time_in_which_this_process_itself_stood_still():
    process = Process()
    vigil = process.vigil(still_s=60.0, silent_s=120.0)
    for _ in range(11):
        process.pass_by(3600.0)
        vigil.look()


def test_where_nobody_knows_what_a_process_works_only_its_silence_counts():
    now = [0.0]
    vigil = Vigil(1, still_s=1.0, silent_s=10.0, clock=lambda: now[0], worked=lambda pid: None)
    for second in range(10):
        now[0] = second
        vigil.look()
    now[0] = 11.0
    with pytest.raises(HungError, match="said nothing"):
        vigil.look()


def test_work_is_counted_as_the_kernel_does():
    before = seconds_worked(os.getpid())
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert before is not None
    assert (seconds_worked(os.getpid()) or 0.0) >= before + 0.05


@pytest.mark.parametrize("wrong", [{"still_s": 0.0}, {"hangs_in_a_row": 0}, {"start_s": float("nan")}])
def test_patience_is_above_0(wrong):
    with pytest.raises(ValueError, match="not above 0"):
        Patience(**wrong)
