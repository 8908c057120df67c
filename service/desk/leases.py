"""Leases end: by running out, by being given back, by a label, by being passed over.

Wherever a lease ends, what was reserved for it goes back to its campaign and its image is put where it now stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from maskloop.errors import ForeignLease
from maskloop.values import Batch, Pick, SupervisionKind
from service.candidates import CandidateIndex
from service.store import Transaction
from service.store.batches import BatchRecord, PickState, get_batch, overdue_batches, set_pick_states
from service.store.campaigns import Movement, get_campaign, move


def end_overdue_leases(tx: Transaction, candidates: CandidateIndex, project_id: str, now: datetime) -> None:
    """Take the images of batches whose time is over back, so that they can be chosen again."""
    for record in overdue_batches(tx, project_id, now):
        end_leases(tx, candidates, record, record.in_state(PickState.OPEN), PickState.EXPIRED)


def end_leases(
    tx: Transaction, candidates: CandidateIndex, record: BatchRecord, picks: Sequence[Pick], state: PickState
) -> BatchRecord:
    """End the leases of some of a batch's open picks. Returns the batch as it is now."""
    batch = record.batch
    move(tx, get_campaign(tx, batch.project_id, batch.campaign_id), freed(batch, picks))
    ids = [pick.image_id for pick in picks]
    after = set_pick_states(tx, record, ids, state)
    candidates.changed(tx, batch.project_id, ids)
    return after


def freed(batch: Batch, picks: Sequence[Pick]) -> Movement:
    """What goes back to the campaign when these picks of the batch are no longer leased."""
    images = len(picks) if batch.kind is SupervisionKind.FULL else 0
    return Movement(reserved_s=-sum(pick.cost_s for pick in picks), reserved_images=-images)


def own_batch(tx: Transaction, project_id: str, batch_id: str, annotator: str) -> BatchRecord:
    """Read a batch that the annotator holds.

    Raises:
        BatchNotFound: there is none of that id.
        ForeignLease: it is another annotator's.
    """
    record = get_batch(tx, project_id, batch_id)
    if record.batch.annotator != annotator:
        raise ForeignLease(
            f"batch {batch_id} is leased to {record.batch.annotator}, not to {annotator}", field="batch_id"
        )
    return record
