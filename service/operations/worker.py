"""The server's side of the device: one child process, jobs queued before it, restarted when it dies."""

from __future__ import annotations

import logging
import math
import subprocess
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from maskloop.errors import Cancelled, DeadlineExceeded, InternalError
from service.device.messages import DeviceSettings, DoJob, Ended, Ready, Report, StopJob
from service.operations.child import DeviceDiedError, dying, end, hear, start, tell_where
from service.operations.limits import Kernel, MemoryDeaths
from service.operations.turns import Turns
from service.operations.vigil import DEFAULT, HungError, Patience, Vigil
from service.operations.workflows import Stopping

DEATHS_IN_A_ROW = 5
ALWAYS_THERE = ("auto", "cpu")
NOBODY = ""  # whose work is of no project
STOPPED = "the operation was cancelled"
logger = logging.getLogger(__name__)

# Told the share done in [0, 1], a message for people, and the seconds the device has spent on the job so far.
OnReport = Callable[[float, str, float], None]


class Worker:
    """Does jobs one at a time, in a process of their own; projects take turns, see `service.operations.turns`.

    A job whose process dies or hangs is given to a new one, which goes on from the job's folder, until that happened
    `DEATHS_IN_A_ROW` or `Patience.hangs_in_a_row` times without getting any further. The process ends with this one,
    however that ends.

    Args:
        settings: how jobs are done.
        patience: when a process is taken for hung.
        kernel: tells of memory.
    """

    def __init__(self, settings: DeviceSettings, patience: Patience = DEFAULT, kernel: Kernel | None = None) -> None:
        self._settings = settings
        self._patience = patience
        # One thread, which lives as long as this object: Linux's parent-death signal counts threads as parents.
        self._queue = Turns("device")
        self._memory = MemoryDeaths(kernel)
        self._changing = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._starting: tuple[Connection, Vigil] | None = None
        self._stopped: dict[Path, float] = {}
        self._closing = False

    @property
    def pid(self) -> int | None:
        """Process id of the device's process, `None` while there is none."""
        return None if self._process is None else self._process.pid

    def warm(self) -> None:
        """Start the process now, so that the first job need not wait for torch.

        Waits where the device is one that may not be there: nobody shall label for hours to hear so.

        Raises:
            InvalidConfig: torch cannot use the device.
            InternalError: the process died.
        """
        started = self._queue.submit(NOBODY, self._warm)
        if self._settings.device not in ALWAYS_THERE:
            started.result()

    def run(self, folder: Path, on_report: OnReport, project_id: str = NOBODY) -> None:
        """Do the job of a folder; returns when its outcome is there.

        Args:
            folder: of the job.
            on_report: is told how it goes; what it raises ends the job, and its process.
            project_id: whose turn it takes.

        Raises:
            Cancelled: `stop` was called for it.
            MaskloopError: the job failed.
            InternalError: its process died again and again.
            DeadlineExceeded: its process hung again and again.
            OutOfMemory: the kernel ended its process twice for want of memory.
            Stopping: the server stops; the job goes on another day.
        """
        try:
            future = self._queue.submit(project_id, self._serve, folder, on_report)
        except RuntimeError as error:  # the queue is closed
            raise Stopping from error
        try:
            future.result()
        finally:
            self._stopped.pop(folder, None)
            self._memory.forget(folder)

    def stop(self, folder: Path) -> None:
        """Have the job of a folder end as cancelled, whether it waits or is being done.

        A process that does not let go of it within `Patience.stop_s` is killed.
        """
        self._stopped[folder] = time.monotonic()
        with self._changing:
            if self._pipe is not None:
                try:
                    self._pipe.send(StopJob(folder))
                except OSError:
                    logger.info("the device's process was gone when a job was stopped")

    def close(self) -> None:
        """End the process; jobs that wait or run raise `Stopping`."""
        self._closing = True
        with self._changing:
            if self._process is not None:
                self._process.kill()
        self._queue.close()

    def _warm(self) -> None:
        try:
            self._connected(self._check_open)
        except DeviceDiedError as death:
            became = _became(death, self._end(death))
            raise InternalError(f"the device's process {became} as it began") from death

    def _serve(self, folder: Path, on_report: OnReport) -> None:
        spent_s, furthest, deaths, why = 0.0, -1.0, 0, ""
        while True:
            self._check(folder)
            attempt = _Attempt(on_report, spent_s, why)
            try:
                if self._pipe is None:
                    attempt.tell(max(furthest, 0.0), "waiting for the device's process to begin")
                pipe = self._connected(lambda: self._check(folder))
                ended = self._follow(attempt, pipe, folder)
            except DeviceDiedError as death:
                spent_s = attempt.seconds
                deaths = 1 if attempt.share > furthest else deaths + 1
                furthest = max(furthest, attempt.share)
                why = self._replace(folder, deaths, death)
            else:
                if ended.error is not None:
                    raise ended.error
                return

    def _follow(self, attempt: _Attempt, pipe: Connection, folder: Path) -> Ended:
        def look() -> None:
            if self._is_stuck(folder):
                raise Cancelled(STOPPED)
            vigil.look()

        try:
            with dying():
                pipe.send(DoJob(folder))
            while True:
                vigil = self._vigil(self._patience.silent_s)
                ended = attempt.heard(hear(pipe, look, self._patience.look_every_s))
                if ended is not None:
                    return ended
        except DeviceDiedError:
            raise
        except BaseException:
            self._bury()  # nobody follows the job any more
            raise

    def _is_stuck(self, folder: Path) -> bool:
        return time.monotonic() - self._stopped.get(folder, math.inf) > self._patience.stop_s

    def _check_open(self) -> None:
        if self._closing:
            raise Stopping

    def _check(self, folder: Path) -> None:
        self._check_open()
        if folder in self._stopped:
            raise Cancelled(STOPPED)

    def _connected(self, check: Callable[[], None]) -> Connection:
        """The pipe to a process that takes jobs; one that still begins when `check` raises goes on beginning.

        Raises:
            DeviceDiedError: a new process died or hung before it took any.
            InvalidConfig: torch cannot use the device.
        """
        if self._pipe is not None:
            return self._pipe
        pipe, vigil = self._starting = self._starting or self._begin()

        def look() -> None:
            check()
            vigil.look()

        ready: Ready = hear(pipe, look, self._patience.look_every_s)
        if ready.error is not None:
            self._bury()
            raise ready.error
        with self._changing:
            self._pipe, self._starting = pipe, None
        return pipe

    def _begin(self) -> tuple[Connection, Vigil]:
        with self._changing:
            self._check_open()
            self._process, pipe = start("service.device.process")
            self._memory.watch(self._process.pid)
        with dying():
            pipe.send(self._settings)
        return pipe, self._vigil(self._patience.start_s)

    def _vigil(self, silent_s: float) -> Vigil:
        process = self._process
        return Vigil(process.pid if process else 0, still_s=self._patience.still_s, silent_s=silent_s)

    def _replace(self, folder: Path, deaths: int, death: DeviceDiedError) -> str:
        """Clear the way for a new process. Returns what became of the old one, in words that follow its name."""
        status = self._end(death)
        why = _became(death, status)
        if self._closing:
            raise Stopping from death
        logger.warning("the device's process %s at the job of %s", why, folder)
        if isinstance(death, HungError):
            if deaths >= self._patience.hangs_in_a_row:
                raise DeadlineExceeded(
                    f"the device's process {why}, {deaths} times in a row without getting further"
                ) from death
        else:
            self._memory.judge(folder, status)
        if deaths >= DEATHS_IN_A_ROW:
            raise InternalError(
                f"the device's process died {deaths} times in a row without getting further (it {why})"
            ) from death
        return why

    def _end(self, death: DeviceDiedError) -> int | None:
        """Bury a process that died or hung, and have one that hung say where. Returns its exit status."""
        process = self._process
        if isinstance(death, HungError) and process is not None and not self._closing:
            tell_where(process)
        return self._bury()

    def _bury(self) -> int | None:
        """Make sure that the process is gone. Returns its exit status."""
        with self._changing:
            process, self._process, self._pipe, self._starting = self._process, None, None, None
        return None if process is None else end(process)


def _became(death: DeviceDiedError, status: int | None) -> str:
    return str(death) or f"ended with status {status}"


class _Attempt:
    """One process's work on a job: how far it came and how long it took, all attempts together.

    Args:
        on_report: told of both.
        spent_s: seconds of the attempts before.
        why: what became of the process before, "" where there was none.
    """

    def __init__(self, on_report: OnReport, spent_s: float, why: str) -> None:
        self._on_report = on_report
        self._spent_s = spent_s
        self._again = f" (begun again: the device's process {why})" if why else ""
        self.share = 0.0
        self.seconds = spent_s

    def tell(self, share: float, message: str) -> None:
        """Report how far the job is."""
        self._on_report(share, message + self._again, self.seconds)

    def heard(self, said: Report | Ended) -> Ended | None:
        """Take a word of the process in. Returns it if it is the last one."""
        self.seconds = self._spent_s + said.seconds
        if isinstance(said, Ended):
            if said.error is None:
                self._on_report(1.0, "done", self.seconds)
            return said
        self.share = said.share
        self.tell(said.share, said.message)
        return None
