"""What people hand in on the page of a run: checked as the server checks it, and on disk before it is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from maskloop.convert.text import draft_to_text
from maskloop.costs.cost_model import CostModel
from maskloop.errors import (
    AlreadyExists,
    FailedPrecondition,
    ForeignLease,
    InvalidArgument,
    InvalidLabel,
    LeaseLost,
    RequestIdReused,
)
from maskloop.values import FullLabel, Label, LabelDraft, Offered, SkipReason, check_named
from maskloop.web.running.answers import Answer, AnswerBook
from maskloop.web.running.leases import Leases
from maskloop.web.running.record import TaskRecord
from maskloop.web.running.tasks import RunTasks
from maskloop.web.work import HandIn

MOST_SECONDS_SPENT = 1e7
"""The server takes no more."""


@dataclass(frozen=True)
class _Asked:
    """A draft, the task that asked for it, and what was handed in, as a digest."""

    draft: LabelDraft
    record: TaskRecord
    book: AnswerBook
    digest: str


class Intake:
    """Takes labels in.

    Args:
        tasks: of the run.
        leases: who has which images.
        now: tells the time.
    """

    def __init__(self, tasks: RunTasks, leases: Leases, now: Callable[[], datetime]) -> None:
        self._tasks = tasks
        self._leases = leases
        self._now = now

    def take(self, hand_in: HandIn) -> tuple[Label, ...]:
        """Keep labels, all or none; they are on disk when this returns. In the order of the drafts.

        A call that comes again is answered as before. Of one that a crash cut off, the rest is kept when it comes
        again.

        Raises:
            InvalidArgument, InvalidLabel, InvalidMask: a label that cannot be; names its image.
            RequestIdReused: the call came before with other labels.
            AlreadyExists, FailedPrecondition: the image has a label, or another one by now.
            ForeignLease, LeaseLost: another annotator has the image.
            ImageNotFound, BatchNotFound: the run has no such image or batch.
            StorageFull: the disk is full.
        """
        drafts = self._asked(hand_in.drafts)
        with self._tasks.lock:
            before = self._before(drafts, hand_in.request_id)
        new = [each for each in drafts if each.draft.image_id not in before]
        completed = {each.draft.image_id: self._completed(each) for each in new}  # which may ask the server
        with self._tasks.lock:
            before = self._before(drafts, hand_in.request_id)  # the same call may have come twice at once
            new = [each for each in new if each.draft.image_id not in before]
            for each in new:
                self._check(each, hand_in)
            for each in new:
                before[each.draft.image_id] = self._keep(each, completed[each.draft.image_id], hand_in)
        return tuple(_with_successor(before[each.draft.image_id], each.book) for each in drafts)

    def skip(self, batch_id: str, annotator: str, image_id: str, reason: SkipReason) -> None:
        """Pass over an image; that is on disk when this returns.

        Raises:
            BatchNotFound, ImageNotFound: the run has no such batch, or the batch never had the image.
            ForeignLease, LeaseLost: another annotator has the image.
            FailedPrecondition: it was labeled already.
        """
        with self._tasks.lock:
            held = self._leases.batch(batch_id, annotator)
            image = self._tasks.image(image_id)
            record, book = self._tasks.record(held.task), self._tasks.book(held.task)
            if record is None or image_id not in record.images:
                raise InvalidArgument(f"image {image_id} was never in batch {batch_id}", field="image_id")
            last = book.last_of(image_id)
            if last is not None and last.label is not None:
                raise FailedPrecondition(f"{image.file_name} has a label already, which stays", field="image_id")
            if last is None:
                self._check_hands(held.task, image_id, annotator, batch_id)
                book.keep(Answer(image_id, book.next_number(image_id), annotator, "", skipped=reason))

    def _asked(self, drafts: Sequence[LabelDraft]) -> list[_Asked]:
        if not drafts:
            raise InvalidArgument("no label is handed in", field="labels")
        found: dict[str, _Asked] = {}
        for draft in drafts:
            if draft.image_id in found:
                raise InvalidArgument(f"image {draft.image_id} is labeled twice in one call", field="labels.image_id")
            if (draft.seconds_spent or 0.0) > MOST_SECONDS_SPENT:
                raise InvalidLabel(
                    f"image {draft.image_id}: {draft.seconds_spent:g} seconds; {MOST_SECONDS_SPENT:g} are the most",
                    field="labels.seconds_spent",
                )
            record = self._tasks.asked(draft.image_id, draft.kind)
            digest = hashlib.sha256(draft_to_text(draft).encode()).hexdigest()
            found[draft.image_id] = _Asked(draft, record, self._tasks.book(record.task), digest)
        return list(found.values())

    def _before(self, drafts: Sequence[_Asked], request_id: str) -> dict[str, Answer]:
        """What this call has left before, by image id."""
        known = {each.record.task: each.book.of_request(request_id) for each in drafts}
        digests = {(each.record.task, each.draft.image_id): each.digest for each in drafts}
        for task, answers in known.items():
            for image_id, answer in answers.items():
                if digests.get((task, image_id)) != answer.digest:
                    raise RequestIdReused(
                        f"request {request_id!r:.80} came before, with something else", field="request_id"
                    )
        return {image_id: answer for answers in known.values() for image_id, answer in answers.items()}

    def _check(self, asked: _Asked, hand_in: HandIn) -> None:
        draft, image = asked.draft, self._tasks.image(asked.draft.image_id)
        current = asked.book.label_of(draft.image_id)
        if draft.supersedes and (current is None or current.id != draft.supersedes):
            now = f"is {current.id} by now" if current else "does not exist"
            raise FailedPrecondition(
                f"{image.file_name}: label {draft.supersedes:.80} is no longer the one to correct, which {now}",
                field="labels.supersedes",
            )
        if current is not None and not draft.supersedes:
            raise AlreadyExists(
                f"{image.file_name} has a label already, by {current.annotator}; a correction supersedes it",
                field="labels.supersedes",
                label_id=current.id,
            )
        if current is None:
            self._check_hands(asked.record.task, draft.image_id, hand_in.annotator, hand_in.batch_id)

    def _check_hands(self, task: str, image_id: str, annotator: str, batch_id: str) -> None:
        """A lease that ran out still serves, as long as nobody else has the image."""
        if batch_id:
            self._leases.batch(batch_id, annotator)
        holder = self._leases.holder(task, image_id)
        if holder is not None and holder.annotator != annotator:
            error, name = LeaseLost if batch_id else ForeignLease, self._tasks.image(image_id).file_name
            raise error(f"{name} is in the hands of {holder.annotator} by now", field="labels.image_id")

    def _completed(self, asked: _Asked) -> LabelDraft:
        """The draft, checked, with what is known of the proposals that it names."""
        draft, image = asked.draft, self._tasks.image(asked.draft.image_id)
        content, whose = draft.content, f"image {draft.image_id}"
        if isinstance(content, FullLabel):
            check_named(content.named_proposals, whose)
            if content.review is not None:
                content = self._offered(asked, content.review.model_version, whose).complete(content, whose)
        content.check(self._tasks.facts.project.categories, image, whose)
        return replace(draft, content=content)

    def _offered(self, asked: _Asked, model_version: str, whose: str) -> Offered:
        """What people had at hand of the image, by themselves, for their prompts, and with the label of before."""
        image_id, task = asked.draft.image_id, self._tasks.known(asked.record.task)
        shown = task.shown(image_id) if task is not None else None
        prompted = asked.book.prompted(image_id)
        current = asked.book.label_of(image_id)
        before = current.content.review if current and isinstance(current.content, FullLabel) else None
        versions = {each.model_version for each in (shown, prompted, before) if each is not None}
        if task is not None:
            versions.add(task.assistance.model_version)
        if model_version and model_version not in versions:
            raise InvalidLabel(
                f"{whose}: model version {model_version!r:.80} offered nothing for it",
                field="full.review.model_version",
            )
        own = {item.id: item for item in (shown.objects if shown else ())}
        asked_for = {item.id: item for item in (prompted.objects if prompted else ())}
        kept = {item.id: item for item in (before.proposals if before else ())}
        by_prompt = asked_for.keys() | _prompted_of(current)
        return Offered(model_version, {**kept, **asked_for, **own}, frozenset(by_prompt - own.keys()))

    def _keep(self, asked: _Asked, draft: LabelDraft, hand_in: HandIn) -> Answer:
        project, image_id, number = self._tasks.facts.project, draft.image_id, asked.book.next_number(draft.image_id)
        task = self._tasks.known(asked.record.task)
        paid_s = task.counts_paid_s.get(image_id, 0.0) if task is not None else 0.0
        label = Label(
            id=f"{asked.record.task}.{image_id}.{number}",
            project_id=project.id,
            image_id=image_id,
            content=draft.content,
            annotator=hand_in.annotator,
            cost_s=0.0 if draft.supersedes else draft.content.cost_s(CostModel.of(project), paid_s),
            created_at=self._now(),
            seconds_spent=draft.seconds_spent,
            supersedes=draft.supersedes,
        )
        answer = Answer(image_id, number, hand_in.annotator, hand_in.request_id, asked.digest, label)
        asked.book.keep(answer)
        return answer


def _prompted_of(label: Label | None) -> frozenset[str]:
    """Ids of the proposals of a label that prompts had asked for."""
    if label is None or not isinstance(label.content, FullLabel) or label.content.review is None:
        return frozenset()
    begun = (item.origin for item in label.content.objects if item.origin is not None)
    rejected = (each.proposal_id for each in label.content.review.rejected if each.prompted)
    return frozenset((*(origin.proposal_id for origin in begun if origin.prompted), *rejected))


def _with_successor(answer: Answer, book: AnswerBook) -> Label:
    """The label of an answer, and what has corrected it since."""
    assert answer.label is not None
    later = book.all_of(answer.image_id)[answer.number :]
    return replace(answer.label, superseded_by=next((each.label.id for each in later if each.label), ""))
