"""task.json: which run's task a folder holds the answers of, its kind and its images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from maskloop.errors import FailedPrecondition, InvalidDataset
from maskloop.formats.answers import read_object
from maskloop.formats.files import write_atomically
from maskloop.values import SupervisionKind

RECORD = "task.json"


@dataclass(frozen=True)
class TaskRecord:
    """Whose task a folder is.

    Args:
        run: names the run.
        task: name of the task.
        number: of the task among those of the run, from 1; the last of them that asks for an image asks now.
        kind: what is asked.
        images: ids of the images, in the order of selection.
    """

    run: str
    task: str
    number: int
    kind: SupervisionKind
    images: tuple[str, ...]

    def write(self, place: Path) -> None:
        """Leave it in the folder `place`, made if missing."""
        write_atomically(place / RECORD, json.dumps(asdict(self), indent=1).encode())


def read_record(place: Path) -> TaskRecord:
    """The record in the folder `place`.

    Raises:
        InvalidDataset: it is not there, or was changed so that it cannot be read.
    """
    file = place / RECORD
    document = read_object(file)
    try:
        images = tuple(str(each) for each in document["images"])  # type: ignore[attr-defined]
        number, kind = int(str(document["number"])), SupervisionKind(str(document["kind"]))
        return TaskRecord(str(document["run"]), str(document["task"]), number, kind, images)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidDataset(f"{file} is not as it was written: {error!r}", field=str(file)) from error


def records_in(folder: Path, run: str) -> Mapping[str, TaskRecord]:
    """The tasks of a run by their name, in the order in which they were first asked.

    Raises:
        FailedPrecondition: one is of another run.
        InvalidDataset: a record cannot be read.
    """
    found = [read_record(file.parent) for file in sorted(folder.glob(f"*/{RECORD}"))]
    foreign = next((record for record in found if record.run != run), None)
    if foreign is not None:
        raise FailedPrecondition(
            f"{folder / foreign.task} holds labels of another run, {foreign.run or 'one without a name'}; "
            "give this run a folder of its own with --workdir",
            field="workdir",
        )
    return {record.task: record for record in sorted(found, key=lambda each: each.number)}
