"""The process that owns the device: does one job after another, as the server tells it through a pipe.

    python -m service.device.process FD

FD is this process's end of the pipe. It never outlives the server: it exits at once when the pipe closes, and on
Linux the kernel kills it when the server dies. That is arranged before torch is imported, which takes seconds.
Ctrl-C is the server's to handle.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import logging
import os
import queue
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from maskloop.errors import Cancelled, InternalError, MaskloopError
from service.device.messages import DeviceSettings, DoJob, Ended, Ready, Report, StopJob
from service.log import begin_log

PR_SET_PDEATHSIG = 1
logger = logging.getLogger(__name__)


class Orders:
    """What the server wants, as a thread hears it; the thread ends the process when the pipe closes."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._stopped: set[Path] = set()
        self.jobs: queue.SimpleQueue[Path] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="pipe", daemon=True).start()

    def is_stopped(self, folder: Path) -> bool:
        """Whether the job of a folder is not wanted any more."""
        return folder in self._stopped

    def _listen(self) -> None:
        try:
            while True:
                order: DoJob | StopJob = self._pipe.recv()
                if isinstance(order, StopJob):
                    self._stopped.add(order.folder)
                else:
                    self.jobs.put(order.folder)
        except (EOFError, OSError):
            os._exit(0)


def serve(pipe: Connection, settings: DeviceSettings, orders: Orders) -> None:
    """Do jobs for ever.

    Raises:
        InvalidConfig: torch cannot use the device.
    """
    import torch

    from models.encoders.feature_store import FeatureStore
    from models.training.cache import NetworkCache
    from service.artifacts.blobs import BlobStore
    from service.device.jobs import do_job
    from service.device.memory import limit_memory
    from service.device.torch_device import find_device

    torch.set_num_threads(settings.threads)  # never torch's choice: it is part of what a training comes to
    device, blobs = find_device(settings.device), BlobStore(settings.blobs_url)
    kept = NetworkCache(settings.networks, settings.networks_bytes)
    features = FeatureStore(settings.features, settings.features_bytes)
    limit_memory(settings.memory_bytes)
    gc.freeze()  # what is loaded stays: collections need not look through it
    pipe.send(Ready())
    while True:
        folder = orders.jobs.get()
        begun = time.monotonic()

        def progress(share: float, message: str, folder: Path = folder, begun: float = begun) -> None:
            if orders.is_stopped(folder):
                raise Cancelled("the operation was cancelled")
            pipe.send(Report(share, message, time.monotonic() - begun))

        error = None
        try:
            progress(0.0, "begun")
            do_job(folder, blobs, kept, features, device=device, progress=progress)
        except MaskloopError as refusal:
            error = refusal
        except Exception:
            incident = uuid.uuid4().hex
            logger.exception("incident %s in the job of %s", incident, folder)
            error = InternalError(f"a fault of the server's; incident {incident}", incident=incident)
        pipe.send(Ended(time.monotonic() - begun, error))


def _die_with(server_pid: int) -> None:
    """Ask the kernel for a SIGKILL when the server dies, then look whether it has died before that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server_pid:
        sys.exit("the server is gone")


def begin(name: str, serve: Callable[[Connection, DeviceSettings], None]) -> None:
    """Serve the pipe whose file descriptor the command line names.

    Args:
        name: in the log.
        serve: returns never, or when the pipe is closed; may raise before it says `Ready`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1)  # the server asks where a hung process is before it kills it
    pipe = Connection(int(sys.argv[1]))
    settings: DeviceSettings = pipe.recv()
    begin_log("INFO", f"%(asctime)s %(levelname)s {name}: %(message)s", [settings.blobs_url])
    _die_with(settings.server_pid)
    try:
        serve(pipe, settings)
    except MaskloopError as error:
        pipe.send(Ready(error))


if __name__ == "__main__":
    begin("device", lambda pipe, settings: serve(pipe, settings, Orders(pipe)))
