"""What the run took of a task's folder, kept as it was: `taken/1`, `taken/2`, ... one for each time.

`taken/1` is what the run was answered first, and is answered whenever it asks again. People may save their files anew
at any time; such a file is kept as soon as the labels on record agree with it. Until then see `folder_told`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maskloop.formats.answers import read_object
from maskloop.formats.files import write_atomically

TAKEN = "taken"
DONE, PART, SKIP, CONFIRM, TIMING = "done.json", "part.json", "skip.txt", "confirm.txt", "timing.json"
LEFT = (DONE, PART, SKIP, CONFIRM)
"""What people leave, and may save again."""
WINDOW = "window.json"

State = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True)
class Taken:
    """One taking.

    Args:
        place: where the copies lie.
        since_s, until_s: the time of the wall clock, in seconds, in which the task's clock counts for it: from the
            taking before until people saved their file.
    """

    place: Path
    since_s: float
    until_s: float

    @property
    def number(self) -> int:
        """The first is 1."""
        return int(self.place.name)

    def is_current(self, place: Path) -> bool:
        """Whether the files in the task's folder `place` say what they said then."""
        return all(_same(place / name, self.place / name) for name in LEFT)


def state_of(place: Path) -> State:
    """Changes whenever people save one of their files; `None` for each that is not there."""
    return tuple(_file_state(place / name) for name in (*LEFT, TIMING))


def saved_s(place: Path) -> float:
    """When people left done.json, or else part.json or skip.txt, in seconds of the wall clock; 0 where they did not.

    A file that was made elsewhere and put here has an older time of its own: the time when it came counts.
    """
    for name in (DONE, PART, SKIP):
        if (place / name).exists():
            state = (place / name).stat()
            return max(state.st_mtime, state.st_ctime)
    return 0.0


def misnamed(place: Path) -> dict[str, str]:
    """Files that were probably meant to be what people leave, such as `done.json.txt` and `Done (1).json`: what they
    are called, and what they should be called."""
    there = {path.name for path in place.iterdir()} if place.is_dir() else set()
    found: dict[str, str] = {}
    for name in sorted(there - set(LEFT)):
        plain = re.sub(r"[ _-]*(\(\d+\)|copy( \d+)?)(?=\.|$)", "", name.casefold())
        meant = next((left for left in LEFT if plain in (left, f"{left}.txt", f"{left}.json")), None)
        if meant and meant not in there:
            found[name] = meant
    return found


def first_taken(place: Path) -> Taken | None:
    """What the run was answered first; `None` while it was not."""
    return next(iter(all_taken(place)), None)


def last_taken(place: Path) -> Taken | None:
    """What was taken last; `None` where nothing was."""
    return next(iter(all_taken(place)[::-1]), None)


def all_taken(place: Path) -> list[Taken]:
    """Every taking of the task's folder `place`, the first one first."""
    numbers = sorted(int(path.name) for path in (place / TAKEN).glob("*") if path.name.isdecimal())
    places = [place / TAKEN / str(number) for number in numbers]
    return [read_taking(each) for each in places]


def number_of_next(place: Path) -> int:
    """The number of the taking that follows."""
    before = last_taken(place)
    return before.number + 1 if before else 1


def take_nothing(place: Path) -> None:
    """Keep that people had left nothing yet."""
    _keep(place, _next(place), (), None, {})


def take(place: Path, state: State, more: Mapping[str, bytes] | None = None) -> bool:
    """Keep the files in the task's folder `place`, all or none of them.

    Args:
        place: the task's folder.
        state: of the files that were read; they are not kept when people have saved one since.
        more: files to keep with them, by name.

    Returns:
        Whether they were kept.
    """
    return copy_files(place, _next(place), state, more or {})


def copy_files(place: Path, target: Path, state: State, more: Mapping[str, bytes]) -> bool:
    """As `take`, in the folder `target`, which is new."""
    return _keep(place, target, (*LEFT, TIMING), state, more)


def read_taking(place: Path) -> Taken:
    """The taking whose copies lie in the folder `place`.

    Raises:
        InvalidDataset: its window cannot be read.
    """
    window = read_object(place / WINDOW)
    return Taken(place, float(str(window["since_s"])), float(str(window["until_s"])))


def _next(place: Path) -> Path:
    return place / TAKEN / str(number_of_next(place))


def _keep(place: Path, target: Path, names: Sequence[str], expected: State | None, more: Mapping[str, bytes]) -> bool:
    before = last_taken(place)
    beside = target.with_name(f".{target.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for name in names:
        if (place / name).exists():
            saved = (place / name).stat()
            write_atomically(beside / name, (place / name).read_bytes())
            os.utime(beside / name, ns=(saved.st_atime_ns, saved.st_mtime_ns))
    since_s = before.until_s if before else 0.0
    window = {"since_s": since_s, "until_s": saved_s(place) if names else since_s}
    for name, content in {WINDOW: json.dumps(window).encode(), **more}.items():
        write_atomically(beside / name, content)
    if expected is not None and state_of(place) != expected:
        shutil.rmtree(beside)
        return False
    beside.rename(target)
    return True


def _same(file: Path, kept: Path) -> bool:
    if _file_state(file) == _file_state(kept):
        return True
    return file.exists() and kept.exists() and file.read_bytes() == kept.read_bytes()


def _file_state(file: Path) -> tuple[int, int] | None:
    try:
        state = file.stat()
    except FileNotFoundError:
        return None
    return state.st_mtime_ns, state.st_size
