"""People with a browser: every task is shown on a page, which many may label at once.

What they say is on disk, under FOLDER/TASK/, before the page tells them so; see `maskloop.web.running.answers`. The
leases of the server are the run's; those of people are the page's.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from types import TracebackType

from maskloop.labelers.folder_checks import say_same
from maskloop.labelers.labeler import Answers, Labeler, Reporter, Task
from maskloop.values import (
    Assist,
    ImageProposals,
    LabelContent,
    LabelDraft,
    Pick,
    SkipReason,
)
from maskloop.web.running.answers import Answer, AnswerBook, Taken
from maskloop.web.running.task import RunTask
from maskloop.web.running.tasks import RunTasks

LOOK_EVERY_S = 0.5
KEEP_EVERY_S = 600.0
TELL_END_S = 4.0
"""Pages ask for images every few seconds while there are none; so long the page stays to tell that the run ended."""
ENDED = "The run has ended; nothing is left to label. Its report is in its working directory."


class WebLabeler(Labeler):
    """Has people label on a page, and waits until they have.

    Args:
        tasks: of the run; the page shows them.
        page: opens the page, and says its address; it is opened once, and closed when this is left.
        progress: is told the address, and what is waited for.
        sleep: how to wait.
    """

    waits = True

    def __init__(
        self,
        tasks: RunTasks,
        page: Callable[[], AbstractContextManager[str]],
        progress: Reporter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tasks = tasks
        self._page = page
        self._progress = progress
        self._sleep = sleep
        self._opened = ExitStack()
        self._address = ""

    def open(self) -> None:
        """Open the page, unless it is open: people see that the run is at work before there is a task.

        Raises:
            FailedPrecondition: it cannot be opened where it is to be.
        """
        if not self._address:
            self._address = self._opened.enter_context(self._page())
            self._progress.note(f"Label at {self._address}")

    def __enter__(self) -> WebLabeler:
        """Open the page."""
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the page. Where the run has ended as it should, people who wait for images are told before."""
        with self._opened:
            if error is None:
                self._tasks.end(ENDED)
                for _ in range(round(TELL_END_S / LOOK_EVERY_S)):
                    if not self._tasks.waiting:
                        break
                    self._sleep(LOOK_EVERY_S)

    def costs_s(self, task: Task, picks: Sequence[Pick]) -> dict[str, float]:
        """What the server expects them to cost: nobody has looked at the images yet."""
        self.check_kind(task.kind)
        return {pick.image_id: pick.cost_s for pick in picks}

    def label(self, task: Task) -> Answers:
        """Show the task on the page, and wait until every image is labeled or passed over, or the run is to end.

        Drafts carry the seconds that the page measured. What was answered once is answered again.

        Raises:
            UnsupportedSupervision: a kind that it does not give; nothing is written.
            FailedPrecondition: nothing can be written, or the page cannot be opened.
        """
        self.check_kind(task.kind)
        record, ids = self._tasks.record(task.name), {image.id for image in task.images}
        if record is None or record.kind is not task.kind or not ids <= self._tasks.book(task.name).taken.first.keys():
            self.open()
            self._tasks.offer(_as_run_task(task))
            try:
                self._wait(task)
            finally:
                self._tasks.withdraw()
            _take_first(self._tasks.book(task.name), task)
        return _first(task, self._tasks.book(task.name))

    def revised(self, task: Task, known: Mapping[str, LabelContent]) -> Answers:
        """What people have since said on the page; never waits."""
        self.check_kind(task.kind)
        record = self._tasks.record(task.name)
        if record is None or record.kind is not task.kind:
            return Answers((), later=tuple(image.id for image in task.images if image.id not in known))
        if self._tasks.known(task.name) is None:
            self._tasks.remember(_as_run_task(task))
        return _since(task, self._tasks.book(task.name), known)

    def _wait(self, task: Task) -> None:
        """Until something is said of every image, or the run is over."""
        told, looks = -1, 0
        while (left := len(self._tasks.open_ids(task.name))) and not task.is_over():
            if left != told:
                images = "1 image" if len(task.images) == 1 else f"{len(task.images)} images"
                self._progress.phase("label", f"{left} of {images} left to label at {self._address}")
                told = left
            self._sleep(LOOK_EVERY_S)
            looks += 1
            if looks % round(KEEP_EVERY_S / LOOK_EVERY_S) == 0:
                task.keep()


def _as_run_task(task: Task) -> RunTask:
    """The task as the page needs it. People who are helped, by a network that takes prompts, may prompt it."""

    def shown(image_id: str) -> ImageProposals | None:
        if task.assistance.assist is Assist.NONE or image_id not in task.proposals:
            return None
        version = task.shown_version(image_id)
        return replace(task.proposals[image_id], model_version=version, objects=task.shown(image_id))

    helps = task.assistance.assist is not Assist.NONE and task.propose is not None and task.takes_prompts()
    return RunTask(
        task.name,
        task.kind,
        tuple(image.id for image in task.images),
        shown,
        task.propose if helps else None,
        task.picks,
        task.counts_paid_s,
        task.for_test,
        replace(task.assistance, assist=Assist.BOXES) if helps else task.assistance,
    )


def _take_first(book: AnswerBook, task: Task) -> None:
    """Keep what of the answers is the first that the run is told; nothing while there is none at all.

    What was taken of an image before, when fewer images were asked for, stays taken.
    """
    before = book.taken
    first = {image.id: before.first.get(image.id) or len(book.all_of(image.id)) for image in task.images}
    if any(first.values()):
        last = {id_: max(number, before.last.get(id_, 0)) for id_, number in first.items()}
        book.take(Taken({**before.first, **first}, {**before.last, **last}))


def _first(task: Task, book: AnswerBook) -> Answers:
    """What the run was told first of a task's images."""
    drafts: list[LabelDraft] = []
    passed_over: dict[str, SkipReason] = {}
    later: list[str] = []
    for image in task.images:
        said = book.all_of(image.id)[: book.taken.first.get(image.id, 0)]
        if not said:
            later.append(image.id)
        elif said[-1].skipped is not None:
            passed_over[image.id] = said[-1].skipped
        else:
            drafts.append(_draft(said))
    return Answers(tuple(drafts), passed_over, tuple(later))


def _since(task: Task, book: AnswerBook, known: Mapping[str, LabelContent]) -> Answers:
    """What was said since the run was told last. It is kept as told once the record says the same."""
    drafts: list[LabelDraft] = []
    passed_over: dict[str, SkipReason] = {}
    later: list[str] = []
    told = dict(book.taken.last)
    for image in task.images:
        every = book.all_of(image.id)
        on_record = [each.number for each in every if _says(each, known.get(image.id))]
        told[image.id] = max([told.get(image.id, 0), *on_record])
        new = every[told[image.id] :]
        if new and new[-1].skipped is None:
            drafts.append(_draft(new))
        elif new and new[-1].skipped is not None:
            passed_over[image.id] = new[-1].skipped  # again and again: the run may die before it has noted it
        elif not every and image.id not in known:
            later.append(image.id)
    book.take(Taken(book.taken.first, {id_: number for id_, number in told.items() if number}))
    return Answers(tuple(drafts), passed_over, tuple(later))


def _says(answer: Answer, content: LabelContent | None) -> bool:
    return content is not None and answer.label is not None and say_same(answer.label.content, content)


def _draft(said: Sequence[Answer]) -> LabelDraft:
    """The last of these labels of an image, with the seconds that all of them took, as far as they were measured."""
    labels = [each.label for each in said if each.label is not None]
    seconds = [label.seconds_spent for label in labels if label.seconds_spent is not None]
    return LabelDraft(labels[-1].image_id, labels[-1].content, math.fsum(seconds) if seconds else None)
