"""Proposals as a COCO file: masks that nobody has looked at, each with what its network says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from maskloop.formats.coco.writing import SizedImage, coco_document
from maskloop.values import Category, ObjectLabel, ObjectProposal


def proposals_document(
    categories: Iterable[Category],
    images: Iterable[SizedImage],
    objects: Mapping[str, Sequence[ObjectProposal]],
    *,
    calibrated: bool,
    made_by: str,
) -> dict[str, object]:
    """A COCO instance document of proposals, as `coco_document` has it; `info.score` says what the scores are.

    Args:
        categories: the vocabulary.
        images: every image to list; one without `objects` is listed and empty.
        objects: by file name.
        calibrated: whether a head predicts IoU; else the scores are raw confidence.
        made_by: the command.

    Raises:
        InvalidLabel: an object's category is not in the vocabulary.
        InvalidMask: a mask has another size than its image.
    """
    labels = {name: [ObjectLabel(item.category_id, item.mask) for item in its] for name, its in objects.items()}
    scores = {name: [item.predicted_iou for item in its] for name, its in objects.items()}
    score = "predicted IoU" if calibrated else "confidence; this model's head is not calibrated"
    info = {"description": f"made by {made_by}", "score": score}
    return {**coco_document(categories, images, labels, scores), "info": info}
