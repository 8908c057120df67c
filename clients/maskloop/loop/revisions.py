"""What people have since changed of tasks that they had answered."""

from __future__ import annotations

from dataclasses import replace

from maskloop.labelers import Labeler
from maskloop.loop.record.books import HandedOut
from maskloop.loop.session import CampaignSession


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
    if name in session.decisions:
        revised = session.decisions.get(name)
    else:
        all_ids = {
            each.name: _revise(f"{each.name}/{look}", each, session, labeler, is_measured=is_measured)
            for each in session.books.tasks
        }
        revised = {task: ids for task, ids in all_ids.items() if ids}
        if revised or not is_last:
            session.decisions.note(name, revised)
    batches = {each.name: each.batch for each in session.books.tasks}
    for task, ids in revised.items():
        session.books.enter(ids, batches[task])
    return bool(revised)


def _revise(
    name: str, handed_out: HandedOut, session: CampaignSession, labeler: Labeler, *, is_measured: bool
) -> list[str]:
    batch = handed_out.batch
    known = {
        image_id: label
        for image_id in handed_out.image_ids
        if (label := session.books.current.get((image_id, batch.kind))) is not None
    }
    contents = {image_id: label.content for image_id, label in known.items()}
    answers = labeler.revised(session.task(handed_out, {}), contents)
    drafts = [
        replace(draft, supersedes=known[draft.image_id].id) if draft.image_id in known else draft
        for draft in answers.drafts
    ]
    if batch.for_split is not None and is_measured:
        _say_late(handed_out.name, session, {draft.image_id for draft in drafts if not draft.supersedes})
        drafts = [draft for draft in drafts if draft.supersedes]
    drafts = [draft for draft in drafts if draft.supersedes or not session.books.is_elsewhere(draft.image_id, batch)]
    return [label.id for label in session.submit_labels(name, batch, drafts)]


def _say_late(task: str, session: CampaignSession, image_ids: set[str]) -> None:
    """Tell, once, which test images are left out."""
    names = sorted(session.images[image_id].file_name for image_id in image_ids - session.books.too_late)
    session.books.too_late.update(image_ids)
    if names:
        session.progress.note(
            f"{task}: left out, since a network was measured without them: {', '.join(names)}. "
            "All networks are measured on the same images."
        )
