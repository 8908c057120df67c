"""Leases: how long they last, how they end, and how lost ones are taken up again.

A lease ends by running out, by being given back, by a label, or by being passed over. Wherever one ends, what was
reserved for it goes back to its campaign, and its image is put where it now stands. That a lease has run out is written
down by the next verb that writes; verbs that read tell it at once.

The clock of leases knows nothing of the time of day once the server has begun: whoever sets that one takes no lease
away and prolongs none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from maskloop.errors import ForeignLease, InvalidArgument
from maskloop.values import LABEL_KINDS, Batch, BatchRecord, Campaign, Pick, PickState
from selection.select import ROUNDING_S
from service.pool.candidate_index import CandidateIndex, standings
from service.store import Transaction
from service.store.batches import end_leases_by, get_batch, overdue_batches, set_pick_states
from service.store.campaigns import Movement, get_campaign, move
from service.store.tables.columns import whole_ms

DEFAULT_LEASE_S = 3600.0
MIN_LEASE_S = 1.0
MAX_LEASE_S = 7 * 86_400.0


def check_lease(lease_s: float | None) -> float:
    """Return the length of a lease in seconds; `None` is the default.

    Raises:
        InvalidArgument: too short or too long.
    """
    if lease_s is None:
        return DEFAULT_LEASE_S
    if not MIN_LEASE_S <= lease_s <= MAX_LEASE_S:
        raise InvalidArgument(
            f"a lease of {lease_s:g} s is outside [{MIN_LEASE_S:g}, {MAX_LEASE_S:g}] s", field="lease"
        )
    return lease_s


def end_overdue_leases(tx: Transaction, candidates: CandidateIndex, project_id: str, now: datetime) -> bool:
    """Take the images of batches whose time is over back; once committed they can be chosen again.

    Returns whether there were any.
    """
    overdue = overdue_batches(tx, project_id, now)
    for record in overdue:
        end_leases(tx, candidates, record, record.in_state(PickState.OPEN), PickState.EXPIRED)
    return bool(overdue)


def cut_leases(tx: Transaction, now: datetime) -> None:
    """End leases, when the server begins, no later than any that could be given now: an earlier clock was ahead."""
    end_leases_by(tx, now + timedelta(seconds=MAX_LEASE_S))


def as_of(record: BatchRecord, now: datetime) -> BatchRecord:
    """A batch as it stands at a time: leases that have run out are over, whether or not that is written down yet."""
    if record.batch.expires_at > now:
        return record
    over = {pick.image_id: PickState.EXPIRED for pick in record.in_state(PickState.OPEN)}
    return replace(record, states={**record.states, **over})


def without_overdue(campaign: Campaign, overdue: Sequence[BatchRecord]) -> Campaign:
    """A campaign's books without what its overdue batches had reserved."""
    for record in overdue:
        if record.batch.campaign_id == campaign.id:
            back = freed(record.batch, record.in_state(PickState.OPEN))
            campaign = replace(
                campaign,
                reserved_s=whole_ms(campaign.reserved_s + back.reserved_s),
                reserved_images=campaign.reserved_images + back.reserved_images,
            )
    return campaign


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


def take_up_again(tx: Transaction, candidates: CandidateIndex, record: BatchRecord) -> BatchRecord:
    """Lease a batch's expired picks anew, in their order, where the image is open and its cost still affordable.

    While others are leased those were put aside for later: all leases of a batch run out at once.
    """
    if record.in_state(PickState.OPEN):
        return record
    batch = record.batch
    campaign = get_campaign(tx, batch.project_id, batch.campaign_id)
    expired = record.in_state(PickState.EXPIRED)
    now = standings(tx, batch.project_id, [pick.image_id for pick in expired])
    again: list[Pick] = []
    for pick in expired:
        cost = reserved(batch, [*again, pick])
        fits = cost.reserved_s <= campaign.left_s + ROUNDING_S and cost.reserved_images <= campaign.left_images
        if fits and now[pick.image_id].is_open(batch.kind, batch.campaign_id):
            again.append(pick)
    ids = [pick.image_id for pick in again]
    move(tx, campaign, reserved(batch, again))
    candidates.leased(tx, batch.project_id, ids)
    return set_pick_states(tx, record, ids, PickState.OPEN)


def reserved(batch: Batch, picks: Sequence[Pick]) -> Movement:
    """What is taken from the campaign while these picks of the batch are leased."""
    images = len(picks) if LABEL_KINDS[batch.kind].counted_by_budget else 0
    return Movement(reserved_s=sum(pick.cost_s for pick in picks), reserved_images=images)


def freed(batch: Batch, picks: Sequence[Pick]) -> Movement:
    """What goes back to the campaign when these picks of the batch are no longer leased."""
    taken = reserved(batch, picks)
    return Movement(reserved_s=-taken.reserved_s, reserved_images=-taken.reserved_images)


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
