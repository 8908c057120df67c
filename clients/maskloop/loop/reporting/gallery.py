"""The gallery of a campaign's best network: which test images, what it proposes for them, and what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from maskloop.formats.images import decode_image
from maskloop.loop.outcomes import Arm
from maskloop.report import Gallery, GalleryPicture, choose_images, judge_image
from maskloop.values import Image, ImageProposals, ObjectLabel

Truths = Mapping[str, Sequence[ObjectLabel]]
"""What test images hold, by image id."""


class ImageReader(Protocol):
    """Reads images, and what models offered for them."""

    def proposals(self, image_ids: list[str], model_version: str) -> Mapping[str, ImageProposals]:
        """What the model offers for these images, by image id; nothing where it scored nothing."""

    def read_image(self, image_id: str) -> bytes:
        """An image's file."""


def gallery_of(reader: ImageReader, arm: Arm, images: Mapping[str, Image], truths: Truths) -> Gallery:
    """Some test images of the best network so far, their objects counted."""
    if not arm.rounds:
        return Gallery(round=0, tested=len(truths), judged=0)
    best = arm.best
    if best.evaluation is None:
        return Gallery(round=0, tested=len(truths), judged=0)
    chosen = choose_images(best.evaluation.images)
    proposals = reader.proposals([image.image_id for _, image in chosen], best.model.id)
    shown = tuple(
        judge_image(
            group,
            image,
            images[image.image_id].file_name,
            truths[image.image_id],
            proposals[image.image_id],
        )
        for group, image in chosen
        if image.image_id in proposals
    )
    return Gallery(best.number, len(truths), len(best.evaluation.images), shown)


def gallery_pictures(reader: ImageReader, arm: Arm, gallery: Gallery, truths: Truths) -> list[GalleryPicture]:
    """What to draw of the gallery's images."""
    ids = [image.image for image in gallery.images]
    proposals = reader.proposals(ids, arm.best.model.id) if ids else {}
    return [
        GalleryPicture(
            image_id,
            decode_image(reader.read_image(image_id), image_id).pixels,
            tuple(truths[image_id]),
            proposals[image_id].objects,
        )
        for image_id in ids
    ]
