"""Pseudo-labels: an image's proposals as objects to learn from, as if a person had outlined them.

BASIS, Bellver et al., *Mask-guided sample selection for semi-supervised instance segmentation*: the masks that the
annotation network proposes for images that nobody has outlined are truth to a student network, without weights. The
paper does not say who gets a pixel that several masks claim; docs/decisions/0017-the-student-network.md says why
confidence decides here.
"""

from __future__ import annotations

import numpy as np

from maskloop.masks import Mask
from maskloop.values import ImageProposals, ObjectLabel, ObjectProposal, PseudoLabels


def pseudo_objects(proposals: ImageProposals, wanted: PseudoLabels) -> tuple[ObjectProposal, ...]:
    """The objects of an image that pass for labels, in the order of the proposals; no two share a pixel.

    First those of too low a predicted IoU go. Of the others the most confident takes its pixels, then the next what it
    has left; one that is left with fewer than `min_area_share` of the image, or none, goes and takes nothing.
    """
    trusted = [item for item in proposals.objects if item.predicted_iou >= wanted.min_predicted_iou]
    kept: dict[int, ObjectProposal] = {}
    taken = np.zeros(0, dtype=np.bool_)
    for place in sorted(range(len(trusted)), key=lambda place: (-trusted[place].confidence, place)):
        item = trusted[place]
        mask = item.mask.to_array()
        taken = taken if taken.size else np.zeros_like(mask)
        own = mask & ~taken
        if own.sum() >= max(1.0, wanted.min_area_share * own.size):
            taken |= own
            kept[place] = ObjectProposal(item.category_id, Mask.from_array(own), item.predicted_iou, item.confidence)
    return tuple(kept[place] for place in sorted(kept))


def doubtful_regions(proposals: ImageProposals, wanted: PseudoLabels) -> tuple[ObjectLabel, ...]:
    """What the proposals of too low a predicted IoU cover, as crowds: a training learns nothing from their pixels."""
    return tuple(
        ObjectLabel(item.category_id, item.mask, crowd=True)
        for item in proposals.objects
        if item.predicted_iou < wanted.min_predicted_iou and item.mask.area
    )
