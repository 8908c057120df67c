"""Taking labels in: who may label the image, what the label costs, and whose budget pays.

A first label needs a lease, or an image that nobody holds. It is charged its measured seconds, or its exact planned
cost where none were measured, in place of what the lease had reserved. A correction names the label it supersedes: its
planned cost is 0, and its measured seconds are charged to the campaign that paid that label. A planned cost must fit
the budget; measured seconds are taken whatever is left, because people have spent them already.

A first label under a batch for the test split puts its image there, in the same transaction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from maskloop.costs.cost_model import CostModel
from maskloop.errors import (
    AlreadyExists,
    BudgetExhausted,
    FailedPrecondition,
    ForeignLease,
    InvalidArgument,
    InvalidLabel,
    LeaseLost,
)
from maskloop.values import (
    LABEL_KINDS,
    BatchRecord,
    Campaign,
    Image,
    Label,
    LabelDraft,
    PickState,
    Project,
    Split,
    SupervisionKind,
)
from selection.select import ROUNDING_S
from service.desk.campaigns.leases import freed, own_batch
from service.store import Transaction
from service.store.batches import holders, set_pick_states
from service.store.campaigns import FullLabelTotals, Movement, charge, get_campaign, move
from service.store.clock import NewId
from service.store.images import get_images, set_split
from service.store.labels.labels import counted_images, current_labels, get_labels, insert_labels
from service.store.tables.columns import whole_ms

OF_POOL = {kind for kind, content in LABEL_KINDS.items() if content.asked_of is Split.POOL}


@dataclass(frozen=True)
class Intake:
    """Takes one submission in, within its transaction.

    Args:
        tx: the transaction.
        project: whose images are labeled.
        annotator: who labeled.
        now: when.
        new_id: makes label ids.
    """

    tx: Transaction
    project: Project
    annotator: str
    now: datetime
    new_id: NewId

    def take(self, drafts: Sequence[LabelDraft], batch_id: str) -> tuple[list[Label], float | None]:
        """Check, charge and keep the labels; returns them with what the batch's campaign has left, in seconds.

        Raises:
            MaskloopError: as `LabelDesk.submit_labels`.
        """
        images = get_images(self.tx, self.project.id, [draft.image_id for draft in drafts])
        for draft in drafts:
            draft.content.check(self.project.categories, images[draft.image_id], f"image {draft.image_id}")
            if not draft.supersedes:
                draft.content.check_image(images[draft.image_id])
        record = own_batch(self.tx, self.project.id, batch_id, self.annotator) if batch_id else None
        first = [draft for draft in drafts if not draft.supersedes]
        self._check_first(first, record)
        made = {draft.image_id: self._correction(draft) for draft in drafts if draft.supersedes}
        made |= {label.image_id: label for label in self._first_labels(first, images, record)}
        labels = [made[draft.image_id] for draft in drafts]
        self._sort(labels, images, record)
        insert_labels(self.tx, labels)
        if record is not None:
            self._end_leases(record, [made[draft.image_id] for draft in first])
        self._charge(labels)
        return labels, self._left_s(record)

    def _sort(self, labels: Sequence[Label], images: dict[str, Image], record: BatchRecord | None) -> None:
        """Put images where their answers say: into the pool what holds something, else among the OoD ones.

        One that was labeled for the test split goes there, and stays there whatever is said of it later.
        """
        moves: dict[Split, list[str]] = {Split.POOL: [], Split.OOD: [], Split.TEST: []}
        for label in labels:
            was = images[label.image_id].split
            chosen_for = record.batch.for_split if record is not None and not label.supersedes else None
            split = label.content.puts_in or chosen_for
            if split not in (None, was) and was is not Split.TEST:
                moves[split].append(label.image_id)
        self._check_unused(moves[Split.OOD])
        for split, image_ids in moves.items():
            set_split(self.tx, self.project.id, image_ids, split)

    def _check_unused(self, image_ids: Sequence[str]) -> None:
        """An image that went to the pool goes back only as long as nobody works on it there."""
        used = {image_id for image_id, kind in current_labels(self.tx, self.project.id, image_ids) if kind in OF_POOL}
        for image_id in image_ids:
            if image_id in used or image_id in holders(self.tx, self.project.id, [image_id]):
                raise FailedPrecondition(
                    f"image {image_id} is labeled or leased as an image of the pool; its answer stands",
                    field="labels.supersedes",
                )

    def _correction(self, draft: LabelDraft) -> Label:
        old = get_labels(self.tx, self.project.id, [draft.supersedes])[0]
        if (old.image_id, old.kind) != (draft.image_id, draft.kind):
            raise InvalidLabel(
                f"image {draft.image_id}: label {old.id} says {old.kind} of image {old.image_id}; a correction says "
                "the same kind of the same image",
                field="labels.supersedes",
            )
        if old.superseded_by:
            raise FailedPrecondition(
                f"image {draft.image_id}: label {old.id} was corrected by {old.superseded_by} already",
                field="labels.supersedes",
            )
        return self._label(draft, cost_s=0.0, campaign_id=old.campaign_id)

    def _first_labels(
        self, drafts: Sequence[LabelDraft], images: dict[str, Image], record: BatchRecord | None
    ) -> list[Label]:
        if record is None:
            return [self._label(draft, cost_s=0.0, campaign_id="") for draft in drafts]
        costs = CostModel.of(self.project)
        counted = counted_images(self.tx, self.project.id, list(images))
        made: list[Label] = []
        for draft in drafts:
            paid_s = counted[draft.image_id].paid_s if draft.image_id in counted else 0.0
            cost_s = whole_ms(draft.content.cost_s(costs, paid_s))
            made.append(self._label(draft, cost_s=cost_s, campaign_id=record.batch.campaign_id))
        return made

    def _label(self, draft: LabelDraft, *, cost_s: float, campaign_id: str) -> Label:
        return Label(
            id=self.new_id(),
            project_id=self.project.id,
            image_id=draft.image_id,
            content=draft.content,
            annotator=self.annotator,
            cost_s=cost_s,
            created_at=self.now,
            seconds_spent=draft.seconds_spent,
            campaign_id=campaign_id,
            supersedes=draft.supersedes,
        )

    def _check_first(self, drafts: Sequence[LabelDraft], record: BatchRecord | None) -> None:
        ids = [draft.image_id for draft in drafts]
        current = current_labels(self.tx, self.project.id, ids)
        held = holders(self.tx, self.project.id, ids)
        for draft in drafts:
            done = (current.get((draft.image_id, kind)) for kind in draft.content.done_by)
            known = next(filter(None, done), None)
            holder = held.get(draft.image_id)
            if record is not None:
                where = holder.batch_id if holder is not None and holder.annotator == self.annotator else ""
                _check_lease(draft, record, taken=known is not None or holder is not None, held_in=where)
            elif holder is not None:
                raise ForeignLease(
                    f"image {draft.image_id} is leased to {holder.annotator} in batch {holder.batch_id}",
                    field="labels.image_id",
                )
            if known is not None:
                raise AlreadyExists(
                    f"image {draft.image_id} has a label already, {known}; a correction supersedes it",
                    field="labels.supersedes",
                    label_id=known,
                )

    def _end_leases(self, record: BatchRecord, labels: Sequence[Label]) -> None:
        """Free what the labels' leases had reserved; the campaign must be able to pay what is planned in its place."""
        batch = record.batch
        labeled = {label.image_id for label in labels}
        leased = [pick for pick in record.in_state(PickState.OPEN) if pick.image_id in labeled]
        full = [label.content for label in labels if label.content.counted_by_budget]
        back = freed(batch, leased)
        campaign = get_campaign(self.tx, self.project.id, batch.campaign_id)
        planned_s = sum(label.cost_s for label in labels if label.seconds_spent is None)
        _check_budget(campaign, planned_s, len(full), back)
        move(self.tx, campaign, replace(back, full=FullLabelTotals.of(full)))
        set_pick_states(self.tx, record, [label.image_id for label in labels], PickState.LABELED)

    def _charge(self, labels: Sequence[Label]) -> None:
        """Charge each campaign its labels."""
        by_payer: dict[tuple[str, SupervisionKind], list[Label]] = {}
        for label in labels:
            if label.campaign_id:
                by_payer.setdefault((label.campaign_id, label.kind), []).append(label)
        for (campaign_id, kind), of_kind in by_payer.items():
            charge(self.tx, get_campaign(self.tx, self.project.id, campaign_id), kind, of_kind)

    def _left_s(self, record: BatchRecord | None) -> float | None:
        """What the batch's campaign has left; `None` without one, or if it counts images."""
        if record is None:
            return None
        left_s = get_campaign(self.tx, self.project.id, record.batch.campaign_id).left_s
        return None if math.isinf(left_s) else left_s


def _check_lease(draft: LabelDraft, record: BatchRecord, *, taken: bool, held_in: str) -> None:
    """A lease that ran out still serves, as long as nobody else holds or labeled the image."""
    batch_id, state = record.batch.id, record.states.get(draft.image_id)
    if state is None:
        raise InvalidArgument(f"image {draft.image_id} was never in batch {batch_id}", field="labels.image_id")
    if draft.kind is not record.batch.kind:
        raise InvalidLabel(
            f"image {draft.image_id}: batch {batch_id} asks for {record.batch.kind}, not for {draft.kind}",
            field="labels.supervision",
        )
    given_up = state in (PickState.RELEASED, PickState.SKIPPED)
    if given_up or (state is PickState.EXPIRED and taken):
        now = f"; you hold it in batch {held_in}: hand it in there" if held_in else ""
        raise LeaseLost(
            f"image {draft.image_id} is no longer leased under batch {batch_id} ({state}){now}", image_id=draft.image_id
        )


def _check_budget(campaign: Campaign, planned_s: float, images: int, back: Movement) -> None:
    """Whether a campaign can pay so many planned seconds and images, given back what leases had reserved for them.

    Nothing is left where measured seconds went beyond the budget; what was promised to a lease is paid all the same.
    """
    left_s = campaign.left_s - back.reserved_s
    left_images = campaign.left_images - back.reserved_images
    if planned_s > left_s + ROUNDING_S:
        raise BudgetExhausted(
            f"these labels cost {planned_s:g} s; campaign {campaign.id} has {left_s:g} s left for them",
            cost_s=planned_s,
            left_s=left_s,
        )
    if images > left_images:
        raise BudgetExhausted(
            f"these are {images} images; campaign {campaign.id} has {left_images:g} left for them",
            images=images,
            left_images=left_images,
        )
