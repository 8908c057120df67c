"""Projects, batches, and all that a person needs to label one image, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from maskloop.values import (
    Batch,
    Image,
    ImageProposals,
    Label,
    ObjectProposal,
    Project,
    PromptedProposals,
    Split,
)
from maskloop.web.documents.labels import label_document
from maskloop.web.documents.outlines import mask_document

Document = dict[str, Any]


def project_document(project: Project, campaigns: Sequence[str]) -> Document:
    """A project with its vocabulary."""
    return {
        "id": project.id,
        "name": project.display_name or project.id,
        "categories": [{"id": category.id, "name": category.name} for category in project.categories],
        "campaigns": list(campaigns),
        "active_model": project.active_model,
    }


def image_document(image: Image) -> Document:
    """An image's facts; where its file lies is nobody's business."""
    return {"id": image.id, "name": image.file_name, "width": image.width, "height": image.height}


def batch_document(batch: Batch, images: Mapping[str, Image], now: datetime) -> Document:
    """A batch with the images that are still to be labeled.

    Args:
        batch: leased.
        images: those of its picks, by id.
        now: by the same clock as the lease's end.
    """
    return {
        "id": batch.id,
        "project": batch.project_id,
        "campaign": batch.campaign_id,
        "annotator": batch.annotator,
        "kind": batch.kind.value,
        "picks": [
            {
                "image": image_document(images[pick.image_id]),
                "reason": pick.reason,
                "cost_s": pick.cost_s,
                "score": pick.score,
            }
            for pick in batch.picks
        ],
        "expires_at": batch.expires_at.timestamp(),
        "now": now.timestamp(),
        "exhausted": batch.exhausted,
        "fallback": batch.fallback,
        "for_test": batch.for_split is Split.TEST,
        "assist": batch.assistance.assist.value,
        "model_version": batch.assistance.model_version,
    }


def sheet_document(image: Image, proposals: ImageProposals | None, label: Label | None) -> Document:
    """All that is needed to label one image.

    Args:
        image: the image.
        proposals: the masks that a person begins with; `None` where there are none to be shown.
        label: what is on record of it already.
    """
    return {
        "image": image_document(image),
        "proposals": _proposals(proposals.objects) if proposals else [],
        "model_version": proposals.model_version if proposals else "",
        "uncalibrated": proposals.uncalibrated if proposals else False,
        "label": label_document(label) if label else None,
    }


def prompted_document(prompted: PromptedProposals) -> Document:
    """What a model outlined, in the order of the prompts."""
    return {
        "proposals": _proposals(prompted.proposals),
        "model_version": prompted.model_version,
        "uncalibrated": prompted.uncalibrated,
    }


def _proposals(proposals: Sequence[ObjectProposal]) -> list[Document]:
    return [
        {
            "id": item.id,
            "category": item.category_id,
            "mask": mask_document(item.mask),
            "predicted_iou": item.predicted_iou,
            "confidence": item.confidence,
        }
        for item in proposals
    ]
