"""Labels to look at again: those that a network disputes, and how far people agree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from maskloop.client import Client
from maskloop.errors import ModelThinned, NoActiveModel, NotFound, PoolNotScored
from maskloop.values import (
    HeadState,
    Image,
    ImageProposals,
    Label,
    ModelVersion,
    Split,
    SupervisionKind,
)
from maskloop.web.documents import image_document, mask_document
from maskloop.web.leading.agreement import Agreement, agreements
from maskloop.web.leading.batches import IMPORTED
from maskloop.web.leading.disputes import Dispute, disputes_of

SAMPLE = 10
"""Images that a second person labels in one go."""
MOST_SHOWN = 60
"""Disputes that are sent at once: more is more than a sitting."""


@dataclass(frozen=True)
class DisputeDocument:
    """A dispute as a page draws it. `drawn` is what a person outlined, `predicted` what the network does; `drawn_as` is
    the category of what was drawn, 0 for nothing. `head_trusted` says whether the head may be believed."""

    image: dict[str, object]
    label: str
    annotator: str
    why: str
    category: int
    drawn_as: int
    predicted_iou: float
    iou: float
    size: float
    model_version: str
    head_trusted: bool
    predicted: dict[str, object]
    drawn: dict[str, object] | None


@dataclass(frozen=True)
class AgreementDocument:
    """Two people on images that both have labeled; `mean_iou` is over the `matched` objects, `None` without any."""

    first: str
    second: str
    images: int
    matched: int
    mean_iou: float | None
    only_first: int
    only_second: int


def read_review(client: Client, project_id: str) -> dict[str, object]:
    """Everything of the review's section.

    Raises:
        ProjectNotFound: there is none.
    """
    images = {image.id: image for image in client.list_images(project_id=project_id)}
    models = list(client.list_models(project_id=project_id))
    labels = list(client.list_labels(project_id=project_id, kind=SupervisionKind.FULL, include_superseded=True))
    current = {label.image_id: label for label in labels if not label.superseded_by}
    predicted = _predictions(client, project_id, models, [images[image_id] for image_id in current])
    trusted = {model.id for model in models if model.head is HeadState.TRUSTED}
    found = [each for image_id, label in current.items() if image_id in predicted
             for each in disputes_of(label, predicted[image_id])]  # fmt: skip
    ordered = sorted(found, key=lambda each: (each.model_version not in trusted, -each.size, each.label.image_id))
    people = agreements([label for label in labels if label.annotator != IMPORTED])
    return {
        "disputes": [asdict(_dispute(each, images, trusted)) for each in ordered[:MOST_SHOWN]],
        "found": len(found),
        "labels": len(current),
        "predicted": sum(not each.uncalibrated for each in predicted.values()),
        "uncalibrated": sum(each.uncalibrated for each in predicted.values()),
        "agreement": [asdict(_agreement(each)) for each in people],
        "sample": _sample(labels),
    }


def _sample(labels: Sequence[Label]) -> list[str]:
    """Images that one person has labeled, for a second opinion: the same ones until they have it."""
    people: dict[str, set[str]] = {}
    for label in labels:
        people.setdefault(label.image_id, set()).add(label.annotator)
    of_one = [image_id for image_id, names in people.items() if len(names - {IMPORTED}) == 1]
    return sorted(of_one, key=lambda image_id: hashlib.sha256(image_id.encode()).digest())[:SAMPLE]


def _predictions(
    client: Client, project_id: str, models: Sequence[ModelVersion], images: Sequence[Image]
) -> dict[str, ImageProposals]:
    """Of each image what the newest version predicts that did not learn from its label, by image id.

    A version scores what is in the pool and has no full label, and evaluates test images, which none learns from. So
    one that has proposals for an image made them before it was labeled, or never learns from it.
    """
    found: dict[str, ImageProposals] = {}
    for model in models:  # newest first
        if model.thinned:
            continue
        missing = [image for image in images if image.id not in found]
        for is_test in (True, False):  # a version that was never measured has none for test images, and says so
            ids = [image.id for image in missing if (image.split is Split.TEST) is is_test]
            found |= _proposals(client, project_id, model.id, ids)
    return found


def _proposals(client: Client, project_id: str, version: str, image_ids: Sequence[str]) -> Mapping[str, ImageProposals]:
    if not image_ids:
        return {}
    try:
        offered = client.get_proposals(project_id=project_id, image_ids=image_ids, model_version=version)
    except (PoolNotScored, ModelThinned, NoActiveModel, NotFound):  # NotFound: removed since it was listed
        return {}
    return {each.image_id: each for each in offered}


def _dispute(dispute: Dispute, images: Mapping[str, Image], trusted: set[str]) -> DisputeDocument:
    drawn = dispute.drawn
    return DisputeDocument(
        image=image_document(images[dispute.label.image_id]),
        label=dispute.label.id,
        annotator=dispute.label.annotator,
        why=dispute.why.value,
        category=dispute.prediction.category_id,
        drawn_as=drawn.category_id if drawn else 0,
        predicted_iou=dispute.prediction.predicted_iou,
        iou=dispute.iou,
        size=dispute.size,
        model_version=dispute.model_version,
        head_trusted=dispute.model_version in trusted,
        predicted=mask_document(dispute.prediction.mask),
        drawn=mask_document(drawn.mask) if drawn else None,
    )


def _agreement(pair: Agreement) -> AgreementDocument:
    return AgreementDocument(
        pair.first, pair.second, pair.images, len(pair.ious), pair.mean_iou, pair.only_first, pair.only_second
    )
