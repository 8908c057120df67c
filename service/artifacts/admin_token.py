"""The file of the first admin's token."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from maskloop.errors import InvalidConfig

LEAST_LETTERS = 16
PRIVATE = 0o600
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AdminToken:
    """A file whose content is an admin's token of all projects.

    Args:
        path: of the file.
    """

    path: Path

    def read(self) -> str:
        """The token, "" while there is no file.

        Raises:
            InvalidConfig: it cannot be read, or holds something that is easily guessed.
        """
        try:
            token = self.path.read_text(encoding="utf-8").strip()
            others = stat.S_IMODE(self.path.stat().st_mode) & 0o077
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._refused(f"cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise self._refused("is no text") from error
        if len(token) < LEAST_LETTERS:
            raise self._refused(f"holds {len(token)} letters; {LEAST_LETTERS} are the least")
        if others:
            _log.warning("others on this machine can read the admin's token: chmod 600 %s", self.path)
        return token

    def make(self, new_secret: Callable[[], str]) -> str:
        """The token; a new one is written if there is no file, for its owner alone. Its place is logged.

        Raises:
            InvalidConfig: it cannot be read or written.
        """
        known = self.read()
        if known:
            return known
        token = new_secret()
        new = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            with contextlib.suppress(FileNotFoundError):
                new.unlink()
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="utf-8") as file:
                file.write(f"{token}\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        except OSError as error:
            raise self._refused(f"cannot be written: {error.strerror}") from error
        _log.info("the first admin's token is in %s", self.path)
        return token

    def _refused(self, why: str) -> InvalidConfig:
        return InvalidConfig(f"the admin's token {self.path} {why}", field="admin_token_file")
