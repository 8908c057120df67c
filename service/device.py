"""The process that owns the device: does one job after another, as the server tells it through a pipe.

    python -m service.device FD

FD is this process's end of the pipe. It never outlives the server: it exits at once when the pipe closes, and on
Linux the kernel kills it when the server dies. Ctrl-C is the server's to handle.
"""

from __future__ import annotations

import ctypes
import logging
import os
import queue
import signal
import sys
import threading
import time
import uuid
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from maskloop.errors import Cancelled, InternalError, InvalidConfig, MaskloopError
from service.blobs import BlobStore
from service.jobs import do_job
from service.pipe import DeviceSettings, DoJob, Ended, Ready, Report, StopJob

PR_SET_PDEATHSIG = 1
logger = logging.getLogger(__name__)


class Device:
    """This process's side of the pipe.

    Args:
        pipe: to the server.
        settings: how jobs are done.

    Raises:
        InvalidConfig: torch cannot use the device.
    """

    def __init__(self, pipe: Connection, settings: DeviceSettings) -> None:
        self._pipe = pipe
        self._device = _prepare_torch(settings)
        self._blobs = BlobStore(settings.blobs_url)
        self._jobs: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._stopped: set[Path] = set()

    def serve(self) -> None:
        """Do jobs until the pipe closes."""
        threading.Thread(target=self._listen, name="pipe", daemon=True).start()
        while True:
            folder = self._jobs.get()
            begun = time.monotonic()
            error = self._do(folder, begun)
            self._pipe.send(Ended(time.monotonic() - begun, error))

    def _do(self, folder: Path, begun: float) -> MaskloopError | None:
        def progress(share: float, message: str) -> None:
            if folder in self._stopped:
                raise Cancelled("the operation was cancelled")
            self._pipe.send(Report(share, message, time.monotonic() - begun))

        try:
            progress(0.0, "begun")
            do_job(folder, self._blobs, self._device, progress)
        except MaskloopError as error:
            return error
        except Exception:
            incident = uuid.uuid4().hex
            logger.exception("incident %s in the job of %s", incident, folder)
            return InternalError(f"a fault of the server's; incident {incident}", incident=incident)
        return None

    def _listen(self) -> None:
        try:
            while True:
                command: DoJob | StopJob = self._pipe.recv()
                if isinstance(command, StopJob):
                    self._stopped.add(command.folder)
                else:
                    self._jobs.put(command.folder)
        except (EOFError, OSError):
            os._exit(0)


def _prepare_torch(settings: DeviceSettings) -> torch.device:
    if settings.threads:
        torch.set_num_threads(settings.threads)
    name = settings.device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise InvalidConfig(f"device {settings.device!r} cannot be used: {error}", field="device") from error


def _die_with(server_pid: int) -> None:
    """Ask the kernel for a SIGKILL when the server dies, then look whether it has died before that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server_pid:
        sys.exit("the server is gone")


def main() -> None:
    """Serve the pipe whose file descriptor the command line names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s device: %(message)s")
    pipe = Connection(int(sys.argv[1]))
    settings: DeviceSettings = pipe.recv()
    _die_with(settings.server_pid)
    try:
        device = Device(pipe, settings)
    except MaskloopError as error:
        pipe.send(Ready(error))
        return
    pipe.send(Ready())
    device.serve()


if __name__ == "__main__":
    main()
