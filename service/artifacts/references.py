"""Files that are referred to where they lie, in place of a copy, and how it is told that they are still the same."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import stat
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from maskloop.errors import ImageFileChanged

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileReference:
    """A file as it was when its content was known.

    Args:
        path: where it lies, absolute, without links.
        size: in bytes.
        mtime_ns: when it was last written, in nanoseconds.
    """

    path: str
    size: int
    mtime_ns: int

    @classmethod
    def to(cls, path: Path) -> Self:
        """The file as it is now.

        Raises:
            OSError: it is not there.
        """
        status = path.stat()
        return cls(str(path), status.st_size, status.st_mtime_ns)

    def read(self, sha256: str) -> bytes:
        """The file's bytes: as they are where size and time are the same, else only if their SHA-256 is this one.

        Raises:
            ImageFileChanged: the file is gone or cannot be read, or holds something else.
        """
        try:
            is_untouched = FileReference.to(Path(self.path)) == self
            data = _read(self.path)
        except OSError as error:
            raise self._changed(f"cannot be read any more: {error.strerror}") from error
        if not is_untouched and hashlib.sha256(data).hexdigest() != sha256:
            raise self._changed("is another picture than when it was imported")
        return data

    def _changed(self, what: str) -> ImageFileChanged:
        """Names the file, and not where it lies: other projects may have brought it in. The log does."""
        logger.warning("image file %s %s", self.path, what)
        return ImageFileChanged(
            f"image file {Path(self.path).name} {what}; it is referred to, not copied: put it back as it was"
        )


def _read(path: str) -> bytes:
    """The bytes of a file; a pipe in its place is no file, and never waited for.

    Raises:
        OSError: it cannot be read, or is no file.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no file any more")
        return file.read()


def references_to_json(references: Sequence[FileReference]) -> bytes:
    """As they are kept beside image files."""
    return json.dumps([asdict(reference) for reference in references]).encode()


def references_from_json(document: bytes) -> list[FileReference]:
    """As they were kept."""
    return [FileReference(**told) for told in json.loads(document)]
