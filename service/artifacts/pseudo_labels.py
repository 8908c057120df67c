"""The pseudo-labels that a score table holds: proposals for pool images that nobody has outlined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from maskloop.formats.coco.writing import coco_document
from maskloop.values import Category, Image, ObjectLabel, ObjectProposal, PseudoLabels
from models.proposals.pseudo_labels import pseudo_objects
from selection.draws import draws
from service.artifacts.score_table import read_proposals

IMAGES_A_READ = 1024


@dataclass(frozen=True)
class PseudoLabeled:
    """An image and what is proposed for it, at least one object."""

    image: Image
    proposals: tuple[ObjectProposal, ...]

    @property
    def objects(self) -> tuple[ObjectLabel, ...]:
        """The proposals as a label's objects."""
        return tuple(ObjectLabel(item.category_id, item.mask) for item in self.proposals)


def pseudo_labels(table: Path, unlabeled: Iterable[Image], wanted: PseudoLabels) -> list[PseudoLabeled]:
    """Images with what is proposed for them, by id; those of which no object is left are no label.

    Args:
        table: the score table of `wanted.model_version`.
        unlabeled: pool images without a full label.
        wanted: which pseudo-labels.
    """
    labeled_images: list[PseudoLabeled] = []
    for labeled in _in_drawn_order(table, list(unlabeled), wanted):
        if wanted.images and len(labeled_images) == wanted.images:
            break
        if labeled.proposals:
            labeled_images.append(labeled)
    return sorted(labeled_images, key=lambda labeled: labeled.image.id)


def pseudo_document(categories: Iterable[Category], labeled_images: Sequence[PseudoLabeled]) -> dict[str, object]:
    """A COCO instance document of pseudo-labels; `score` is the predicted IoU."""
    return coco_document(
        categories,
        [labeled.image for labeled in labeled_images],
        {labeled.image.file_name: labeled.objects for labeled in labeled_images},
        {labeled.image.file_name: [item.predicted_iou for item in labeled.proposals] for labeled in labeled_images},
    )


def _in_drawn_order(table: Path, unlabeled: list[Image], wanted: PseudoLabels) -> Iterator[PseudoLabeled]:
    """All that was scored, in the order of the images' draws."""
    ids = np.array([image.id for image in unlabeled], dtype=np.bytes_)
    drawn = [unlabeled[place] for place in np.lexsort((ids, draws(ids, wanted.seed, "pseudo-labels")))]
    for start in range(0, len(drawn), IMAGES_A_READ):
        some = {image.id: image for image in drawn[start : start + IMAGES_A_READ]}
        for proposals in read_proposals(table, list(some), wanted.model_version):
            yield PseudoLabeled(some[proposals.image_id], pseudo_objects(proposals, wanted))
