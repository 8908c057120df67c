"""timing.json: when people worked on a task, so that the budget is charged what it really took.

`maskloop task start|pause|done DIR` writes an event with the time of the wall clock, in UTC. Each is on disk before the
command ends; a clock that nobody stopped ends when the files are handed in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from maskloop.errors import FailedPrecondition, InvalidDataset, NotFound
from maskloop.formats.answers import read_object
from maskloop.formats.files import write_atomically
from maskloop.labelers.folder_record import RECORD, read_record
from maskloop.labelers.folder_taken import TIMING

MOST_NAMED = 3


class What(StrEnum):
    """What happened to a clock."""

    START = "start"
    PAUSE = "pause"
    DONE = "done"


@dataclass(frozen=True)
class Event:
    """Something that happened, `at_s` seconds of the wall clock since 1970."""

    what: What
    at_s: float


@dataclass(frozen=True)
class Active:
    """Time at work in seconds: in all, and the longest without a pause."""

    total_s: float = 0.0
    longest_s: float = 0.0


class TaskClock:
    """The clock of the task in the folder `place`.

    Args:
        place: the task's folder.
        now_s: seconds of the wall clock.

    Raises:
        NotFound: the folder is no task's.
    """

    def __init__(self, place: Path, now_s: Callable[[], float]) -> None:
        if read_record(place) is None:
            inside = ", ".join(str(file.parent) for file in sorted(place.glob(f"**/{RECORD}"))[-MOST_NAMED:])
            hint = f"; there are {inside}" if inside else f", which holds a {RECORD}"
            raise NotFound(f"{place} is not the folder of a task{hint}", field="folder")
        self._file = place / TIMING
        self._now_s = now_s

    def start(self) -> Active:
        """People begin, or go on. Returns the time at work before.

        Raises:
            FailedPrecondition: the clock runs already.
        """
        return self._write(What.START)

    def pause(self) -> Active:
        """People stop for a while. Returns the time at work so far.

        Raises:
            FailedPrecondition: the clock does not run.
        """
        return self._write(What.PAUSE)

    def done(self) -> Active:
        """The work is done; a clock that is paused may be done too. Returns the time at work.

        Raises:
            FailedPrecondition: the clock was never started.
        """
        return self._write(What.DONE)

    def _write(self, what: What) -> Active:
        events, now_s = read_events(self._file), self._now_s()
        last = events[-1].what if events else None
        if what is What.START and last is What.START:
            raise FailedPrecondition(f"the clock of {self._file.parent} runs already", field="folder")
        if (what is What.PAUSE and last is not What.START) or (what is What.DONE and last is None):
            raise FailedPrecondition(
                f"the clock of {self._file.parent} does not run: maskloop task start {self._file.parent}",
                field="folder",
            )
        events = [*events, Event(what, now_s)]
        document = {"events": [{"what": str(each.what), "at": _written(each.at_s)} for each in events]}
        write_atomically(self._file, json.dumps(document, indent=1).encode())
        return active(events, -math.inf, now_s)


def read_events(file: Path) -> list[Event]:
    """The events of a timing.json, none where it is not there.

    Raises:
        InvalidDataset: it cannot be read.
    """
    if not file.exists():
        return []
    document = read_object(file)
    try:
        return [Event(What(each["what"]), _read(each["at"])) for each in document["events"]]  # type: ignore[attr-defined]
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidDataset(f"{file} is not as `maskloop task` writes it: {error!r}", field=str(file)) from error


def active(events: Sequence[Event], since_s: float, until_s: float) -> Active:
    """Time at work between two times of the wall clock. A clock that was set back counts nothing, never less."""
    spells = [max(0.0, min(end, until_s) - max(begin, since_s)) for begin, end in _spells(events, until_s)]
    return Active(math.fsum(spells), max(spells, default=0.0))


def _spells(events: Sequence[Event], until_s: float) -> Iterator[tuple[float, float]]:
    begun: float | None = None
    for event in events:
        if event.what is What.START:
            begun = event.at_s if begun is None else begun
        elif begun is not None:
            yield begun, event.at_s
            begun = None
    if begun is not None:
        yield begun, until_s


def _written(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="microseconds")


def _read(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
