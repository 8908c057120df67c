"""Who of the people gets which images of a task: each annotator has a folder, and keeps what was handed out."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from maskloop.errors import InvalidDataset
from maskloop.formats.files import write_atomically
from maskloop.labelers.folder_forms import FOLDER_FORMS
from maskloop.labelers.folder_record import TaskRecord, check_unused, task_folders
from maskloop.labelers.folder_taken import TAKEN, first_taken
from maskloop.labelers.labeler import Task

README = "README.txt"


@dataclass(frozen=True)
class Share:
    """One annotator's part of a task.

    Args:
        place: the folder.
        task: with the images of this part alone.
    """

    place: Path
    task: Task


def deal(task: Task, folder: Path, annotators: Sequence[str]) -> tuple[Share, ...]:
    """Hand the task out: images that nobody has go to the annotators in turn, in the order of selection.

    What was handed out before stays where it is, whoever is named now. A folder whose images differ from those it was
    given is handed out anew.

    Args:
        task: what to hand out.
        folder: where tasks go.
        annotators: their names, one folder each; () for one folder that all share.

    Raises:
        FailedPrecondition: another run has used the folder; nothing is written.
        InvalidDataset: a record cannot be read, or a file name leaves the folder; nothing is written.
    """
    shares = find_shares(task, folder)
    dealt = {image.id for share in shares for image in share.task.images}
    waiting = [(turn, image) for turn, image in enumerate(task.images) if image.id not in dealt]
    for _, image in waiting:
        _safe(image.file_name)
    places = {share.place: [image.id for image in share.task.images] for share in shares}
    who = list(annotators) or [""]
    for turn, image in waiting:  # by its place in the task, so that a crash between two folders changes nothing
        places.setdefault(folder / who[turn % len(who)] / task.name, []).append(image.id)
    known = task_folders(folder, task.run)
    for place in places.keys() - known.keys():
        check_unused(place, folder)
    dealt_now = [Share(place, _only(task, ids)) for place, ids in places.items()]
    for share in dealt_now:
        was = known.get(share.place)
        annotator = was.annotator if was else share.place.parent.relative_to(folder).name
        _hand_out(share, was, TaskRecord.of(share.task, annotator))
    return tuple(dealt_now)


def find_shares(task: Task, folder: Path) -> tuple[Share, ...]:
    """How this task was handed out before; images of it that nobody has are in none.

    Raises:
        FailedPrecondition: another run has used the folder.
        InvalidDataset: a record cannot be read.
    """
    wanted = {image.id for image in task.images}
    shares = (
        Share(place, _only(task, {image.id for image in record.images} & wanted))
        for place, record in task_folders(folder, task.run, task.name).items()
        if record.kind == task.kind
    )
    return tuple(share for share in shares if share.task.images)


def _only(task: Task, image_ids: Iterable[str]) -> Task:
    ids = set(image_ids)
    return replace(task, images=tuple(image for image in task.images if image.id in ids))


def _hand_out(share: Share, was: TaskRecord | None, record: TaskRecord) -> None:
    """Write what is missing. The record comes first and README.txt last, so that what a crash leaves is written on."""
    asks_more = was is None or was.kind != record.kind or not set(record.images) <= set(was.images)
    if was is not None and asks_more:
        _withdraw(share.place, was, record)
    if asks_more:
        record.write(share.place)
    if first_taken(share.place):
        return
    form = FOLDER_FORMS[share.task.kind]
    for image in share.task.images:
        path = share.place / "images" / _safe(image.file_name)
        if not path.exists():
            write_atomically(path, share.task.read_image(image.id))
    if not (share.place / README).exists():
        form.write_start(share.task, share.place)
        write_atomically(share.place / README, readme(share).encode())


def readme(share: Share) -> str:
    """What to do, for people: as the kind of label has it, and what goes for all kinds."""
    tested = TESTED if share.task.for_test else ""
    return FOLDER_FORMS[share.task.kind].readme(share.task) + tested + MORE.format(place=share.place)


TESTED = """
These are the test images. Networks are measured on them, and none learns from them, so label them with care. Labels
that come when the first network has been measured are left out.
"""
MORE = """
Only a part is done: save that part as part.json, in the same form. The run goes on, and the rest comes later, in
done.json. In part.json an image counts as one that comes later if nothing is on it, or all is as it was proposed.

A mistake is found later: mend done.json and save it again. The run takes the correction.

How long it takes is what the budget is charged. Let a clock run:
  maskloop task start {place}
  maskloop task pause {place}
  maskloop task done {place}
or write it into done.json: "seconds": 1800, or "seconds": {{"FILE NAME": 40, ...}}.
"""


def _withdraw(place: Path, was: TaskRecord, record: TaskRecord) -> None:
    """Take back what was handed out and is no longer asked; what people left stays."""
    shutil.rmtree(place / TAKEN, ignore_errors=True)
    (place / README).unlink(missing_ok=True)
    for image in set(was.images) - set(record.images):
        (place / "images" / _safe(image.file_name)).unlink(missing_ok=True)


def _safe(file_name: str) -> PurePosixPath:
    name = PurePosixPath(file_name)
    if name.is_absolute() or ".." in name.parts:
        raise InvalidDataset(f"the file name {file_name!r} leaves the folder", field="file_name")
    return name
