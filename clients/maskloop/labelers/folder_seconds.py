"""The seconds that people's work took: what done.json says, or else what the task's clock says.

done.json may say "seconds" of the whole file, or of each image: {"seconds": {"a.png": 31.5}}, or in an image's entry of
a COCO file. Seconds of the whole are split evenly over the images that have none of their own.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.file_names import match_names
from maskloop.formats.problems import Problems

SECONDS = "seconds"
LEAST_S, MOST_S = 1e-3, 1e9


@dataclass(frozen=True)
class Reported:
    """What a file says of the time it took, in seconds: of single images by file name, and of all it lists (`None`:
    nothing)."""

    own: Mapping[str, float] = field(default_factory=dict)
    whole_s: float | None = None

    def shares(self, file_names: Collection[str], charged: Mapping[str, float]) -> dict[str, float]:
        """The seconds of these images beyond those that were charged before; images of which nothing is told are left
        out.

        Args:
            file_names: of the images.
            charged: seconds charged before, by file name; those of other images of the file count for the whole.
        """
        more = {name: self.own[name] - charged.get(name, 0.0) for name in file_names if name in self.own}
        seconds = {name: more_s for name, more_s in more.items() if more_s >= LEAST_S}
        rest = [name for name in file_names if name not in self.own]
        if self.whole_s is not None and rest:
            left_s = self.whole_s - math.fsum(charged.values()) - math.fsum(seconds.values())
            if left_s >= LEAST_S:
                seconds |= dict.fromkeys(rest, left_s / len(rest))
        return seconds


def read_reported(document: Mapping[str, object], file: Path, file_names: Sequence[str]) -> Reported:
    """What a done.json says of the time that the images of these names took.

    Raises:
        InvalidDataset: it says what no time can be; names the file and the image.
    """
    problems = Problems(file)
    own = _in_entries(document, file_names, problems)
    said = None if SECONDS in file_names else document.get(SECONDS)
    whole_s = None
    if isinstance(said, dict):
        found = match_names(said, file_names).found
        if said and not found:
            problems.add(SECONDS, f"{next(iter(said))!r} is no image of this task")
        for name, key in found.items():
            with problems.about(f"{SECONDS} of {name}"):
                own[name] = _seconds(said[key])
    elif said is not None:
        with problems.about(SECONDS):
            whole_s = _seconds(said)
    problems.raise_if_any()
    return Reported(own, whole_s)


def _in_entries(document: Mapping[str, object], file_names: Sequence[str], problems: Problems) -> dict[str, float]:
    """Seconds in the image entries of a COCO file."""
    entries = document.get("images")
    said = {
        str(entry.get("file_name")): entry[SECONDS]
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and entry.get(SECONDS) is not None
    }
    own: dict[str, float] = {}
    for name, key in match_names(said, file_names).found.items():
        with problems.about(f"{SECONDS} of {name}"):
            own[name] = _seconds(said[key])
    return own


def _seconds(said: object) -> float:
    if isinstance(said, int | float) and not isinstance(said, bool) and 0 <= said <= MOST_S:
        return float(said)
    raise InvalidDataset(f"{said!r} is no number of seconds from 0 on")
