"""Taking labels in: who may label the image, what the label costs, and whose budget pays.

A first label needs a lease, or an image that nobody holds; it is charged its exact cost in place of what the lease
had reserved. A correction names the label it supersedes; its planned cost is 0, its measured seconds are counted.
A first label under a batch for the test split puts its image there, in the same transaction.
"""

from __future__ import annotations

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
from maskloop.values import LABEL_KINDS, BatchRecord, Campaign, Image, Label, LabelDraft, PickState, Project, Split
from selection.select import ROUNDING_S
from service.desk.leases import freed, own_batch
from service.store import Transaction
from service.store.batches import holders, set_pick_states
from service.store.campaigns import FullLabelTotals, Movement, add_spending, get_campaign, move
from service.store.clock import NewId
from service.store.columns import whole_ms
from service.store.images import get_images, set_split
from service.store.labels import counted_images, current_labels, get_labels, insert_labels

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
        for label in labels:
            self._count_spending(label)
        left_s = self._charge(record, [made[draft.image_id] for draft in first]) if record else None
        return labels, left_s

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
                _check_lease(draft, record, taken=known is not None or holder is not None)
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

    def _charge(self, record: BatchRecord, labels: Sequence[Label]) -> float | None:
        """Replace what the leases had reserved by what the labels cost; the campaign must be able to pay."""
        batch = record.batch
        labeled = {label.image_id for label in labels}
        leased = [pick for pick in record.in_state(PickState.OPEN) if pick.image_id in labeled]
        full = [label.content for label in labels if label.content.counted_by_budget]
        cost_s = sum(label.cost_s for label in labels)
        campaign = _after(get_campaign(self.tx, self.project.id, batch.campaign_id), freed(batch, leased))
        _check_budget(campaign, cost_s, len(full))
        move(self.tx, campaign, replace(freed(batch, leased), spent_s=cost_s, full=FullLabelTotals.of(full)))
        set_pick_states(self.tx, record, [label.image_id for label in labels], PickState.LABELED)
        return None if campaign.budget.seconds is None else campaign.left_s - cost_s

    def _count_spending(self, label: Label) -> None:
        if label.campaign_id:
            campaign = get_campaign(self.tx, self.project.id, label.campaign_id)
            add_spending(self.tx, campaign, label.kind, label.cost_s, label.seconds_spent or 0.0)


def _check_lease(draft: LabelDraft, record: BatchRecord, *, taken: bool) -> None:
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
        raise LeaseLost(
            f"image {draft.image_id} is no longer leased under batch {batch_id} ({state})", image_id=draft.image_id
        )


def _check_budget(campaign: Campaign, cost_s: float, images: int) -> None:
    if cost_s > campaign.left_s + ROUNDING_S:
        raise BudgetExhausted(
            f"these labels cost {cost_s:g} s; campaign {campaign.id} has {campaign.left_s:g} s left for them",
            cost_s=cost_s,
            left_s=campaign.left_s,
        )
    if images > campaign.left_images:
        raise BudgetExhausted(
            f"these are {images} images; campaign {campaign.id} has {campaign.left_images:g} left for them",
            images=images,
            left_images=campaign.left_images,
        )


def _after(campaign: Campaign, movement: Movement) -> Campaign:
    """The campaign's books with leases given back."""
    return replace(
        campaign,
        reserved_s=campaign.reserved_s + movement.reserved_s,
        reserved_images=campaign.reserved_images + movement.reserved_images,
    )
