"""Campaigns and batches."""

from __future__ import annotations

from typing import Any

from maskloop.convert.scalars import (
    check_text,
    enum_from_message,
    enum_to_message,
    optional,
    required_time,
    time_from_message,
    time_to_message,
)
from maskloop.errors import InvalidArgument
from maskloop.v1 import campaigns_pb2 as pb
from maskloop.values import (
    UNAIDED,
    Assist,
    Assistance,
    Batch,
    BatchRecord,
    Budget,
    Campaign,
    Pick,
    PickState,
    Split,
    Strategy,
    SupervisionKind,
)

FIELD = "strategy.options"
MOST_PROPOSERS = 10
"""Model versions that help with one batch."""


def budget_to_message(budget: Budget) -> pb.Budget:
    """Seconds or images."""
    return pb.Budget(seconds=budget.seconds, images=budget.images)


def budget_from_message(message: pb.Budget) -> Budget:
    """Seconds or images.

    Raises:
        InvalidBudget: neither, or an amount that buys nothing.
    """
    return Budget(seconds=optional(message, "seconds"), images=optional(message, "images"))


def strategy_to_message(strategy: Strategy) -> pb.Strategy:
    """A strategy's name and options."""
    return pb.Strategy(name=strategy.name, options=strategy.options)


def strategy_from_message(message: pb.Strategy) -> Strategy:
    """A strategy's name and options.

    Raises:
        InvalidArgument: it has no name.
    """
    if not message.name:
        raise InvalidArgument("strategy.name is required", field="strategy.name")
    options = {check_text(key, FIELD): check_text(value, FIELD) for key, value in message.options.items()}
    return Strategy(check_text(message.name, "strategy.name"), options)


def campaign_to_message(campaign: Campaign) -> pb.Campaign:
    """One campaign with its spending."""
    kinds = {*campaign.spent_s_by_kind, *campaign.planned_s_by_kind, *campaign.measured_s_by_kind}
    return pb.Campaign(
        id=campaign.id,
        project_id=campaign.project_id,
        budget=budget_to_message(campaign.budget),
        strategy=strategy_to_message(campaign.strategy),
        seed=campaign.seed,
        spent_s=campaign.spent_s,
        reserved_s=campaign.reserved_s,
        labeled_images=campaign.labeled_images,
        reserved_images=campaign.reserved_images,
        spent_by_kind=[
            pb.KindSeconds(
                kind=enum_to_message(kind),
                planned_s=campaign.planned_s_by_kind.get(kind, 0.0),
                measured_s=campaign.measured_s_by_kind.get(kind, 0.0),
                charged_s=campaign.spent_s_by_kind.get(kind, 0.0),
            )
            for kind in sorted(kinds, key=list(SupervisionKind).index)
        ],
        created_at=time_to_message(campaign.created_at),
        test_images=campaign.test_images,
        test_spent_s=campaign.test_spent_s,
    )


def campaign_from_message(message: pb.Campaign) -> Campaign:
    """One campaign with its spending; kinds without any are left out."""
    return Campaign(
        id=message.id,
        project_id=message.project_id,
        budget=budget_from_message(message.budget),
        strategy=strategy_from_message(message.strategy),
        seed=message.seed,
        spent_s=message.spent_s,
        reserved_s=message.reserved_s,
        labeled_images=message.labeled_images,
        reserved_images=message.reserved_images,
        spent_s_by_kind=_by_kind(message.spent_by_kind, "charged_s"),
        measured_s_by_kind=_by_kind(message.spent_by_kind, "measured_s"),
        created_at=time_from_message(message, "created_at"),
        test_images=message.test_images,
        test_spent_s=message.test_spent_s,
        planned_s_by_kind=_by_kind(message.spent_by_kind, "planned_s"),
    )


def _by_kind(items: Any, name: str) -> dict[SupervisionKind, float]:
    pairs = ((enum_from_message(SupervisionKind, item.kind, "kind"), getattr(item, name)) for item in items)
    return {kind: seconds for kind, seconds in pairs if seconds}


def pick_to_message(pick: Pick) -> pb.Pick:
    """One chosen image."""
    return pb.Pick(
        image_id=pick.image_id,
        reason=pick.reason,
        cost_s=pick.cost_s,
        score=pick.score,
        proposed_by=pick.proposed_by,
    )


def pick_from_message(message: pb.Pick) -> Pick:
    """One chosen image."""
    return Pick(
        message.image_id, message.reason, message.cost_s, optional(message, "score"), proposed_by=message.proposed_by
    )


def assistance_to_message(assistance: Assistance) -> pb.Assistance:
    """How people are helped."""
    return pb.Assistance(
        assist=enum_to_message(assistance.assist),
        model_version=assistance.model_version,
        min_predicted_iou=assistance.min_predicted_iou,
        among=assistance.among,
    )


def assistance_from_message(message: pb.Assistance) -> Assistance:
    """How people are helped; not at all where nothing is said of it.

    Raises:
        InvalidArgument: an unknown help, an IoU outside its range, or too many model versions.
    """
    if len(message.among) > MOST_PROPOSERS:
        raise InvalidArgument(
            f"{len(message.among)} model versions; {MOST_PROPOSERS} are the most that help", field="assistance.among"
        )
    return Assistance(
        enum_from_message(Assist, message.assist or pb.ASSIST_NONE, "assistance.assist"),
        check_text(message.model_version, "assistance.model_version"),
        message.min_predicted_iou,
        tuple(check_text(version, "assistance.among") for version in message.among),
    )


def batch_to_message(batch: Batch) -> pb.Batch:
    """One batch."""
    return pb.Batch(
        id=batch.id,
        project_id=batch.project_id,
        campaign_id=batch.campaign_id,
        annotator=batch.annotator,
        kind=enum_to_message(batch.kind),
        strategy=batch.strategy,
        picks=map(pick_to_message, batch.picks),
        expires_at=time_to_message(batch.expires_at),
        exhausted=batch.exhausted,
        model_version=batch.model_version,
        target_iou=batch.target_iou,
        fallback=batch.fallback,
        for_split=None if batch.for_split is None else enum_to_message(batch.for_split),
        assistance=None if batch.assistance == UNAIDED else assistance_to_message(batch.assistance),
    )


def batch_from_message(message: pb.Batch) -> Batch:
    """One batch."""
    return Batch(
        id=message.id,
        project_id=message.project_id,
        campaign_id=message.campaign_id,
        annotator=message.annotator,
        kind=enum_from_message(SupervisionKind, message.kind, "kind"),
        strategy=message.strategy,
        picks=tuple(map(pick_from_message, message.picks)),
        expires_at=required_time(message, "expires_at"),
        exhausted=message.exhausted,
        model_version=message.model_version,
        target_iou=optional(message, "target_iou"),
        fallback=message.fallback,
        for_split=enum_from_message(Split, message.for_split, "for_split") if message.for_split else None,
        assistance=assistance_from_message(message.assistance),
    )


def batch_record_to_message(record: BatchRecord) -> pb.BatchRecord:
    """One batch with its past."""
    states = [enum_to_message(record.states[pick.image_id]) for pick in record.batch.picks]
    return pb.BatchRecord(batch=batch_to_message(record.batch), states=states)


def batch_record_from_message(message: pb.BatchRecord) -> BatchRecord:
    """One batch with its past."""
    batch = batch_from_message(message.batch)
    states = [enum_from_message(PickState, state, "states") for state in message.states]
    return BatchRecord(batch, {pick.image_id: state for pick, state in zip(batch.picks, states, strict=True)})
