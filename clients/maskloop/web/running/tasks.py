"""The tasks of a run: the one that it waits for, and those of before, whose labels people may still mend."""

from __future__ import annotations

import threading
from pathlib import Path

from maskloop.errors import ImageNotFound, InvalidLabel
from maskloop.formats.files import check_writable
from maskloop.values import Image, SupervisionKind
from maskloop.web.running.answers import AnswerBook
from maskloop.web.running.record import TaskRecord, records_in
from maskloop.web.running.task import RunFacts, RunTask


class RunTasks:
    """The tasks of one run, and where they are kept. Threads share it, under its `lock`.

    Args:
        folder: where what people say is kept, made when the first task is offered.
        facts: of the run.

    Raises:
        FailedPrecondition: the folder is another run's.
        InvalidDataset: a file in it was changed so that it cannot be read.
    """

    def __init__(self, folder: Path, facts: RunFacts) -> None:
        self.folder = folder
        self.facts = facts
        self.lock = threading.RLock()
        self._records = dict(records_in(folder, facts.name))
        self._books: dict[Path, AnswerBook] = {}
        self._known: dict[str, RunTask] = {}
        self._open: RunTask | None = None
        self._ended = ""
        self.waiting: set[str] = set()
        """Annotators who have asked for images and do not know yet that the run has ended."""

    @property
    def open(self) -> RunTask | None:
        """The task that the run waits for; `None` while it waits for none."""
        return self._open

    @property
    def ended(self) -> str:
        """How the run ended; "" while it goes on."""
        return self._ended

    def offer(self, task: RunTask) -> None:
        """Have a task labeled. What was said of its images before stays.

        Raises:
            FailedPrecondition, StorageFull: nothing can be written.
        """
        with self.lock:
            check_writable(self.folder)
            before = self._records.get(task.name)
            numbers = [each.number for each in self._records.values()]
            number = before.number if before else max(numbers, default=0) + 1
            record = TaskRecord(self.facts.name, task.name, number, task.kind, task.image_ids)
            if record != before:
                record.write(self.folder / task.name)
                self._records[task.name] = record
            self._known[task.name] = self._open = task

    def withdraw(self) -> None:
        """Have nothing labeled for now; labels that come all the same are still kept."""
        with self.lock:
            self._open = None

    def end(self, sentence: str) -> None:
        """The run has ended, which the sentence tells all who ask for images."""
        with self.lock:
            self._open, self._ended = None, sentence

    def remember(self, task: RunTask) -> None:
        """Know a task of before again, whose proposals are shown with corrections of its labels."""
        with self.lock:
            self._known[task.name] = task

    def record(self, name: str) -> TaskRecord | None:
        """The task's record, `None` of one that was never offered."""
        with self.lock:
            return self._records.get(name)

    def known(self, name: str) -> RunTask | None:
        """A task that this process was told of."""
        with self.lock:
            return self._known.get(name)

    def book(self, name: str) -> AnswerBook:
        """What was said of the images of a task that was offered."""
        with self.lock:
            place = self.folder / name / self._records[name].kind
            if place not in self._books:
                self._books[place] = AnswerBook(place)
            return self._books[place]

    def open_ids(self, name: str) -> tuple[str, ...]:
        """The images of a task that was offered of which nobody has said anything yet, in their order."""
        with self.lock:
            record, book = self._records[name], self.book(name)
            return tuple(each for each in record.images if book.last_of(each) is None)

    def image(self, image_id: str) -> Image:
        """An image's facts.

        Raises:
            ImageNotFound: the run has none of that id.
        """
        found = self.facts.images.get(image_id)
        if found is None:
            raise ImageNotFound(f"the run has no image {image_id!r:.80}", field="image_id")
        return found

    def asking(self, image_id: str, kind: SupervisionKind) -> TaskRecord | None:
        """The last task that asks for labels of this kind of an image."""
        with self.lock:
            found = (each for each in self._records.values() if each.kind is kind and image_id in each.images)
            return max(found, key=lambda each: each.number, default=None)

    def asked(self, image_id: str, kind: SupervisionKind) -> TaskRecord:
        """The same, of a label that is handed in.

        Raises:
            ImageNotFound: the run has no image of that id.
            InvalidLabel: nobody was asked for it.
        """
        self.image(image_id)
        found = self.asking(image_id, kind)
        if found is None:
            raise InvalidLabel(
                f"image {image_id}: nobody is asked for labels of kind {kind} of it", field="labels.kind"
            )
        return found
