"""The options of a run as WORKDIR keeps them: written to run.json before anything else, and compared on `--resume`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from maskloop.errors import FailedPrecondition
from maskloop.loop.options.options import Options
from maskloop.loop.options.run_file import check_same, read_run_file, write_run_file
from maskloop.loop.options.server import REACHING

RUN_FILE = "run.json"
CHANGES = "changes"
DEFAULTS = {each.name: each.default for each in fields(Options) if each.default is not MISSING}
"""What options are that a run file does not hold: those that came after it was written."""
CHANGEABLE = frozenset({"budget", "batch", "max_rounds", "stop_when", "labeler", "assist", "min_proposal_iou"})
"""What may be another way when a run is gone on with."""
GROWING = "classes"
"""What may grow at its end when photographs without labels are gone on with."""
STUDENT = frozenset({"student_network", "pseudo_min_iou"})
"""What may be given to a run that was begun without a student network."""


@dataclass(frozen=True)
class KeptRun:
    """A run that was begun.

    Args:
        run_id: its id.
        first: the options that it was begun with.
        now: those that it goes on with.
        before: those that it had until now; `None` for a new run.
    """

    run_id: str
    first: Options
    now: Options
    before: Options | None = None

    @property
    def is_changed(self) -> bool:
        """Whether it may go on where it had ended."""
        return any(getattr(self.first, name) != getattr(self.now, name) for name in (*CHANGEABLE, GROWING))


def find_run(workdir: Path, options: Options, *, resume: bool) -> KeptRun | None:
    """The run that WORKDIR holds, to go on with `options`; `None` if a new one may begin there.

    Raises:
        FailedPrecondition: there is a run and `resume` is off, or the folder holds other things.
        InvalidConfig: options differ from the run's that may not; names them.
    """
    kept = read_run_file(workdir / RUN_FILE, {"run_id"}, resume=resume)
    if kept is None:
        return None
    first, before = _options_of(kept)
    changeable = set(CHANGEABLE | REACHING if before.student_network else CHANGEABLE | REACHING | STUDENT)
    if (
        options.vocabulary_grows
        and options.excerpt().classes[: len(before.excerpt().classes)] == before.excerpt().classes
    ):
        changeable.add(GROWING)
    allowed = {name: getattr(options, name) for name in changeable}
    check_same(workdir / RUN_FILE, asdict(replace(before, **allowed)), asdict(options))
    return KeptRun(str(kept["run_id"]), first, options, before)


def kept_options(workdir: Path) -> Options:
    """The options of the run that WORKDIR holds, as they are now.

    Raises:
        FailedPrecondition: there is none.
        InvalidConfig: the file is broken.
    """
    kept = read_run_file(workdir / RUN_FILE, {"run_id"}, resume=True)
    if kept is None:
        raise FailedPrecondition(f"{workdir} holds no run; --workdir names another folder", field="workdir")
    return _options_of(kept)[1]


def kept_run_id(workdir: Path) -> str:
    """The id of the run that WORKDIR holds; as `kept_options`."""
    kept = read_run_file(workdir / RUN_FILE, {"run_id"}, resume=True)
    return "" if kept is None else str(kept["run_id"])


def keep_run(workdir: Path, run: KeptRun) -> None:
    """Write what the run was asked to do, and what has been changed since.

    Raises:
        FailedPrecondition: the folder cannot be made or written to.
    """
    first, now = asdict(run.first), asdict(run.now)
    changes = {name: value for name, value in now.items() if value != first[name]}
    write_run_file(workdir / RUN_FILE, {"run_id": run.run_id, **first, **({CHANGES: changes} if changes else {})})


def _options_of(kept: Mapping[str, Any]) -> tuple[Options, Options]:
    """The options of a run file: those that the run was begun with, and those of now."""
    names = {each.name for each in fields(Options)}
    known = {name: _value(value) for name, value in kept.items() if name in names}
    first = Options(**{**DEFAULTS, **known})
    changes: Mapping[str, Any] = kept.get(CHANGES) or {}
    return first, replace(first, **{name: _value(value) for name, value in changes.items()})


def _value(value: Any) -> Any:
    """JSON has lists where options have tuples."""
    return tuple(value) if isinstance(value, list) else value
