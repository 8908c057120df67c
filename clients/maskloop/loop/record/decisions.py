"""What a run has decided, written down before it is done, so that a repeated run decides the same.

Resuming is replaying, and a replay asks the server what it asked before. What is asked must then not follow from what
may have changed since: people mend labels they handed in, and a run may be given a larger budget.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from maskloop.errors import InvalidConfig
from maskloop.values import Budget, SkipReason

DECISIONS_FILE = "decisions.jsonl"
STOP = "stop"
"""Key of a decision to end, with the reason."""
FINISHED = "finished by hand"
REOPENED = "reopened"
NOTHING: dict[str, Any] = {}
"""A wish for nothing more."""


def round_name(number: int, part: str = "") -> str:
    """`round-02`, or a part of it, `round-02-counts`: the name of tasks and decisions."""
    return f"round-{number:02d}-{part}" if part else f"round-{number:02d}"


def wish_to_json(wish: Budget | None) -> dict[str, Any]:
    """How much to buy as a decision keeps it; `NOTHING` for `None`."""
    if wish is None:
        return NOTHING
    return {"images": wish.images} if wish.seconds is None else {"seconds": wish.seconds}


def reasons_from_json(kept: Mapping[str, str]) -> dict[str, SkipReason]:
    """Why images got no label, by image id, of a decision that keeps it."""
    return {image_id: SkipReason(reason) for image_id, reason in kept.items()}


class Decisions:
    """Decisions by name: JSON values, one a line of a file, of which the last of a name holds.

    Args:
        path: the file, made with the first decision; `None` keeps them in memory, for a run that nothing can change.
        arm: names begin with it.

    Raises:
        InvalidConfig: the file is broken; a last line that was cut off is no decision, and no harm.
    """

    def __init__(self, path: Path | None = None, arm: str = "") -> None:
        self._path = path
        self._arm = arm
        self._made: dict[str, Any] = {}
        if path is not None and path.exists():
            self._made = _read(path)

    def __contains__(self, name: str) -> bool:
        return self._made.get(self._key(name)) is not None

    def get(self, name: str) -> Any:
        """What was decided under this name; `None` where nothing was."""
        return self._made.get(self._key(name))

    def make(self, name: str, decide: Callable[[], Any]) -> Any:
        """What was decided under this name; where nothing was, what `decide` says, written down first."""
        if name not in self:
            self.note(name, decide())
        return self._made[self._key(name)]

    def note(self, name: str, value: Any) -> None:
        """Write a decision down, in place of an earlier one of the name. It is on disk when this returns."""
        key = self._key(name)
        if self._path is not None:
            line = json.dumps([key, value], separators=(",", ":")) + "\n"
            with self._path.open("ab") as file:
                if file.tell() and not _ends_a_line(self._path):
                    file.write(b"\n")
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        self._made[key] = value

    def reopen(self, *, whatever: bool) -> bool:
        """Forget that this arm has ended, by hand or for `whatever` reason. Returns whether it had.

        That it is reopened is a decision, too, until `close`.
        """
        ends = {
            key: value[STOP]
            for key, value in self._made.items()
            if key.startswith(f"{self._arm}/") and isinstance(value, dict) and STOP in value
        }
        mine = [key.removeprefix(f"{self._arm}/") for key, why in ends.items() if whatever or why == FINISHED]
        if mine:
            self.note(REOPENED, True)  # first: a process may die between the two
        for name in mine:
            self.note(name, None)
        return bool(mine)

    @property
    def is_reopened(self) -> bool:
        """Whether this arm had ended, and is to buy again."""
        return REOPENED in self

    def close(self) -> None:
        """Note that this arm, if it was reopened, has bought again or found nothing more to buy."""
        if self.is_reopened:
            self.note(REOPENED, None)

    def of_arm(self, arm: str) -> Decisions:
        """The same decisions as those of an arm."""
        view = Decisions(arm=arm)
        view._path, view._made = self._path, self._made
        return view

    def _key(self, name: str) -> str:
        return f"{self._arm}/{name}"


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _read(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = {}
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            key, value = json.loads(line)
        except ValueError as error:
            if not line.strip() or _is_cut_off(line, number, lines):
                continue
            raise InvalidConfig(f"{path}, line {number}, is no decision of ours: {error}", field=str(path)) from error
        made[key] = value
    return made


def _is_cut_off(line: bytes, number: int, lines: list[bytes]) -> bool:
    """Whether a process died while it wrote the line: it has no end, or a later process ended it before its own."""
    return line.startswith(b"[") and (number == len(lines) or not line.endswith(b"]"))
