"""People with a tool of their own: each batch is a folder to label, and a file to leave there when it is done.

DIR/round-02/images/…        the images
DIR/round-02/proposals.json  COCO: the images, the vocabulary, and the network's masks with their predicted IoU
DIR/round-02/README.txt      what to do
DIR/round-02/done.json       left by the people: the finished COCO file (for counts and answers: see README.txt)
DIR/round-02/skip.txt        left by the people, if need be: file names of images nobody can label, one a line
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from maskloop.errors import InvalidDataset
from maskloop.formats.coco import read_finished_coco
from maskloop.formats.coco_writing import write_coco
from maskloop.formats.counts import read_counts
from maskloop.formats.files import write_atomically
from maskloop.formats.ood_answers import read_ood_answers
from maskloop.labelers.labeler import Answers, Labeler, Task
from maskloop.loop.progress import Progress
from maskloop.values import Counts, Image, LabelDraft, ObjectLabel, OodAnswer, Pick, SkipReason, SupervisionKind

LOOK_EVERY_S = 1.0
KEEP_EVERY_S = 600.0
FULL_README = """\
{images} images to outline. They are in images/; proposals.json (COCO) has the network's masks to start from.

Outline every object of: {names}.
Save the finished annotations as done.json (COCO instances, categories by these names) beside this file. List an image
without annotations if there is nothing on it. An image nobody can label goes by its file name into skip.txt, before
done.json is saved. The run goes on as soon as done.json is complete.
"""
COUNTS_README = """\
{images} images to count. They are in images/. Count the objects of: {names}.

Save the counts as done.json beside this file; todo.json has its form:
{example}
An image nobody can judge goes by its file name into skip.txt, before done.json is saved. The run goes on as soon as
done.json is complete.
"""
ANSWERS_README = """\
{images} images that should hold nothing, and that a classifier takes for something. They are in images/. Look for:
{names}.

Save what is there as done.json beside this file: for each image one of these names, or "" if none of it is there.
todo.json has its form:
{example}
An image nobody can judge goes by its file name into skip.txt, before done.json is saved. The run goes on as soon as
done.json is complete.
"""

READMES = {
    SupervisionKind.FULL: FULL_README,
    SupervisionKind.COUNTS: COUNTS_README,
    SupervisionKind.OOD_CHECK: ANSWERS_README,
}


class FolderLabeler(Labeler):
    """Writes tasks under `folder` and waits until people have done them.

    Args:
        folder: where the tasks go, made if missing.
        progress: is told what is waited for, and what is wrong with a file.
        sleep: how to wait.
    """

    def __init__(self, folder: Path, progress: Progress, sleep: Callable[[float], None] = time.sleep) -> None:
        self._folder = folder
        self._progress = progress
        self._sleep = sleep

    def cost_s(self, pick: Pick, kind: SupervisionKind, counts_paid_s: float) -> float:
        """What the server expects it to cost: nobody has looked at the image yet."""
        return pick.cost_s

    def label(self, task: Task) -> Answers:
        """Hand the task out and wait for done.json; a file that does not hold together is told and waited for anew."""
        place = self._folder / task.name
        done = place / "done.json"
        if not done.exists():
            _hand_out(task, place)
        self._progress.phase("label", f"{len(task.images)} images in {place}: waiting for done.json")
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
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size


def _hand_out(task: Task, place: Path) -> None:
    (place / "images").mkdir(parents=True, exist_ok=True)
    for image in task.images:
        path = place / "images" / _safe(image.file_name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, task.read_image(image.id))
    if task.kind is SupervisionKind.FULL:
        _write_proposals(task, place / "proposals.json")
    else:
        nothing: object = {} if task.kind is SupervisionKind.COUNTS else ""
        todo = {image.file_name: nothing for image in task.images}
        write_atomically(place / "todo.json", json.dumps(todo, indent=1).encode())
    write_atomically(place / "README.txt", _readme(task).encode())


def _readme(task: Task) -> str:
    names = [category.name for category in task.categories]
    text, said = READMES[task.kind], names[0] if task.kind is SupervisionKind.OOD_CHECK else {names[0]: 2}
    example = json.dumps({task.images[0].file_name: said})
    return text.format(images=len(task.images), names=", ".join(names), example=example)


def _write_proposals(task: Task, path: Path) -> None:
    offered = {image.file_name: task.proposals[image.id].objects for image in task.images if image.id in task.proposals}
    shown = {name: [item for item in objects if item.mask.area] for name, objects in offered.items()}
    labels = {name: [ObjectLabel(item.category_id, item.mask) for item in items] for name, items in shown.items()}
    scores = {name: [item.predicted_iou for item in items] for name, items in shown.items()}
    write_coco(path, task.categories, task.images, labels, scores)


def _take(task: Task, place: Path) -> Answers:
    skipped = _skipped(task, place / "skip.txt")
    wanted = [image for image in task.images if image.id not in skipped]
    if task.kind is SupervisionKind.COUNTS:
        counts = read_counts(place / "done.json", task.categories, [image.file_name for image in wanted])
        return Answers(tuple(_counts_draft(image, counts[image.file_name]) for image in wanted), skipped)
    if task.kind is SupervisionKind.OOD_CHECK:
        answers = read_ood_answers(place / "done.json", task.categories, [image.file_name for image in wanted])
        return Answers(tuple(_answer_draft(image, answers[image.file_name]) for image in wanted), skipped)
    expected = {image.file_name: (image.width, image.height) for image in wanted}
    objects = read_finished_coco(place / "done.json", expected, task.categories)
    return Answers(tuple(_full_draft(image, objects[image.file_name]) for image in wanted), skipped)


def _counts_draft(image: Image, counts: Counts) -> LabelDraft:
    return LabelDraft(image.id, SupervisionKind.COUNTS, counts=counts)


def _answer_draft(image: Image, answer: OodAnswer) -> LabelDraft:
    return LabelDraft(image.id, SupervisionKind.OOD_CHECK, answer=answer)


def _full_draft(image: Image, objects: tuple[ObjectLabel, ...]) -> LabelDraft:
    return LabelDraft(image.id, SupervisionKind.FULL, objects=objects)


def _skipped(task: Task, file: Path) -> dict[str, SkipReason]:
    if not file.exists():
        return {}
    ids = {image.file_name: image.id for image in task.images}
    names = [line.strip() for line in file.read_text().splitlines() if line.strip()]
    unknown = [name for name in names if name not in ids]
    if unknown:
        raise InvalidDataset(f"{file}: {unknown[0]} is no image of this task", field=str(file))
    return {ids[name]: SkipReason.UNUSABLE for name in names}


def _safe(file_name: str) -> PurePosixPath:
    name = PurePosixPath(file_name)
    if name.is_absolute() or ".." in name.parts:
        raise InvalidDataset(f"the file name {file_name!r} leaves the folder", field="file_name")
    return name
