"""What a frozen encoder makes of pictures, kept in files: it is computed once, however often a pool is scored.

A file holds one picture's taps in float16, one after the other, behind a header with the picture's own size and a
checksum. Its name is a hash of all that decides its content, so that several processes may use one folder. Nothing here
fails: what is lost, damaged, or does not fit in is computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import math
import os
import struct
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEADER = struct.Struct("<8sIII44x")  # magic, checksum, height and width of the picture
MAGIC = b"taps.2\0\0"
PART = ".part"
LOOK_EVERY = 16  # of the bytes, after which a process looks what others have kept
logger = logging.getLogger(__name__)

Taps = tuple[NDArray[np.float16], ...]


@dataclass(frozen=True)
class EncodedPicture:
    """A picture as a frozen encoder sees it.

    Args:
        taps: (channels, h, w) float16 each, finest first.
        size: height and width of the picture itself, in pixels.
    """

    taps: Taps
    size: tuple[int, int]


@dataclass
class FeatureStore:
    """Encoded pictures in a folder; when they become too many, the least recently used go.

    Args:
        folder: made when the first picture is kept; `None` keeps nothing.
        most_bytes: of all files together; each of several processes may exceed it by a sixteenth. 0 keeps none.
    """

    folder: Path | None
    most_bytes: int
    _kept_bytes: int = 0
    _since_bytes: int | None = None  # kept since the folder was looked through; `None` before that
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, key: str, shapes: Sequence[tuple[int, ...]]) -> EncodedPicture | None:
        """The picture kept under a key, memory-mapped; `None` where there is none, or it is damaged.

        Args:
            shapes: of the taps.
        """
        path = self._path(key)
        if path is None:
            return None
        try:
            content = np.memmap(path, mode="r")
            magic, checksum, height, width = HEADER.unpack(content[: HEADER.size].tobytes())
            body = content[HEADER.size :]
            numbers = [math.prod(shape) for shape in shapes]
            if magic != MAGIC or len(body) != 2 * sum(numbers) or _checksum(body.data, height, width) != checksum:
                logger.warning("features at %s are damaged and are computed again", path)
                return None
            with contextlib.suppress(OSError):  # it may just have gone, or be somebody else's; its content is here
                os.utime(path)
        except (OSError, ValueError, struct.error):
            return None
        values = np.split(body.view(np.float16), np.cumsum(numbers)[:-1])
        return EncodedPicture(
            tuple(part.reshape(shape) for part, shape in zip(values, shapes, strict=True)), (height, width)
        )

    def keep(self, key: str, picture: EncodedPicture) -> None:
        """Keep a picture, whole or not at all, and let go of older ones."""
        path = self._path(key)
        body = b"".join(tap.tobytes() for tap in picture.taps)
        if path is None or HEADER.size + len(body) > self.most_bytes:
            return
        beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}{PART}")
        try:
            if not self._make_room(HEADER.size + len(body)):
                logger.warning("features are not kept: nothing may be removed from %s to make room", self.folder)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                file.write(HEADER.pack(MAGIC, _checksum(body, *picture.size), *picture.size) + body)
            beside.replace(path)  # not synced: what a power cut damages fails its checksum
        except OSError as error:
            logger.warning("features are not kept: %s", error)
            with contextlib.suppress(OSError):
                beside.unlink()

    def _path(self, key: str) -> Path | None:
        return self.folder / key[:2] / key if self.folder else None

    def _make_room(self, wanted_bytes: int) -> bool:
        """The folder is looked through at first, and again whenever it is full or others may have filled it."""
        with self._lock:
            if self._since_bytes is None or self._since_bytes + wanted_bytes > self.most_bytes // LOOK_EVERY:
                self._kept_bytes, self._since_bytes = sum(state.st_size for _, state in self._files()), 0
            if self._kept_bytes + wanted_bytes > self.most_bytes:
                self._let_go(self.most_bytes * 9 // 10 - wanted_bytes)
                self._since_bytes = 0
            if fits := self._kept_bytes + wanted_bytes <= self.most_bytes:
                self._kept_bytes += wanted_bytes
                self._since_bytes += wanted_bytes
            return fits

    def _let_go(self, spare_bytes: int) -> None:
        """Until no more than so many bytes are left, a tenth below the limit, so that this is rare."""
        files = sorted(self._files(), key=lambda item: item[1].st_mtime_ns)
        kept = sum(state.st_size for _, state in files)
        for path, state in files:
            if kept <= max(0, spare_bytes):
                break
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
                kept -= state.st_size
        self._kept_bytes = kept

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        """Files whose writing was broken off count and go as well."""
        found = []
        for path in self.folder.glob("*/*") if self.folder else ():
            with contextlib.suppress(OSError):
                found.append((path, path.stat()))
        return found


def _checksum(body: bytes | memoryview, height: int, width: int) -> int:
    """Of all that a file holds."""
    return zlib.crc32(body, zlib.crc32(struct.pack("<II", height, width)))


def feature_key(*decides: object) -> str:
    """A name for what follows from these: hex digits."""
    return hashlib.sha256(repr(decides).encode()).hexdigest()


NO_STORE = FeatureStore(None, 0)
