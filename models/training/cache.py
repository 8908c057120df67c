"""A cache of trained networks, for the next training that would come to the same.

A training is bit for bit repeatable, so its fingerprint names its result. Campaigns that begin with the same labels,
seed and recipe share their first networks. A training with nothing new to learn from is not done again. Of several that
begin at once, one trains and the others wait for its network.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from maskloop.errors import FailedPrecondition, StorageFull
from maskloop.formats.files import write_atomically
from models.training.fingerprint import digest

LOCK = ".lock"
LOOK_EVERY_S, LOOKS = 0.5, 7200
"""An hour: whoever takes longer over the same network is not waited for any more."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NetworkCache:
    """Weights in a folder, by fingerprint; when they become too many, the least recently used go.

    Several processes may use one folder. What cannot be kept or read is trained anew: nothing here fails.

    Args:
        folder: made when the first network is kept.
        most_bytes: of all files together; 0 keeps none.
    """

    folder: Path
    most_bytes: int

    @contextlib.contextmanager
    def exclusive(self, fingerprint: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Around restoring, training and keeping a network: no other process is at the same one meanwhile.

        The kernel takes the lock from whoever dies. Where none can be had, nobody is waited for.

        Args:
            waiting: called again and again while another process is at it; may raise.
        """
        file = _opened(self.folder / f".{fingerprint}{LOCK}") if self.most_bytes else None
        if file is None:
            yield
            return
        with file:
            _lock(file, waiting)
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    os.unlink(file.name)

    def restore(self, fingerprint: str, network: nn.Module) -> bool:
        """Give `network` the weights that were kept under a fingerprint; `False`, if there are none, leaves it."""
        path = self._path(fingerprint)
        if not path.is_file():
            return False
        try:
            with safe_open(path, framework="pt") as file:
                told = (file.metadata() or {}).get("sha256")
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            logger.warning("the kept network at %s cannot be read and is trained anew: %s", path, error)
            return False
        if told != digest(fingerprint, tensors):
            logger.warning("the kept network at %s is damaged and is trained anew", path)
            return False
        network.load_state_dict(tensors)
        with contextlib.suppress(OSError):  # another process may have let go of it by now
            os.utime(path)
        return True

    def keep(self, fingerprint: str, network: nn.Module) -> None:
        """Keep a trained network, whole or not at all, and let go of older ones."""
        tensors = {key: value.contiguous().cpu() for key, value in network.state_dict().items()}
        data = save(tensors, {"sha256": digest(fingerprint, tensors)})
        if len(data) > self.most_bytes:
            return
        try:
            self._make_room(len(data))
            write_atomically(self._path(fingerprint), data)
        except (StorageFull, FailedPrecondition, OSError) as error:
            logger.warning("a trained network is not kept: %s", error)

    def _make_room(self, wanted_bytes: int) -> None:
        """Files whose writing was broken off count and go as well."""
        self.folder.mkdir(parents=True, exist_ok=True)
        weights = [path for path in self.folder.iterdir() if path.suffix != LOCK]
        files = sorted(((path.stat(), path) for path in weights), key=lambda item: item[0].st_mtime_ns)
        spare = self.most_bytes - wanted_bytes - sum(state.st_size for state, _ in files)
        for state, path in files:
            if spare >= 0:
                return
            path.unlink(missing_ok=True)
            spare += state.st_size

    def _path(self, fingerprint: str) -> Path:
        return self.folder / f"{fingerprint}.safetensors"


def _opened(path: Path) -> IO[str] | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a")
    except OSError:
        return None


def _lock(file: IO[str], waiting: Callable[[], None]) -> None:
    """Lock a file as soon as nobody else has it; not at all where files cannot be locked."""
    for _ in range(LOOKS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            time.sleep(LOOK_EVERY_S)
        except OSError:
            return
        else:
            return
