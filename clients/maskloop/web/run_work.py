"""Work of one run: the task that it waits for, shared by all who label on its page.

FOLDER/leases.json    who has which images
FOLDER/round-02/…     a task: its record, and what was said of its images; see `running.answers`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from maskloop.errors import (
    FailedPrecondition,
    InvalidArgument,
    ProjectNotFound,
    UnsupportedPrompts,
)
from maskloop.values import (
    UNAIDED,
    Assist,
    Batch,
    Image,
    ImageProposals,
    Label,
    Pick,
    Project,
    Prompt,
    PromptedProposals,
    SkipReason,
    Split,
    SupervisionKind,
    check_prompts,
)
from maskloop.web.running.intake import Intake
from maskloop.web.running.leases import LEASE_S, Held, Leases
from maskloop.web.running.task import RunTask
from maskloop.web.running.tasks import RunTasks
from maskloop.web.work import HandIn, Wish, WorkSource

CAMPAIGN = "campaign"
MOST_ANNOTATOR = 128
BETWEEN_TASKS = "The network learns from what was labeled; more images come in a moment."
ALL_IN_HANDS = "Others have all images of this task; more come with the next one, or when one is given back."
OTHER_KIND = "The run asks for labels of kind {kind} now."


class RunWork(WorkSource):
    """What one run has people label. Threads share it.

    Args:
        tasks: of the run, which offers and withdraws them.
        now: tells the time.
        lease_s: how long annotators keep images without a word, in seconds.

    Raises:
        InvalidDataset: a file was changed so that it cannot be read.
    """

    def __init__(
        self, tasks: RunTasks, now: Callable[[], datetime] = lambda: datetime.now(UTC), lease_s: float = LEASE_S
    ) -> None:
        self._tasks = tasks
        self._now = now
        self._leases = Leases(tasks.folder / "leases.json", now, lease_s)
        self._intake = Intake(tasks, self._leases, now)

    def projects(self) -> Sequence[Project]:
        """The run's project."""
        return (self._tasks.facts.project,)

    def campaigns(self, project_id: str) -> Sequence[str]:
        """Its campaign."""
        self._check(project_id)
        return (CAMPAIGN,)

    def lease(self, project_id: str, wish: Wish) -> Batch:
        """Images of the task that the run waits for.

        An annotator who has images of it gets these. Where there are none to be had, the batch is empty and `fallback`
        says why; it is `exhausted` once none will come any more.
        """
        self._check(project_id)
        if not 1 <= len(wish.annotator) <= MOST_ANNOTATOR:
            raise InvalidArgument(f"a name has 1 to {MOST_ANNOTATOR} characters", field="annotator")
        if wish.images < 1:
            raise InvalidArgument(f"{wish.images} images are asked for; 1 is the least", field="images")
        with self._tasks.lock:
            task = self._tasks.open
            self._note_asking(wish.annotator)
            if task is None:
                return self._nothing(wish, self._tasks.ended or BETWEEN_TASKS, has_ended=bool(self._tasks.ended))
            if wish.kind not in (None, task.kind):
                return self._nothing(wish, OTHER_KIND.format(kind=task.kind))
            open_ids = self._tasks.open_ids(task.name)
            held = self._leases.lease(task.name, wish.annotator, open_ids, wish.images)
            return self._batch(held) if held else self._nothing(wish, ALL_IN_HANDS if open_ids else BETWEEN_TASKS)

    def batch(self, project_id: str, batch_id: str) -> Batch:
        """A batch, with the images that are still leased."""
        self._check(project_id)
        with self._tasks.lock:
            return self._batch(self._leases.batch(batch_id), only_leased=True)

    def renew(self, project_id: str, batch_id: str, annotator: str) -> Batch:
        """Prolong leases, and take up expired ones."""
        self._check(project_id)
        with self._tasks.lock:
            task = self._leases.batch(batch_id, annotator).task
            return self._batch(self._leases.renew(batch_id, annotator, self._tasks.open_ids(task)))

    def release(self, project_id: str, batch_id: str, annotator: str, image_ids: Sequence[str]) -> None:
        """Give images back."""
        self._check(project_id)
        with self._tasks.lock:
            self._leases.release(batch_id, annotator, image_ids)

    def skip(self, project_id: str, batch_id: str, annotator: str, image_id: str, reason: SkipReason) -> None:
        """Pass over one image."""
        self._check(project_id)
        self._intake.skip(batch_id, annotator, image_id, reason)

    def image(self, project_id: str, image_id: str) -> Image:
        """An image's facts."""
        self._check(project_id)
        return self._tasks.image(image_id)

    def read_image(self, project_id: str, image_id: str) -> bytes:
        """An image's file."""
        return self._tasks.facts.read_image(self.image(project_id, image_id).id)

    def proposals(self, batch: Batch, image_id: str) -> ImageProposals | None:
        """The masks that the task shows of an image."""
        self.image(batch.project_id, image_id)
        task = self._tasks.known(self._leases.batch(batch.id).task)
        return task.shown(image_id) if task is not None else None

    def propose(
        self, project_id: str, image_id: str, prompts: Sequence[Prompt], model_version: str
    ) -> PromptedProposals:
        """Masks of what each prompt shows, by the network that helps with the task; whatever `model_version` says.

        They are on disk before people see them: a label that names them is known by them after a restart.
        """
        image = self.image(project_id, image_id)
        task = self._asking(image_id)
        if task is None:
            raise FailedPrecondition(
                f"{image.file_name}: the run does not ask for outlines of it now", field="image_id"
            )
        if task.propose is None or task.assistance.assist is Assist.NONE:
            why = "networks are measured by it" if task.for_test else "no network helps yet that takes prompts"
            raise UnsupportedPrompts(f"{image.file_name} is to be drawn: {why}", field="prompts")
        check_prompts(prompts, self._tasks.facts.project.categories, image)
        answer = task.propose(image_id, prompts)
        self._tasks.book(task.name).keep_prompted(image_id, answer)
        return answer

    def label(self, project_id: str, image_id: str, kind: SupervisionKind) -> Label | None:
        """What is on record of an image."""
        self.image(project_id, image_id)
        with self._tasks.lock:
            record = self._tasks.asking(image_id, kind)
            return self._tasks.book(record.task).label_of(image_id) if record is not None else None

    def submit(self, project_id: str, hand_in: HandIn) -> Sequence[Label]:
        """Keep labels, all or none; they are on disk when this returns."""
        self._check(project_id)
        return self._intake.take(hand_in)

    def _note_asking(self, annotator: str) -> None:
        if self._tasks.ended:
            self._tasks.waiting.discard(annotator)
        else:
            self._tasks.waiting.add(annotator)

    def _asking(self, image_id: str) -> RunTask | None:
        """The task that asks for outlines of an image, as far as this process was told of it."""
        record = self._tasks.asking(image_id, SupervisionKind.FULL)
        return self._tasks.known(record.task) if record is not None else None

    def _check(self, project_id: str) -> None:
        if project_id != self._tasks.facts.project.id:
            raise ProjectNotFound(f"the run has no project {project_id!r:.80}", field="project_id")

    def _batch(self, held: Held, *, only_leased: bool = False) -> Batch:
        """A batch as the page sees it, with the images that are still open.

        Args:
            held: the batch.
            only_leased: whether a lease that has run out leaves no image.
        """
        open_ids, task = self._tasks.open_ids(held.task), self._tasks.known(held.task)
        until = datetime.fromtimestamp(held.until_s, UTC)
        is_over = only_leased and until <= self._now()
        picks = task.picks if task is not None else {}
        record = self._tasks.record(held.task)
        return Batch(
            held.id,
            self._tasks.facts.project.id,
            CAMPAIGN,
            held.annotator,
            record.kind if record is not None else SupervisionKind.FULL,
            "",
            tuple(
                picks.get(image_id) or Pick(image_id, "", 0.0)
                for image_id in held.image_ids
                if image_id in open_ids and not is_over
            ),
            until,
            model_version=task.assistance.model_version if task is not None else "",
            for_split=Split.TEST if task is not None and task.for_test else None,
            assistance=task.assistance if task is not None else UNAIDED,
        )

    def _nothing(self, wish: Wish, why: str, *, has_ended: bool = False) -> Batch:
        return Batch(
            "",
            self._tasks.facts.project.id,
            CAMPAIGN,
            wish.annotator,
            wish.kind or SupervisionKind.FULL,
            "",
            (),
            self._now(),
            exhausted=has_ended,
            fallback=why,
        )
