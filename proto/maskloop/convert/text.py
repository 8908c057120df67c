"""Values as text, for files that programs keep: protobuf's own JSON, one line."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format

from maskloop.convert.labels import draft_to_message, label_from_message, label_to_message
from maskloop.convert.proposals import proposals_from_message, proposals_to_message
from maskloop.errors import InvalidDataset
from maskloop.v1 import labels_pb2, models_pb2
from maskloop.values import ImageProposals, Label, LabelDraft


def draft_to_text(draft: LabelDraft) -> str:
    """What a person says of one image; equal drafts have equal texts."""
    return _written(draft_to_message(draft))


def label_to_text(label: Label) -> str:
    """One label as kept."""
    return _written(label_to_message(label))


def label_from_text(text: str) -> Label:
    """What `label_to_text` wrote.

    Raises:
        InvalidDataset: it is none of these.
        InvalidLabel, InvalidMask: it says what cannot be.
    """
    return label_from_message(_read(text, labels_pb2.Label()))


def proposals_to_text(proposals: ImageProposals) -> str:
    """A model's reading of one image."""
    return _written(proposals_to_message(proposals))


def proposals_from_text(text: str) -> ImageProposals:
    """What `proposals_to_text` wrote.

    Raises:
        InvalidDataset: it is none of these.
        InvalidMask: a mask cannot be.
    """
    return proposals_from_message(_read(text, models_pb2.ImageProposals()))


def _written(message: Any) -> str:
    return str(json_format.MessageToJson(message, indent=None, preserving_proto_field_name=True))


def _read(text: str, message: Any) -> Any:
    try:
        return json_format.Parse(text, message, ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise InvalidDataset(f"it is no {message.DESCRIPTOR.name}: {error}") from error
