"""What a working directory was begun with: one JSON file, written before anything else and compared on `--resume`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from maskloop.errors import FailedPrecondition, InvalidConfig
from maskloop.formats.files import write_atomically

DEMO_FOLDER = "data"
"""In WORKDIR: the demo's images, which may be there before the run is."""
LOCK_FILE, SERVER_FOLDER, SERVER_LOG = "run.lock", "server", "server.log"
BEFORE_A_RUN = frozenset({DEMO_FOLDER, LOCK_FILE, SERVER_FOLDER, SERVER_LOG})
"""What a process may have left that ended before its run began."""


def read_run_file(
    path: Path, needed: Collection[str], *, resume: bool, option: str = "workdir"
) -> dict[str, object] | None:
    """What WORKDIR was begun with; `None` where a run may begin.

    Args:
        path: the file in WORKDIR.
        needed: keys that it must have.
        resume: whether to go on with what is there.
        option: that names WORKDIR, for the errors.

    Raises:
        FailedPrecondition: there is a run and `resume` is off, or the folder holds other things.
        InvalidConfig: the file is broken.
    """
    workdir = path.parent
    if workdir.exists() and not workdir.is_dir():
        raise FailedPrecondition(f"{workdir} is a file; name another --{option}", field=option)
    if path.exists():
        if not resume:
            raise FailedPrecondition(
                f"{workdir} holds a run: go on with it by --resume, name another --{option}, or remove it",
                field=option,
            )
        return _read(path, needed)
    if workdir.is_dir() and any(_is_foreign(entry.name, path.name) for entry in workdir.iterdir()):
        raise FailedPrecondition(f"{workdir} is not empty and holds no run; name another --{option}", field=option)
    return None


def _is_foreign(name: str, run_file: str) -> bool:
    """Whether a process that ended before its run began cannot have left it, nor one in the middle of writing its
    file."""
    return name not in BEFORE_A_RUN and not (name.startswith(f".{run_file}.") and name.endswith(".part"))


def write_run_file(path: Path, content: Mapping[str, object]) -> None:
    """Write what WORKDIR is begun with.

    Raises:
        FailedPrecondition: the folder cannot be made or written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FailedPrecondition(f"cannot make {path.parent}: {error.strerror}", field="workdir") from error
    write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())


def check_same(path: Path, kept: Mapping[str, object], asked: Mapping[str, object], *, option: str = "workdir") -> None:
    """Refuse to go on with other options than those of the file; `option` names its folder.

    Raises:
        InvalidConfig: names the options that differ.
    """
    was, now = (json.loads(json.dumps(options)) for options in (kept, asked))  # tuples are lists there
    names = [name for name, value in now.items() if was.get(name) != value]
    if names:
        told = ", ".join(f"--{name.replace('_', '-')} was {was.get(name)!r}, is {now[name]!r}" for name in names)
        raise InvalidConfig(
            f"the run in {path.parent} was started with other options: {told}; name another --{option} for these",
            field=names[0],
        )


def _read(path: Path, needed: Collection[str]) -> dict[str, object]:
    try:
        kept: object = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InvalidConfig(f"{path} is no run of ours: {error}", field=str(path)) from error
    if not isinstance(kept, dict) or not set(needed) <= kept.keys():
        raise InvalidConfig(f"{path} is no run of ours: it needs {', '.join(needed)}", field=str(path))
    return kept
