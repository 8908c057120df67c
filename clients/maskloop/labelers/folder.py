"""People with a tool of their own: each batch is a folder to label, and a file to leave there when it is done.

DIR/round-02/images/…        the images
DIR/round-02/proposals.json  COCO: the images, the vocabulary, and the network's masks with their predicted IoU
DIR/round-02/README.txt      what to do
DIR/round-02/done.json       left by the people: the finished COCO file (for counts and answers: see README.txt)
DIR/round-02/skip.txt        left by the people, if need be: file names of images nobody can label, one a line
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from maskloop.errors import InvalidDataset
from maskloop.formats.files import read_text, write_atomically
from maskloop.formats.problems import Problems
from maskloop.labelers.folder_forms import FOLDER_FORMS
from maskloop.labelers.labeler import Answers, Labeler, Reporter, Task
from maskloop.values import LabelDraft, Pick, SkipReason, SupervisionKind

LOOK_EVERY_S = 1.0
KEEP_EVERY_S = 600.0


class FolderLabeler(Labeler):
    """Writes tasks under `folder` and waits until people have done them.

    Args:
        folder: where the tasks go, made if missing.
        progress: is told what is waited for, and what is wrong with a file.
        sleep: how to wait.
    """

    kinds = tuple(FOLDER_FORMS)

    def __init__(self, folder: Path, progress: Reporter, sleep: Callable[[float], None] = time.sleep) -> None:
        self._folder = folder
        self._progress = progress
        self._sleep = sleep

    def cost_s(self, pick: Pick, kind: SupervisionKind, counts_paid_s: float) -> float:
        """What the server expects it to cost: nobody has looked at the image yet."""
        self.check_kind(kind)
        return pick.cost_s

    def label(self, task: Task) -> Answers:
        """Hand the task out and wait for done.json; a file that does not hold together is told and waited for anew.

        Drafts carry no `seconds_spent`: nobody has held a clock.

        Raises:
            UnsupportedSupervision: a kind that has no form; nothing is written.
            InvalidDataset: a file name leaves the folder.
        """
        self.check_kind(task.kind)
        place = self._folder / task.name
        if not (place / "done.json").exists():
            _hand_out(task, place)
        self._progress.phase("label", f"{len(task.images)} images in {place}: waiting for done.json")
        return self._wait(task, place)

    def _wait(self, task: Task, place: Path) -> Answers:
        done = place / "done.json"
        refused: tuple[object, object] | None = None
        looks = 0
        while True:
            state = _state(done), _state(place / "skip.txt")
            if done.exists() and state != refused:
                try:
                    return _take(task, place)
                except InvalidDataset as error:
                    refused = state
                    self._progress.note(f"{error.message}\nMend it and save it again; the run is waiting.")
            self._sleep(LOOK_EVERY_S)
            looks += 1
            if looks % round(KEEP_EVERY_S / LOOK_EVERY_S) == 0:
                task.keep()


def _state(file: Path) -> tuple[int, int] | None:
    """Changes whenever the file is saved; `None` while it is not there."""
    try:
        state = file.stat()
    except FileNotFoundError:
        return None
    return state.st_mtime_ns, state.st_size


def _hand_out(task: Task, place: Path) -> None:
    (place / "images").mkdir(parents=True, exist_ok=True)
    for image in task.images:
        path = place / "images" / _safe(image.file_name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, task.read_image(image.id))
    form = FOLDER_FORMS[task.kind]
    form.write_start(task, place)
    write_atomically(place / "README.txt", form.readme(task).encode())


def _take(task: Task, place: Path) -> Answers:
    file = place / "done.json"
    skipped = _skipped(task, place / "skip.txt")
    wanted = [image for image in task.images if image.id not in skipped]
    contents = FOLDER_FORMS[task.kind].read(file, wanted, task.categories)
    problems = Problems(file)
    for image in wanted:
        with problems.about(image.file_name):
            contents[image.file_name].check(task.categories, image, "its label")
    problems.raise_if_any()
    return Answers(tuple(LabelDraft(image.id, contents[image.file_name]) for image in wanted), skipped)


def _skipped(task: Task, file: Path) -> dict[str, SkipReason]:
    if not file.exists():
        return {}
    ids = {image.file_name: image.id for image in task.images}
    names = [line.strip() for line in read_text(file).splitlines() if line.strip()]
    unknown = [name for name in names if name not in ids]
    if unknown:
        raise InvalidDataset(f"{file}: {unknown[0]} is no image of this task", field=str(file))
    return {ids[name]: SkipReason.UNUSABLE for name in names}


def _safe(file_name: str) -> PurePosixPath:
    name = PurePosixPath(file_name)
    if name.is_absolute() or ".." in name.parts:
        raise InvalidDataset(f"the file name {file_name!r} leaves the folder", field="file_name")
    return name
