"""Read a text file, with its limits; write a file whole or not at all."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any

from maskloop.errors import FailedPrecondition, InvalidDataset, StorageFull

MAX_FILE_BYTES = 2 * 1024**3
WRITTEN_AT_ONCE = 32  # files of a pack; a disk takes as long for one as for as many
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def read_text(file: Path) -> str:
    """The text of a UTF-8 file of at most `MAX_FILE_BYTES`.

    Raises:
        InvalidDataset: the file is not there, cannot be read, is too large, or is not UTF-8.
    """
    try:
        if (size := file.stat().st_size) > MAX_FILE_BYTES:
            raise InvalidDataset(f"{file} has {size} bytes; at most {MAX_FILE_BYTES} are read", field=str(file))
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidDataset(f"{file} cannot be read: {error.strerror}", field=str(file)) from error
    except UnicodeDecodeError as error:
        raise InvalidDataset(f"{file} is not UTF-8 text", field=str(file)) from error


def write_atomically(path: Path, data: bytes) -> Path:
    """Put `data` at `path`, making missing folders; a reader sees the old file or the new, also after a crash.

    Raises:
        StorageFull: the disk, a quota or the file size limit is reached; what was at `path` is unchanged.
        FailedPrecondition: the file cannot be written for another reason (permission, a folder in its place).
    """
    _written(path, data)
    _told(path, "", _sync, path.parent)
    return path


def write_all_atomically(files: Mapping[Path, bytes]) -> None:
    """Put every file in place as `write_atomically` does, in a fraction of the time: waits for the disk overlap.

    Raises:
        StorageFull, FailedPrecondition: as `write_atomically`, of one of them; others may be in place.
    """
    if len(files) < 2:
        for path, data in files.items():
            write_atomically(path, data)
        return
    with ThreadPoolExecutor(WRITTEN_AT_ONCE, thread_name_prefix="files") as threads:
        _all(threads.submit(_written, path, data) for path, data in files.items())
        _all(threads.submit(_told, folder, "", _sync, folder) for folder in {path.parent for path in files})


def link_atomically(file: Path, path: Path) -> bool:
    """Put `file` at `path` as well, at once however large it is; a reader sees the old file or the new.

    `False`, and nothing is changed, where that cannot be: on another file system, or one without links.
    """
    beside = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sync(file)
        os.link(file, beside)
        beside.replace(path)
        _sync(path.parent)
    except OSError:
        return False
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)  # a file that was in its place already stays there, and beside it
    return True


def check_writable(folder: Path) -> None:
    """Make a folder if it is missing, and find out whether files can be written there.

    Raises:
        StorageFull, FailedPrecondition: none can.
    """
    probe = folder / f".{os.getpid()}.probe"
    write_atomically(probe, b"")
    probe.unlink(missing_ok=True)


def _written(path: Path, data: bytes) -> None:
    _told(path, f" ({len(data)} bytes)", _write, path, data)


def _told(path: Path, size: str, do: Callable[..., None], *given: Any) -> None:
    try:
        do(*given)
    except OSError as error:
        kind = StorageFull if error.errno in _NO_ROOM else FailedPrecondition
        raise kind(f"cannot write {path}{size}: {error.strerror}", field=str(path)) from error


def _all(waiting: Iterable[Future[None]]) -> None:
    """Wait for all, and raise what one of them raised."""
    wait(begun := list(waiting))
    for future in begun:
        future.result()


def _write(path: Path, data: bytes) -> None:
    """Write beside and rename. Several threads may write the same path; until the folder is synced, the new name may
    not survive a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(path)
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name[:100]}.{os.getpid()}.{threading.get_ident()}.part")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
