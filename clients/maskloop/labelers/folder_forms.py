"""What the folder labeler shows people for each kind of label, and how it reads what they leave."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from maskloop.formats.coco import boxes_document, read_finished_boxes, read_finished_coco
from maskloop.formats.coco.writing import write_coco
from maskloop.formats.counts import read_counts
from maskloop.formats.files import write_atomically
from maskloop.formats.image_level import read_image_level
from maskloop.formats.marks import GROUND, Sizes, read_points, read_scribbles
from maskloop.formats.ood_answers import read_ood_answers
from maskloop.labelers.labeler import Task
from maskloop.pages.wording import say_count
from maskloop.values import (
    Box,
    BoxesLabel,
    Category,
    FullLabel,
    Image,
    LabelContent,
    ObjectLabel,
    SupervisionKind,
)

FULL_README = """\
{images} to outline, in images/. {start}

Outline every object of: {names}.
Save the finished annotations as done.json (COCO instances, categories by these names) beside this file. List an image
without annotations if there is nothing on it. An image nobody can label goes by its file name into skip.txt, before
done.json is saved. The run goes on as soon as done.json is complete.
"""
REVIEW = """
Leave what is right, mend what is nearly right, remove what is wrong, and add what is missing: what you leave as it is
counts as accepted, what you change as mended, what you remove as rejected."""
BOXES_README = """\
{images} to box, in images/. {start}

Draw a tight box around every object of: {names}.
Save the finished annotations as done.json (COCO with bbox, categories by these names) beside this file. List an image
without annotations if there is nothing on it. An image nobody can label goes by its file name into skip.txt, before
done.json is saved. The run goes on as soon as done.json is complete.
"""
IMAGE_LEVEL_README = """\
{images} to look at, in images/. Say which of these each holds: {names}.

Save the names as done.json beside this file; todo.json has its form, [] for an image with none of them:
{example}
An image nobody can judge goes by its file name into skip.txt, before done.json is saved. The run goes on as soon as
done.json is complete.
"""
COUNTS_README = """\
{images} to count, in images/. Count the objects of: {names}.

Save the counts as done.json beside this file; todo.json has its form:
{example}
An image nobody can judge goes by its file name into skip.txt, before done.json is saved. The run goes on as soon as
done.json is complete.
"""
POINTS_README = """\
{images} to point at, in images/. Put one point on every object of: {names}.

Save the points as done.json beside this file; todo.json has its form, [] for an image with nothing on it:
{example}
x and y are pixels from the left and the upper edge. What LabelMe saves of an image (shapes of type point) may stand
there in place of the list. An image nobody can label goes by its file name into skip.txt, before done.json is saved.
The run goes on as soon as done.json is complete.
"""
SCRIBBLES_README = """\
{images} to scribble on, in images/. Draw one stroke along every object of: {names}.

Save the strokes as done.json beside this file; todo.json has its form, [] for an image with nothing on it:
{example}
x and y are pixels from the left and the upper edge, a stroke's corners in their order. Strokes named {ground} are on
what holds no object; nobody has to draw any. What LabelMe saves of an image (shapes of type linestrip, line or point)
may stand there in place of the list. An image nobody can label goes by its file name into skip.txt, before done.json is
saved. The run goes on as soon as done.json is complete.
"""
ANSWERS_README = """\
{images} of what should hold nothing, and what a classifier takes for something. Look in images/ for: {names}.

Save what is there as done.json beside this file: for each image one of these names, or "" if none of it is there.
todo.json has its form:
{example}
An image nobody can judge goes by its file name into skip.txt, before done.json is saved. The run goes on as soon as
done.json is complete.
"""


class FolderForm(ABC):
    """How a task of one kind looks in its folder.

    Class attributes:
        start: name of the file that people begin with.
    """

    start: ClassVar[str] = "proposals.json"

    @abstractmethod
    def readme(self, task: Task) -> str:
        """What to do, for people."""

    @abstractmethod
    def write_start(self, task: Task, place: Path) -> None:
        """Write the file that people begin with into the folder `place`."""

    @abstractmethod
    def read(self, file: Path, images: Sequence[Image], categories: Sequence[Category]) -> Mapping[str, LabelContent]:
        """What people left in `file` (done.json) of these images, by file name; other images are ignored.

        Raises:
            InvalidDataset: the file cannot be read, lacks an image, or says what cannot be of it; names file and image.
        """


@dataclass(frozen=True)
class OutlineForm(FolderForm):
    """Masks as COCO instances: proposals.json to start from, done.json with the finished annotations."""

    text: str

    def readme(self, task: Task) -> str:
        """What to do, for people."""
        return self.text.format(images=_images(task), start=_start_outlining(task), names=_names(task))

    def write_start(self, task: Task, place: Path) -> None:
        """Write proposals.json: the images, the vocabulary, and the network's masks that people are shown, with their
        predicted IoU and the id of each."""
        shown = {image.file_name: task.shown(image.id) for image in task.images}
        labels = {name: [ObjectLabel(item.category_id, item.mask) for item in items] for name, items in shown.items()}
        scores = {name: [item.predicted_iou for item in items] for name, items in shown.items()}
        ids = {name: [item.id for item in items] for name, items in shown.items()}
        write_coco(place / self.start, task.categories, task.images, labels, scores, proposal_ids=ids)

    def read(self, file: Path, images: Sequence[Image], categories: Sequence[Category]) -> Mapping[str, LabelContent]:
        """Full labels from a COCO file."""
        expected = {image.file_name: (image.width, image.height) for image in images}
        objects = read_finished_coco(file, expected, categories)
        return {name: FullLabel(outlined) for name, outlined in objects.items()}


@dataclass(frozen=True)
class BoxForm(FolderForm):
    """Boxes as COCO without segmentations: proposals.json to start from, done.json with the finished annotations."""

    text: str

    def readme(self, task: Task) -> str:
        """What to do, for people."""
        found = (task.proposals[image.id] for image in task.images if image.id in task.proposals)
        any_found = any(item.mask.area for proposals in found for item in proposals.objects)
        return self.text.format(images=_images(task), start=_start(any_found, "boxes"), names=_names(task))

    def write_start(self, task: Task, place: Path) -> None:
        """Write proposals.json: the images, the vocabulary, and boxes around the network's masks with their IoU."""
        shown = {
            image.file_name: [item for item in task.proposals[image.id].objects if item.mask.area]
            for image in task.images
            if image.id in task.proposals
        }
        boxes = {name: [Box(item.category_id, *item.mask.box) for item in items] for name, items in shown.items()}
        scores = {name: [item.predicted_iou for item in items] for name, items in shown.items()}
        document = boxes_document(task.categories, task.images, boxes, scores)
        write_atomically(place / "proposals.json", json.dumps(document).encode())

    def read(self, file: Path, images: Sequence[Image], categories: Sequence[Category]) -> Mapping[str, LabelContent]:
        """Labels of boxes from a COCO file."""
        expected = {image.file_name: (image.width, image.height) for image in images}
        boxed = read_finished_boxes(file, expected, categories)
        return {name: BoxesLabel(boxes) for name, boxes in boxed.items()}


@dataclass(frozen=True)
class JsonForm(FolderForm):
    """One JSON value an image, by file name: todo.json to fill in, done.json filled in.

    Args:
        text: of the README.
        nothing: the value of an image with nothing on it, as todo.json has it.
        example: the README's value, with the name of a category in it.
        read_json: reads such a file.
    """

    start = "todo.json"

    text: str
    nothing: object
    example: Callable[[str], object]
    read_json: Callable[[Path, Iterable[Category], Iterable[str]], Mapping[str, LabelContent]]

    def readme(self, task: Task) -> str:
        """What to do, for people."""
        example = json.dumps({task.images[0].file_name: self.example(task.categories[0].name)})
        return self.text.format(images=_images(task), names=_names(task), example=example)

    def write_start(self, task: Task, place: Path) -> None:
        """Write todo.json: every image, with nothing on it."""
        _write_todo(task, place / self.start, self.nothing)

    def read(self, file: Path, images: Sequence[Image], categories: Sequence[Category]) -> Mapping[str, LabelContent]:
        """Labels from a JSON file."""
        return self.read_json(file, categories, [image.file_name for image in images])


@dataclass(frozen=True)
class MarksForm(FolderForm):
    """LabelMe's shapes, or its documents, by file name: todo.json to fill in, done.json filled in.

    Args:
        text: of the README.
        example: the corners of the README's shape.
        read_marks: reads such a file.
    """

    start = "todo.json"

    text: str
    example: tuple[tuple[float, float], ...]
    read_marks: Callable[[Path, Sizes, Iterable[Category]], Mapping[str, LabelContent]]

    def readme(self, task: Task) -> str:
        """What to do, for people."""
        shape = {"label": task.categories[0].name, "points": self.example}
        example = json.dumps({task.images[0].file_name: [shape]})
        return self.text.format(images=_images(task), names=_names(task), example=example, ground=GROUND)

    def write_start(self, task: Task, place: Path) -> None:
        """Write todo.json: every image, with nothing on it."""
        _write_todo(task, place / self.start, [])

    def read(self, file: Path, images: Sequence[Image], categories: Sequence[Category]) -> Mapping[str, LabelContent]:
        """Points or strokes from a JSON file."""
        return self.read_marks(file, {image.file_name: (image.width, image.height) for image in images}, categories)


def _write_todo(task: Task, file: Path, nothing: object) -> None:
    """Write what is to be filled in: every image, with nothing on it."""
    write_atomically(file, json.dumps({image.file_name: nothing for image in task.images}, indent=1).encode())


def _images(task: Task) -> str:
    return say_count(len(task.images), "image")


def _start(any_found: bool, what: str) -> str:
    """What proposals.json has: nothing while there is no network, or where people are to draw."""
    if any_found:
        return f"proposals.json (COCO) has the network's {what} to start from."
    return "proposals.json (COCO) has their names alone: no network proposes anything yet."


def _start_outlining(task: Task) -> str:
    any_shown = any(task.shown(image.id) for image in task.images)
    return _start(any_shown, "masks") + (REVIEW if any_shown else "")


def _names(task: Task) -> str:
    return ", ".join(category.name for category in task.categories)


FOLDER_FORMS: Mapping[SupervisionKind, FolderForm] = {
    SupervisionKind.IMAGE_LEVEL: JsonForm(IMAGE_LEVEL_README, [], lambda name: [name], read_image_level),
    SupervisionKind.COUNTS: JsonForm(COUNTS_README, {}, lambda name: {name: 2}, read_counts),
    SupervisionKind.POINTS: MarksForm(POINTS_README, ((412, 230.5),), read_points),
    SupervisionKind.SCRIBBLES: MarksForm(SCRIBBLES_README, ((12, 30), (15.5, 80), (20, 140)), read_scribbles),
    SupervisionKind.BOXES: BoxForm(BOXES_README),
    SupervisionKind.FULL: OutlineForm(FULL_README),
    SupervisionKind.OOD_CHECK: JsonForm(ANSWERS_README, "", lambda name: name, read_ood_answers),
}
