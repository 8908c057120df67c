"""What people have since changed of tasks that they had answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from maskloop.labelers import Labeler
from maskloop.loop.affording import unaffordable
from maskloop.loop.record.books import HandedOut
from maskloop.loop.record.decisions import reasons_from_json
from maskloop.loop.session import CampaignSession
from maskloop.values import Batch, LabelDraft, SkipReason


def take_revisions(look: str, session: CampaignSession, labeler: Labeler, *, is_measured: bool, is_last: bool) -> bool:
    """Hand in what people have changed or added of tasks they had answered. Returns whether there was anything.

    Args:
        look: names this look, such as that before a round.
        session: of the campaign.
        labeler: who labels.
        is_measured: whether a network was measured. Test images are corrected alone from then on: a late one would
            change what earlier networks were measured on.
        is_last: whether nothing is to come after it: having found nothing is then not written down, so that a run that
            is taken up again looks again.
    """
    name = f"revised-{look}"
    batches = {each.name: each.batch for each in session.books.tasks}
    if name in session.decisions:
        revised = {task: _Revised.from_json(said) for task, said in session.decisions.get(name).items()}
        for task, said in revised.items():
            _enter(said, batches[task], session)
        return bool(revised)
    revised = {}
    for each in session.books.tasks:
        said = _revise(f"{each.name}/{look}", each, session, labeler, is_measured=is_measured)
        _enter(said, each.batch, session)  # what the next task's labels may cost depends on it
        if said != NOTHING_NEW:
            revised[each.name] = said
    if revised or not is_last:
        session.decisions.note(name, {task: said.to_json() for task, said in revised.items()})
    return bool(revised)


@dataclass(frozen=True)
class _Revised:
    """What came of one look at a task: ids of labels that the server has, and images without one, with the reason."""

    labels: tuple[str, ...] = ()
    passed_over: Mapping[str, SkipReason] = field(default_factory=dict)

    @classmethod
    def from_json(cls, said: Any) -> _Revised:
        """From a decision; those of earlier releases list the labels alone."""
        if isinstance(said, list):
            return cls(tuple(said))
        return cls(tuple(said["labels"]), reasons_from_json(said["passed_over"]))

    def to_json(self) -> dict[str, Any]:
        """As a decision keeps it."""
        return {"labels": list(self.labels), "passed_over": dict(self.passed_over)}


NOTHING_NEW = _Revised()


def _enter(said: _Revised, batch: Batch, session: CampaignSession) -> None:
    session.books.enter(said.labels, batch)
    session.ledger.passed_over |= said.passed_over


def _revise(
    name: str, handed_out: HandedOut, session: CampaignSession, labeler: Labeler, *, is_measured: bool
) -> _Revised:
    batch = handed_out.batch
    known = {
        image_id: label
        for image_id in handed_out.image_ids
        if (label := session.books.current.get((image_id, batch.kind))) is not None
    }
    contents = {image_id: label.content for image_id, label in known.items()}
    answers = labeler.revised(session.task(handed_out, {}), contents)
    corrections = [
        replace(draft, supersedes=known[draft.image_id].id) for draft in answers.drafts if draft.image_id in known
    ]
    firsts = [draft for draft in answers.drafts if draft.image_id not in known]
    if batch.for_split is not None and is_measured:
        _say_late(handed_out.name, session, {draft.image_id for draft in firsts})
        firsts = []
    firsts = [draft for draft in firsts if not session.books.is_elsewhere(draft.image_id, batch)]
    skipped = {
        image_id: reason
        for image_id, reason in answers.passed_over.items()
        if image_id not in known and not session.books.is_elsewhere(image_id, batch)
    }
    return _hand_in(name, batch, session, corrections=corrections, firsts=firsts, skipped=skipped)


def _hand_in(
    name: str,
    batch: Batch,
    session: CampaignSession,
    *,
    corrections: Sequence[LabelDraft],
    firsts: Sequence[LabelDraft],
    skipped: Mapping[str, SkipReason],
) -> _Revised:
    """Hand in what was said of a task, and give back what gets no label, or none that the campaign can pay.

    A process may have died here, and people may have said something else since: what the server has by now stays, and
    an image that was given back is not taken up again.
    """
    before = session.ledger.passed_over
    given_back = reasons_from_json(session.decisions.get(f"{name}/passed-over") or {})
    payable = [draft for draft in firsts if draft.image_id not in before and draft.image_id not in given_back]
    passing = {**skipped, **unaffordable(session, payable), **given_back}
    passing = {id_: reason for id_, reason in passing.items() if id_ not in before}
    there = session.books.submitted_before(batch) if passing else ()
    labeled = {label.image_id for label in there}
    passing = {id_: reason for id_, reason in passing.items() if id_ not in labeled or id_ in given_back}
    if passing:
        session.decisions.note(f"{name}/passed-over", passing)
        session.pass_over(batch, passing)
    drafts = [draft for draft in (*corrections, *firsts) if draft.image_id not in labeled]
    unpaid = {draft.image_id for draft in firsts if draft.image_id in session.ledger.passed_over}
    labels = [
        *there,
        *session.submit_labels(name, batch, [draft for draft in drafts if draft.image_id not in unpaid]),
        *session.submit_unpaid(name, batch, [draft for draft in drafts if draft.image_id in unpaid]),
    ]
    return _Revised(tuple(dict.fromkeys(label.id for label in labels)), passing)


def _say_late(task: str, session: CampaignSession, image_ids: set[str]) -> None:
    """Tell, once, which test images are left out."""
    names = sorted(session.images[image_id].file_name for image_id in image_ids - session.books.too_late)
    session.books.too_late.update(image_ids)
    if names:
        session.progress.note(
            f"{task}: left out, since a network was measured without them: {', '.join(names)}. "
            "All networks are measured on the same images."
        )
