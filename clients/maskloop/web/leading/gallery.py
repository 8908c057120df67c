"""What the newest measured network makes of test images, worst first."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from maskloop.client import Client
from maskloop.errors import ModelThinned, NotFound, PoolNotScored
from maskloop.values import (
    EvaluatedImage,
    Evaluation,
    Image,
    ImageProposals,
    ObjectLabel,
    OperationKind,
    OperationState,
    Split,
    SupervisionKind,
)
from maskloop.web.documents import image_document, mask_document

A_PAGE = 12
"""Images of one answer."""


@dataclass(frozen=True)
class GalleryDocument:
    """One test image: what is there, and what the network outlines. `predicted_iou` is `None` without a fitted head."""

    image: dict[str, object]
    true_iou: float
    predicted_iou: float | None
    truths: list[dict[str, object]]
    proposals: list[dict[str, object]]


def read_gallery(client: Client, project_id: str, first: int) -> dict[str, object]:
    """A page of the gallery, from its image `first` on, counted from 0.

    Raises:
        ProjectNotFound: there is none.
    """
    version, evaluation = _newest(client, project_id)
    if evaluation is None:
        return _nothing(version, "No network was measured on test images yet.")
    ordered = worst_first(evaluation)
    page = ordered[first : first + A_PAGE]
    try:
        offered = client.get_proposals(
            project_id=project_id, image_ids=[each.image_id for each in page], model_version=version
        )
    except (PoolNotScored, ModelThinned, NotFound) as error:
        return _nothing(version, f"The server kept no outlines of the test images: {error.message}")
    proposals = {each.image_id: each for each in offered}
    labels = client.list_labels(project_id=project_id, kind=SupervisionKind.FULL)
    wanted = {each.image_id for each in page}
    truths = {label.image_id: label.objects for label in labels if label.image_id in wanted}
    shown = [
        _document(each, client.get_image(project_id=project_id, image_id=each.image_id), proposals[each.image_id],
                  truths.get(each.image_id, ()))
        for each in page
        if each.image_id in proposals
    ]  # fmt: skip
    more = first + A_PAGE < len(ordered)
    return {"model_version": version, "tested": len(ordered), "images": [asdict(each) for each in shown],
            "next": first + A_PAGE if more else None, "words": ""}  # fmt: skip


def worst_first(evaluation: Evaluation) -> list[EvaluatedImage]:
    """Its images, the lowest true IoU first; of equally bad ones those with more objects."""
    return sorted(evaluation.images, key=lambda image: (image.true_iou, -image.objects, image.image_id))


def _newest(client: Client, project_id: str) -> tuple[str, Evaluation | None]:
    """The version that was measured last on test images, and what came of it."""
    for operation in client.list_operations(project_id=project_id):
        if operation.kind is not OperationKind.EVALUATE or operation.state is not OperationState.SUCCEEDED:
            continue
        if isinstance(operation.result, Evaluation) and operation.result.split is Split.TEST:
            return operation.result_id, operation.result
    return "", None


def _nothing(version: str, words: str) -> dict[str, object]:
    return {"model_version": version, "tested": 0, "images": [], "next": None, "words": words}


def _document(
    evaluated: EvaluatedImage, image: Image, proposals: ImageProposals, truths: tuple[ObjectLabel, ...]
) -> GalleryDocument:
    return GalleryDocument(
        image=image_document(image),
        true_iou=evaluated.true_iou,
        predicted_iou=None if proposals.uncalibrated else evaluated.predicted_iou,
        truths=[{"category": item.category_id, "mask": mask_document(item.mask)} for item in truths],
        proposals=[
            {"category": item.category_id, "mask": mask_document(item.mask),
             "predicted_iou": None if proposals.uncalibrated else item.predicted_iou}
            for item in proposals.objects
        ],
    )  # fmt: skip
