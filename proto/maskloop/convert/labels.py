"""Labels: what a person submits, and what the server keeps."""

from __future__ import annotations

from maskloop.convert.masks import counts_from_message, counts_to_message, objects_from_message, objects_to_message
from maskloop.convert.scalars import check_text, optional, required_time, time_to_message
from maskloop.errors import InvalidLabel, UnsupportedSupervision
from maskloop.v1 import labels_pb2 as pb
from maskloop.v1 import masks_pb2 as pb_masks
from maskloop.values import Counts, Label, LabelDraft, OodAnswer, SupervisionKind

SUPPORTED = (SupervisionKind.COUNTS, SupervisionKind.FULL, SupervisionKind.OOD_CHECK)


def draft_to_message(draft: LabelDraft) -> pb.LabelDraft:
    """What a person says of one image.

    Raises:
        UnsupportedSupervision: a kind that is not among `SUPPORTED`.
    """
    if draft.kind not in SUPPORTED:
        raise _unsupported(draft.image_id, draft.kind)
    return pb.LabelDraft(
        image_id=draft.image_id,
        counts=None if draft.counts is None else counts_to_message(draft.counts),
        full=objects_to_message(draft.objects) if draft.kind is SupervisionKind.FULL else None,
        ood_check=None if draft.answer is None else pb_masks.OodAnswer(category_id=draft.answer.category_id),
        seconds_spent=draft.seconds_spent,
        supersedes=draft.supersedes,
    )


def draft_from_message(message: pb.LabelDraft) -> LabelDraft:
    """What a person says of one image.

    Raises:
        InvalidLabel: nothing is said, or something impossible.
        InvalidMask: a mask does not decode; the message names image and object.
        UnsupportedSupervision: a kind that is not among `SUPPORTED`.
    """
    image_id = check_text(message.image_id, "labels.image_id")
    said = message.WhichOneof("supervision")
    if said is None:
        raise InvalidLabel(f"image {image_id}: the label says nothing", field="labels.supervision")
    kind = SupervisionKind(said)
    if kind not in SUPPORTED:
        raise _unsupported(image_id, kind)
    return LabelDraft(
        image_id=image_id,
        kind=kind,
        counts=_counts(message, image_id) if kind is SupervisionKind.COUNTS else None,
        objects=objects_from_message(message.full, f"image {image_id}"),
        answer=OodAnswer(message.ood_check.category_id) if kind is SupervisionKind.OOD_CHECK else None,
        seconds_spent=optional(message, "seconds_spent"),
        supersedes=check_text(message.supersedes, "labels.supersedes"),
    )


def _counts(message: pb.LabelDraft, image_id: str) -> Counts:
    try:
        return counts_from_message(message.counts)
    except InvalidLabel as error:
        raise InvalidLabel(f"image {image_id}: {error.message}", field="labels.counts") from error


def _unsupported(image_id: str, kind: SupervisionKind) -> UnsupportedSupervision:
    return UnsupportedSupervision(
        f"image {image_id}: labels of kind {kind} are not yet supported; {', '.join(SUPPORTED)} are",
        field=f"labels.{kind}",
        kind=kind,
    )


def label_to_message(label: Label) -> pb.Label:
    """One label as kept."""
    draft = LabelDraft(
        image_id=label.image_id,
        kind=label.kind,
        counts=label.counts,
        objects=label.objects,
        answer=label.answer,
        seconds_spent=label.seconds_spent,
        supersedes=label.supersedes,
    )
    return pb.Label(
        id=label.id,
        project_id=label.project_id,
        draft=draft_to_message(draft),
        annotator=label.annotator,
        cost_s=label.cost_s,
        campaign_id=label.campaign_id,
        superseded_by=label.superseded_by,
        created_at=time_to_message(label.created_at),
    )


def label_from_message(message: pb.Label) -> Label:
    """One label as kept."""
    draft = draft_from_message(message.draft)
    return Label(
        id=message.id,
        project_id=message.project_id,
        image_id=draft.image_id,
        kind=draft.kind,
        annotator=message.annotator,
        cost_s=message.cost_s,
        created_at=required_time(message, "created_at"),
        counts=draft.counts,
        objects=draft.objects,
        answer=draft.answer,
        seconds_spent=draft.seconds_spent,
        campaign_id=message.campaign_id,
        supersedes=draft.supersedes,
        superseded_by=message.superseded_by,
    )
