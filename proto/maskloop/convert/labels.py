"""Labels: what a person submits, and what the server keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from maskloop.convert.full_labels import full_label_from_message, full_label_to_message
from maskloop.convert.masks import (
    boxes_from_message,
    boxes_to_message,
    counts_from_message,
    counts_to_message,
    points_from_message,
    points_to_message,
    scribbles_from_message,
    scribbles_to_message,
)
from maskloop.convert.scalars import check_text, optional, required_time, time_to_message
from maskloop.errors import InvalidLabel
from maskloop.v1 import labels_pb2 as pb
from maskloop.v1 import masks_pb2 as pb_masks
from maskloop.values import (
    MOST_CATEGORIES,
    BoxesLabel,
    Counts,
    ImageLevelLabel,
    Label,
    LabelContent,
    LabelDraft,
    OodAnswer,
    PointsLabel,
    ScribblesLabel,
    SupervisionKind,
)


@dataclass(frozen=True)
class WireForm:
    """How the content of one kind stands in the field of `supervision` that bears the kind's name.

    Args:
        to_message: makes the field's message.
        from_message: reads it back; the text names the image, for errors.
    """

    to_message: Callable[[Any], Any]
    from_message: Callable[[Any, str], LabelContent]


def draft_to_message(draft: LabelDraft) -> pb.LabelDraft:
    """What a person says of one image."""
    form = WIRE_FORMS[draft.kind]
    return pb.LabelDraft(
        image_id=draft.image_id,
        seconds_spent=draft.seconds_spent,
        supersedes=draft.supersedes,
        **{draft.kind.value: form.to_message(draft.content)},
    )


def draft_from_message(message: pb.LabelDraft) -> LabelDraft:
    """What a person says of one image.

    Raises:
        InvalidLabel: nothing is said, or something impossible.
        InvalidMask: a mask does not decode; the message names image and object.
    """
    image_id = check_text(message.image_id, "labels.image_id")
    said = message.WhichOneof("supervision")
    if said is None:
        raise InvalidLabel(f"image {image_id}: the label says nothing", field="labels.supervision")
    form = WIRE_FORMS[SupervisionKind(said)]
    return LabelDraft(
        image_id=image_id,
        content=form.from_message(getattr(message, said), f"image {image_id}"),
        seconds_spent=optional(message, "seconds_spent"),
        supersedes=check_text(message.supersedes, "labels.supersedes"),
    )


def _counts_from_message(message: pb_masks.CategoryCounts, whose: str) -> Counts:
    try:
        return counts_from_message(message)
    except InvalidLabel as error:
        raise InvalidLabel(f"{whose}: {error.message}", field="labels.counts") from error


def _image_level_to_message(content: ImageLevelLabel) -> pb_masks.ImageLevel:
    return pb_masks.ImageLevel(category_ids=content.present)


def _image_level_from_message(message: pb_masks.ImageLevel, whose: str) -> ImageLevelLabel:
    if len(message.category_ids) > MOST_CATEGORIES:
        raise InvalidLabel(
            f"{whose}: {len(message.category_ids):,} categories; at most {MOST_CATEGORIES:,} are taken",
            field="labels.image_level",
        )
    try:
        return ImageLevelLabel(tuple(message.category_ids))
    except InvalidLabel as error:
        raise InvalidLabel(f"{whose}: {error.message}", field="labels.image_level") from error


def _boxes_to_message(content: BoxesLabel) -> pb_masks.Boxes:
    return boxes_to_message(content.boxes)


def _boxes_from_message(message: pb_masks.Boxes, whose: str) -> BoxesLabel:
    return BoxesLabel(boxes_from_message(message, whose))


def _points_to_message(content: PointsLabel) -> pb_masks.Points:
    return points_to_message(content.points)


def _points_from_message(message: pb_masks.Points, whose: str) -> PointsLabel:
    return PointsLabel(points_from_message(message, whose))


def _scribbles_to_message(content: ScribblesLabel) -> pb_masks.Scribbles:
    return scribbles_to_message(content.scribbles)


def _scribbles_from_message(message: pb_masks.Scribbles, whose: str) -> ScribblesLabel:
    return ScribblesLabel(scribbles_from_message(message, whose))


def _answer_to_message(content: OodAnswer) -> pb_masks.OodAnswer:
    return pb_masks.OodAnswer(category_id=content.category_id)


def _answer_from_message(message: pb_masks.OodAnswer, _whose: str) -> OodAnswer:
    return OodAnswer(message.category_id)


WIRE_FORMS: Mapping[SupervisionKind, WireForm] = {
    SupervisionKind.IMAGE_LEVEL: WireForm(_image_level_to_message, _image_level_from_message),
    SupervisionKind.COUNTS: WireForm(counts_to_message, _counts_from_message),
    SupervisionKind.POINTS: WireForm(_points_to_message, _points_from_message),
    SupervisionKind.SCRIBBLES: WireForm(_scribbles_to_message, _scribbles_from_message),
    SupervisionKind.BOXES: WireForm(_boxes_to_message, _boxes_from_message),
    SupervisionKind.FULL: WireForm(full_label_to_message, full_label_from_message),
    SupervisionKind.OOD_CHECK: WireForm(_answer_to_message, _answer_from_message),
}


def label_to_message(label: Label) -> pb.Label:
    """One label as kept."""
    draft = LabelDraft(
        image_id=label.image_id,
        content=label.content,
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
        charged_s=label.charged_s if label.campaign_id else 0.0,
    )


def label_from_message(message: pb.Label) -> Label:
    """One label as kept."""
    draft = draft_from_message(message.draft)
    return Label(
        id=message.id,
        project_id=message.project_id,
        image_id=draft.image_id,
        content=draft.content,
        annotator=message.annotator,
        cost_s=message.cost_s,
        created_at=required_time(message, "created_at"),
        seconds_spent=draft.seconds_spent,
        campaign_id=message.campaign_id,
        supersedes=draft.supersedes,
        superseded_by=message.superseded_by,
    )
