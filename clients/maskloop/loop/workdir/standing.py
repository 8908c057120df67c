"""now.json: what a run is doing and what is left of its budget, for whoever asks in another terminal."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from maskloop.errors import MaskloopError
from maskloop.formats.files import write_atomically
from maskloop.loop.progress import Standing

STANDING_FILE = "now.json"


@dataclass(frozen=True)
class Now:
    """What a run was doing when it last told; `budget_left` is a sentence's part, "" before anything was bought."""

    arm: str
    phase: str
    detail: str
    budget_left: str

    def __str__(self) -> str:
        return f"{self.arm}: {self.phase} {self.detail}".rstrip()


def write_standing(workdir: Path, standing: Standing) -> None:
    """Leave it in WORKDIR; a run goes on where that cannot be written."""
    now = Now(standing.arm, standing.phase, standing.detail, standing.budget_left)
    with suppress(MaskloopError):
        write_atomically(workdir / STANDING_FILE, json.dumps(asdict(now)).encode())


def read_standing(workdir: Path) -> Now | None:
    """What the run in WORKDIR told last; `None` where it told nothing that can be read."""
    try:
        told = json.loads((workdir / STANDING_FILE).read_text())
        return Now(*(str(told[name]) for name in ("arm", "phase", "detail", "budget_left")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
