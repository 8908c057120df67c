"""task.json: whose task a folder is, so that no run takes the answers of another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from maskloop.errors import FailedPrecondition, InvalidDataset
from maskloop.formats.answers import read_object
from maskloop.formats.files import write_atomically
from maskloop.labelers.labeler import Task

RECORD = "task.json"


@dataclass(frozen=True)
class HandedImage:
    """An image that lies in the folder; sizes in pixels, upright."""

    id: str
    file_name: str
    width: int
    height: int


@dataclass(frozen=True)
class TaskRecord:
    """What a task's folder says of itself.

    Args:
        run: names the run, as `Task.run`.
        task: name of the task, as `Task.name`.
        kind: what is asked.
        annotator: whose folder it is, "" where all share one.
        images: what was handed out, in the order of selection.
    """

    run: str
    task: str
    kind: str
    annotator: str
    images: tuple[HandedImage, ...]

    @classmethod
    def of(cls, task: Task, annotator: str) -> TaskRecord:
        """The record of a task that is handed to this annotator."""
        images = tuple(HandedImage(each.id, each.file_name, each.width, each.height) for each in task.images)
        return cls(task.run, task.name, str(task.kind), annotator, images)

    def write(self, place: Path) -> None:
        """Leave it in the folder `place`, made if missing."""
        write_atomically(place / RECORD, json.dumps(asdict(self), indent=1).encode())


def read_record(place: Path) -> TaskRecord | None:
    """The record in the folder `place`; `None` where there is none.

    Raises:
        InvalidDataset: it was changed so that it cannot be read.
    """
    file = place / RECORD
    if not file.exists():
        return None
    document = read_object(file)
    try:
        images = tuple(_image(each) for each in document["images"])  # type: ignore[attr-defined]
        run, task, kind, annotator = (str(document[name]) for name in ("run", "task", "kind", "annotator"))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidDataset(f"{file} is not as it was written: {error!r}", field=str(file)) from error
    return TaskRecord(run, task, kind, annotator, images)


def task_folders(folder: Path, run: str, task: str = "*") -> Mapping[Path, TaskRecord]:
    """The tasks of this name in `folder` and in the folders of its annotators; all tasks without a name.

    Raises:
        FailedPrecondition: one is of another run.
        InvalidDataset: a record cannot be read.
    """
    records: dict[Path, TaskRecord] = {}
    for file in sorted([*folder.glob(f"{task}/{RECORD}"), *folder.glob(f"*/{task}/{RECORD}")]):
        place, record = file.parent, read_record(file.parent)
        if record is None:
            continue
        records[place] = record
        if record.run != run:
            raise FailedPrecondition(
                f"{place} is a task of another run, {record.run or 'one without a name'}; "
                f"give this run a folder of its own: --labeler folder:{folder}-2",
                field="labeler",
            )
    return records


def check_unused(place: Path, folder: Path) -> None:
    """Raises FailedPrecondition where files lie in `place` that this run did not leave there; hidden ones may."""
    there = [path.name for path in sorted(place.iterdir()) if not path.name.startswith(".")] if place.is_dir() else []
    if there:
        raise FailedPrecondition(
            f"{place} holds {there[0]} and no {RECORD}: it may be of another run; "
            f"give this run a folder of its own: --labeler folder:{folder}-2",
            field="labeler",
        )


def _image(entry: Mapping[str, object]) -> HandedImage:
    return HandedImage(str(entry["id"]), str(entry["file_name"]), int(str(entry["width"])), int(str(entry["height"])))
