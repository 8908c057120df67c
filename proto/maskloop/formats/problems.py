"""Collects what is wrong with a data set, so that a person mends it once and not entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maskloop.errors import InvalidArgument, InvalidDataset

MOST_SHOWN = 10


class Problems:
    """The problems of one file, in the order they were found."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._found: list[str] = []

    def add(self, entry: str, what: str) -> None:
        """Note that `entry` (as in "image 7") has the problem `what`."""
        self._found.append(f"{entry}: {what}")

    @contextmanager
    def about(self, entry: str) -> Iterator[None]:
        """Note what an `InvalidArgument` of the block says about `entry`, and go on after the block."""
        try:
            yield
        except InvalidArgument as error:
            self.add(entry, error.message)

    def raise_if_any(self) -> None:
        """End the collection.

        Raises:
            InvalidDataset: something was noted; names the file and the first ten problems.
        """
        if not self._found:
            return
        lines = self._found[:MOST_SHOWN]
        if len(self._found) > MOST_SHOWN:
            lines.append(f"and {len(self._found) - MOST_SHOWN} more")
        raise InvalidDataset("\n  ".join([f"{self._file} does not hold together:", *lines]), field=str(self._file))
