"""Labels as JSON: drafts that come in, and what is on record."""

from __future__ import annotations

from typing import Any

from maskloop.values import Label, LabelDraft, SupervisionKind
from maskloop.web.documents.contents import content_document, read_content
from maskloop.web.documents.reading import Part

Document = dict[str, Any]
MOST_LABELS = 1_000
"""Of one call; the server takes no more."""


def read_draft(part: Part) -> LabelDraft:
    """What a person says of one image.

    Raises:
        InvalidArgument, InvalidLabel, InvalidMask: it cannot be read, or cannot be; names the place.
    """
    image, kind, content, seconds, supersedes = part.fields("image", "kind", "content", "seconds", "supersedes")
    said = read_content(content, kind.one_of(SupervisionKind))
    with part.named():
        return LabelDraft(image.name(), said, seconds.maybe(Part.number), supersedes.text())


def draft_document(draft: LabelDraft) -> Document:
    """The same, as a browser would write it."""
    return {
        "image": draft.image_id,
        "kind": draft.kind.value,
        "content": content_document(draft.content),
        "seconds": draft.seconds_spent,
        "supersedes": draft.supersedes,
    }


def label_document(label: Label) -> Document:
    """A label on record."""
    return {
        "id": label.id,
        "image": label.image_id,
        "kind": label.kind.value,
        "content": content_document(label.content),
        "annotator": label.annotator,
        "cost_s": label.cost_s,
        "charged_s": label.charged_s,
    }
