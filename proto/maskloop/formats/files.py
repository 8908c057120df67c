"""Read a text file, with its limits; write a file whole or not at all."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

from maskloop.errors import FailedPrecondition, InvalidDataset, StorageFull

MAX_FILE_BYTES = 2 * 1024**3
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_beside_and_rename(path, data)
    except OSError as error:
        kind = StorageFull if error.errno in _NO_ROOM else FailedPrecondition
        raise kind(f"cannot write {path} ({len(data)} bytes): {error.strerror}", field=str(path)) from error
    return path


def check_writable(folder: Path) -> None:
    """Make a folder if it is missing, and find out whether files can be written there.

    Raises:
        StorageFull, FailedPrecondition: none can.
    """
    probe = folder / f".{os.getpid()}.probe"
    write_atomically(probe, b"")
    probe.unlink(missing_ok=True)


def _write_beside_and_rename(path: Path, data: bytes) -> None:
    """Several threads may write the same path; the folder is synced so that the new name survives a power cut."""
    beside = path.with_name(f".{path.name[:100]}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _sync_folder(path.parent)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
