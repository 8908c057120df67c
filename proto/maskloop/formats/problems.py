"""Collects what is wrong with a data set, so that a person mends it once and not entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.formats.bad_entries import OnBad, PassedOver

MOST_SHOWN = 10


class Problems:
    """The problems of one file or folder, in the order they were found.

    Args:
        file: what is read.
        on_bad: whether bad entries end the reading, or are passed over.
    """

    def __init__(self, file: Path, on_bad: OnBad = OnBad.STOP) -> None:
        self._file = file
        self._skips = on_bad is OnBad.SKIP
        self._found: list[str] = []
        self._passed_over: list[PassedOver] = []
        self._images: set[str] = set()
        self._within = ""

    def add(self, entry: str, what: str, image: str = "") -> None:
        """Note that `entry` (as in "image 7") has the problem `what`; `image` is the file name it concerns."""
        self._images.add(image or entry)
        told = f"{entry} ({image})" if image and image != entry else entry
        if not self._skips:
            self._found.append(_printable(f"{self._within}{told}: {what}"))
        elif image and image != entry:
            self._passed_over.append(PassedOver(_printable(image), _printable(f"{entry}: {what}")))
        else:
            self._passed_over.append(PassedOver(_printable(f"{self._within}{entry}"), _printable(what)))

    def refuse(self, entry: str, what: str) -> None:
        """Note a problem that nothing can be read without, whatever is done about bad entries."""
        self._found.append(_printable(f"{self._within}{entry}: {what}"))

    @contextmanager
    def within(self, part: str) -> Iterator[None]:
        """What the block notes is of this part of the data set: a file of several, "" for the only one."""
        self._within = f"{part}: " if part else ""
        try:
            yield
        finally:
            self._within = ""

    @contextmanager
    def about(self, entry: str, image: str = "", *, is_vital: bool = False) -> Iterator[None]:
        """Note what an `InvalidArgument` of the block says about `entry`, and go on after the block.

        Args:
            entry, image: as in `add`.
            is_vital: whether nothing can be read without it, as in `refuse`.
        """
        try:
            yield
        except InvalidArgument as error:
            if is_vital:
                self.refuse(entry, error.message)
            else:
                self.add(entry, error.message, image)

    @property
    def passed_over(self) -> tuple[PassedOver, ...]:
        """What was left out, by file name where an image is concerned."""
        return tuple(self._passed_over)

    def concerns(self, image: str) -> bool:
        """Whether a problem of this entry, or of an entry of this image, was noted."""
        return image in self._images

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


def _printable(text: str) -> str:
    """`text` without what no terminal takes: names may hold half characters."""
    return text.encode("utf-8", "backslashreplace").decode()
