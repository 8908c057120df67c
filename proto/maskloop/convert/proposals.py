"""What models offer people, and the prompts that people ask them with."""

from __future__ import annotations

from maskloop.convert.masks import mask_from_message, mask_to_message
from maskloop.v1 import masks_pb2, models_pb2, proposals_pb2
from maskloop.values import ImageProposals, ObjectProposal, Prompt, PromptedProposals, PromptPoint

BOX = ("x", "y", "width", "height")


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


def prompt_to_message(prompt: Prompt) -> proposals_pb2.Prompt:
    """What a person shows of one object."""
    box = None if prompt.box is None else proposals_pb2.PromptBox(**dict(zip(BOX, prompt.box, strict=True)))
    points = [proposals_pb2.PromptPoint(x=point.x, y=point.y, on_object=point.on_object) for point in prompt.points]
    return proposals_pb2.Prompt(category_id=prompt.category_id, box=box, points=points)


def prompt_from_message(message: proposals_pb2.Prompt) -> Prompt:
    """What a person shows of one object.

    Raises:
        InvalidPrompt: it shows none, or a number that cannot be.
    """
    x, y, width, height = (getattr(message.box, name) for name in BOX)
    return Prompt(
        message.category_id,
        (x, y, width, height) if message.HasField("box") else None,
        tuple(PromptPoint(point.x, point.y, point.on_object) for point in message.points),
    )


def prompted_to_message(answer: PromptedProposals) -> proposals_pb2.ProposeMasksResponse:
    """What was outlined for a call's prompts."""
    return proposals_pb2.ProposeMasksResponse(
        proposals=map(proposal_to_message, answer.proposals),
        model_version=answer.model_version,
        uncalibrated=answer.uncalibrated,
    )


def prompted_from_message(message: proposals_pb2.ProposeMasksResponse) -> PromptedProposals:
    """What was outlined for a call's prompts."""
    return PromptedProposals(
        tuple(map(proposal_from_message, message.proposals)), message.model_version, message.uncalibrated
    )
