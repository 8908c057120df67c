"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from maskloop.errors import StorageFull

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` to `path` at once: a reader sees the old file or the new one, also after a crash.

    Missing folders are made.

    Raises:
        StorageFull: the disk, the quota or the file size limit is reached; the old file stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_and_rename(path, content)
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(f"no room to write {path} ({len(content):,} bytes); the old file is unchanged") from error
        raise


def _write_and_rename(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
