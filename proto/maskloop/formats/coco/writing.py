"""Labels and proposals as a COCO instance file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from maskloop.errors import InvalidLabel, InvalidMask
from maskloop.formats.coco.parsing import PROPOSAL, WRITER
from maskloop.formats.files import write_atomically
from maskloop.formats.segmentation import write_segmentation
from maskloop.values import Category, ObjectLabel, Origin, Review, Work


class SizedImage(Protocol):
    """What a COCO file says of an image; `maskloop.values.Image` and `DatasetImage` are such."""

    @property
    def file_name(self) -> str:
        """Name of its file."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""


def coco_document(
    categories: Iterable[Category],
    images: Iterable[SizedImage],
    labels: Mapping[str, Sequence[ObjectLabel]],
    scores: Mapping[str, Sequence[float]] | None = None,
    *,
    reviews: Mapping[str, Review] | None = None,
    proposal_ids: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, object]:
    """A COCO instance document: masks as compressed runs, with area and box (x, y, width, height) in pixels.

    Args:
        categories: the vocabulary.
        images: every image to list; one without `labels` is listed and empty.
        labels: objects and crowds by file name; a crowd has `iscrowd` 1.
        scores: predicted IoU in [0, 1] of each object, by file name; becomes the annotation's `score`. An object that
            began as a proposal names it as `proposal`, with the `verdict`, and `proposal_iou`, `edits` and `seconds`
            where they are known.
        reviews: of images that were labeled with proposals, by file name; become the image's `review`.
        proposal_ids: where the objects are proposals, their ids by file name; become `proposal`.

    Raises:
        InvalidLabel: an object's category is not in the vocabulary, or scores and objects differ in number.
        InvalidMask: a mask has another size than its image.
    """
    vocabulary = list(categories)
    listed = list(images)
    annotations: list[dict[str, object]] = []
    for image_id, image in enumerate(listed, start=1):
        objects = labels.get(image.file_name, ())
        ids = (proposal_ids or {}).get(image.file_name, [""] * len(objects))
        for item, score, proposal_id in zip(objects, _scores(image, objects, scores), ids, strict=True):
            _check(image, item, {category.id for category in vocabulary})
            named = {PROPOSAL: proposal_id} if proposal_id else {}
            annotations.append({**_annotation(len(annotations) + 1, image_id, item, score), **named})
    return {
        "info": {"description": WRITER},
        "images": [
            {
                "id": image_id,
                "file_name": image.file_name,
                "width": image.width,
                "height": image.height,
                **_review((reviews or {}).get(image.file_name)),
            }
            for image_id, image in enumerate(listed, start=1)
        ],
        "categories": [{"id": category.id, "name": category.name} for category in vocabulary],
        "annotations": annotations,
    }


def write_coco(
    path: Path,
    categories: Iterable[Category],
    images: Iterable[SizedImage],
    labels: Mapping[str, Sequence[ObjectLabel]],
    scores: Mapping[str, Sequence[float]] | None = None,
    *,
    reviews: Mapping[str, Review] | None = None,
    proposal_ids: Mapping[str, Sequence[str]] | None = None,
) -> Path:
    """Write `coco_document` to `path`, whole or not at all.

    Raises:
        InvalidLabel, InvalidMask: as `coco_document`.
        StorageFull, FailedPrecondition: as `write_atomically`.
    """
    document = coco_document(categories, images, labels, scores, reviews=reviews, proposal_ids=proposal_ids)
    return write_atomically(path, json.dumps(document).encode())


def _scores(
    image: SizedImage, objects: Sequence[ObjectLabel], scores: Mapping[str, Sequence[float]] | None
) -> Sequence[float | None]:
    if scores is None:
        return [None] * len(objects)
    given = scores.get(image.file_name, ())
    if len(given) != len(objects):
        raise InvalidLabel(f"image {image.file_name} has {len(objects)} objects and {len(given)} scores")
    return given


def _check(image: SizedImage, item: ObjectLabel, vocabulary: set[int]) -> None:
    if item.category_id not in vocabulary:
        raise InvalidLabel(f"image {image.file_name}: category {item.category_id} is not in the vocabulary")
    if (item.mask.width, item.mask.height) != (image.width, image.height):
        raise InvalidMask(
            f"image {image.file_name} has {image.width} x {image.height} pixels, "
            f"a mask of it {item.mask.width} x {item.mask.height}"
        )


def _annotation(id_: int, image_id: int, item: ObjectLabel, score: float | None) -> dict[str, object]:
    annotation: dict[str, object] = {
        "id": id_,
        "image_id": image_id,
        "category_id": item.category_id,
        "segmentation": write_segmentation(item.mask),
        "area": item.mask.area,
        "bbox": list(item.mask.box),
        "iscrowd": int(item.crowd),
    }
    if item.origin is not None:
        annotation |= _origin(item.origin)
    return annotation if score is None else {**annotation, "score": score}


def _origin(origin: Origin) -> dict[str, object]:
    told = {
        PROPOSAL: origin.proposal_id or None,
        "verdict": origin.verdict.value,
        "prompted": origin.prompted or None,
        "proposal_iou": origin.iou,
        **_work(origin.work),
    }
    return {name: value for name, value in told.items() if value is not None}


def _review(review: Review | None) -> dict[str, object]:
    if review is None:
        return {}
    offered = review.by_id
    rejected = []
    for each in review.rejected:
        proposal = offered.get(each.proposal_id)
        told = {
            PROPOSAL: each.proposal_id,
            "prompted": each.prompted or None,
            "category_id": None if proposal is None else proposal.category_id,
            "segmentation": None if proposal is None else write_segmentation(proposal.mask),
            "score": None if proposal is None else proposal.predicted_iou,
            **_work(each.work),
        }
        rejected.append({name: value for name, value in told.items() if value is not None})
    return {"review": {"model_version": review.model_version, "rejected": rejected}}


def _work(work: Work) -> dict[str, object]:
    return {"edits": work.edits, "seconds": work.seconds}
