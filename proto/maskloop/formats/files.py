"""Write a file whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from maskloop.errors import FailedPrecondition, StorageFull

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_atomically(path: Path, data: bytes) -> Path:
    """Put `data` at `path`; a reader sees the old file or the new one, also after a crash.

    Raises:
        StorageFull: the disk (or a quota) is full; what was at `path` is unchanged.
        FailedPrecondition: the file cannot be written for another reason (no folder, no permission).
    """
    try:
        _write_beside_and_rename(path, data)
    except OSError as error:
        kind = StorageFull if error.errno in _NO_ROOM else FailedPrecondition
        raise kind(f"cannot write {path}: {error.strerror}", field=str(path)) from error
    return path


def _write_beside_and_rename(path: Path, data: bytes) -> None:
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, 0o666 & ~_umask())
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's umask; the only way to read it is to set it."""
    current = os.umask(0o022)
    os.umask(current)
    return current
