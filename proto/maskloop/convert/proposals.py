"""What models offer people."""

from __future__ import annotations

from maskloop.convert.masks import mask_from_message, mask_to_message
from maskloop.v1 import masks_pb2, models_pb2
from maskloop.values import ImageProposals, ObjectProposal


def proposal_to_message(proposal: ObjectProposal) -> masks_pb2.ObjectProposal:
    """One mask that is offered."""
    return masks_pb2.ObjectProposal(
        category_id=proposal.category_id,
        mask=mask_to_message(proposal.mask),
        predicted_iou=proposal.predicted_iou,
        confidence=proposal.confidence,
        id=proposal.id,
    )


def proposal_from_message(message: masks_pb2.ObjectProposal) -> ObjectProposal:
    """One mask that is offered.

    Raises:
        InvalidMask: it cannot be.
    """
    return ObjectProposal(
        message.category_id, mask_from_message(message.mask), message.predicted_iou, message.confidence, message.id
    )


def proposals_to_message(proposals: ImageProposals) -> models_pb2.ImageProposals:
    """A model's reading of one image."""
    return models_pb2.ImageProposals(
        image_id=proposals.image_id,
        model_version=proposals.model_version,
        score=proposals.score,
        objects=map(proposal_to_message, proposals.objects),
        not_decoded=proposals.not_decoded,
        uncalibrated=proposals.uncalibrated,
    )


def proposals_from_message(message: models_pb2.ImageProposals) -> ImageProposals:
    """A model's reading of one image."""
    return ImageProposals(
        image_id=message.image_id,
        model_version=message.model_version,
        score=message.score,
        objects=tuple(map(proposal_from_message, message.objects)),
        not_decoded=message.not_decoded,
        uncalibrated=message.uncalibrated,
    )
