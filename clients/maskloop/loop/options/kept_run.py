"""The options of a run as WORKDIR keeps them: written to run.json before anything else, and compared on `--resume`."""

from __future__ import annotations

from dataclasses import MISSING, asdict, fields
from pathlib import Path

from maskloop.loop.options.options import Options
from maskloop.loop.options.run_file import check_same, read_run_file, write_run_file

RUN_FILE = "run.json"
DEFAULTS = {each.name: each.default for each in fields(Options) if each.default is not MISSING}
"""What options are that a run file does not hold: those that came after it was written."""


def find_run(workdir: Path, options: Options, *, resume: bool) -> str:
    """The id of the run that WORKDIR holds and that `options` ask to go on with; "" if a new one may begin there.

    A run that was begun without a student network may be given one.

    Raises:
        FailedPrecondition: there is a run and `resume` is off, or the folder holds other things.
        InvalidConfig: the options differ from the run's; names those that do.
    """
    kept = read_run_file(workdir / RUN_FILE, {"run_id"}, resume=resume)
    if kept is None:
        return ""
    before = {**DEFAULTS, **kept}
    if not before["student_network"]:
        before |= {"student_network": options.student_network, "pseudo_min_iou": options.pseudo_min_iou}
    check_same(workdir / RUN_FILE, before, asdict(options))
    return str(kept["run_id"])


def begin_run(workdir: Path, options: Options, run_id: str) -> None:
    """Write what the run was asked to do, before it does anything.

    Raises:
        FailedPrecondition: the folder cannot be made or written to.
    """
    write_run_file(workdir / RUN_FILE, {"run_id": run_id, **asdict(options)})
