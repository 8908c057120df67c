"""The server's side of the device: one child process, jobs queued before it, restarted when it dies."""

from __future__ import annotations

import logging
import math
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

from maskloop.errors import Cancelled, InternalError
from service.device.messages import DeviceSettings, DoJob, Ended, Report, StopJob
from service.operations.child import DeviceDiedError, dying, greet, start
from service.operations.workflows import Stopping

DEATHS_IN_A_ROW = 5
STOP_WITHIN_S = 30.0
LOOK_EVERY_S = 1.0
ALWAYS_THERE = ("auto", "cpu")
STOPPED = "the operation was cancelled"
logger = logging.getLogger(__name__)

# Told the share done in [0, 1], a message for people, and the seconds the device has spent on the job so far.
OnReport = Callable[[float, str, float], None]


class Worker:
    """Does jobs one at a time, in the order they came, in a process of their own.

    A job whose process dies is given to a new one, which goes on from the job's folder, until it has died
    `DEATHS_IN_A_ROW` times without getting any further. The process ends with this one, however that ends.

    Args:
        settings: how jobs are done.
    """

    def __init__(self, settings: DeviceSettings) -> None:
        self._settings = settings
        # One thread, which lives as long as this object: Linux's parent-death signal counts threads as parents.
        self._queue = ThreadPoolExecutor(1, "device")
        self._changing = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
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
        started = self._queue.submit(self._connected)
        if self._settings.device in ALWAYS_THERE:
            return
        try:
            started.result()
        except DeviceDiedError as death:
            raise InternalError(f"the device's process ended as it began (status {self._bury()})") from death

    def run(self, folder: Path, on_report: OnReport) -> None:
        """Do the job of a folder; returns when its outcome is there.

        Raises:
            Cancelled: `stop` was called for it.
            MaskloopError: the job failed.
            InternalError: its process died again and again.
            Stopping: the server stops; the job goes on another day.
        """
        try:
            future = self._queue.submit(self._serve, folder, on_report)
        except RuntimeError as error:  # the queue is closed
            raise Stopping from error
        try:
            future.result()
        finally:
            self._stopped.pop(folder, None)

    def stop(self, folder: Path) -> None:
        """Have the job of a folder end as cancelled, whether it waits or is being done.

        A process that does not let go of it within `STOP_WITHIN_S` is killed.
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
        self._queue.shutdown(wait=True)

    def _serve(self, folder: Path, on_report: OnReport) -> None:
        spent_s, furthest, deaths = 0.0, -1.0, 0
        while True:
            self._check(folder)
            attempt = _Attempt(on_report, spent_s)
            try:
                ended = attempt.follow(self._connected(), folder, self._is_stuck)
            except DeviceDiedError as death:
                spent_s = attempt.seconds
                deaths = 1 if attempt.share > furthest else deaths + 1
                furthest = max(furthest, attempt.share)
                self._replace(folder, deaths, death)
            except BaseException:
                self._bury()  # nobody follows the job any more
                raise
            else:
                if ended.error is not None:
                    raise ended.error
                return

    def _is_stuck(self, folder: Path) -> bool:
        return time.monotonic() - self._stopped.get(folder, math.inf) > STOP_WITHIN_S

    def _check(self, folder: Path) -> None:
        if self._closing:
            raise Stopping
        if folder in self._stopped:
            raise Cancelled(STOPPED)

    def _connected(self) -> Connection:
        """The pipe to a process that takes jobs.

        Raises:
            DeviceDiedError: a new process died before it took any.
            InvalidConfig: torch cannot use the device.
        """
        if self._pipe is not None:
            return self._pipe
        pipe = self._begin()
        greet(pipe, self._settings)
        with self._changing:
            self._pipe = pipe
        return pipe

    def _begin(self) -> Connection:
        with self._changing:
            if self._closing:
                raise Stopping
            self._process, pipe = start("service.device.process")
        return pipe

    def _replace(self, folder: Path, deaths: int, death: DeviceDiedError) -> None:
        status = self._bury()
        if self._closing:
            raise Stopping from death
        logger.warning("the device's process ended with status %s at the job of %s", status, folder)
        if deaths >= DEATHS_IN_A_ROW:
            raise InternalError(
                f"the device's process died {deaths} times in a row without getting further (status {status})"
            ) from death

    def _bury(self) -> int | None:
        """Make sure that the process is gone. Returns its exit status."""
        with self._changing:
            process, self._process, self._pipe = self._process, None, None
        if process is None:
            return None
        process.kill()
        return process.wait()


class _Attempt:
    """One process's work on a job: how far it came and how long it took, all attempts together."""

    def __init__(self, on_report: OnReport, spent_s: float) -> None:
        self._on_report = on_report
        self._spent_s = spent_s
        self.share = 0.0
        self.seconds = spent_s

    def follow(self, pipe: Connection, folder: Path, is_stuck: Callable[[Path], bool]) -> Ended:
        """Give the job to the process, and listen until it has ended.

        Raises:
            DeviceDiedError: the process died first.
            Cancelled: the job was stopped and `is_stuck`.
        """
        with dying():
            pipe.send(DoJob(folder))
        while True:
            with dying():
                while not pipe.poll(LOOK_EVERY_S):
                    if is_stuck(folder):
                        raise Cancelled(STOPPED)
                said: Report | Ended = pipe.recv()
            self.seconds = self._spent_s + said.seconds
            if isinstance(said, Ended):
                if said.error is None:
                    self._on_report(1.0, "done", self.seconds)
                return said
            self.share = said.share
            self._on_report(said.share, said.message, self.seconds)
