"""Masks beside masks: IoU, who belongs to whom, and how good all of them are.

IoU is eq. 1 of Bellver et al., *Mask-guided sample selection for semi-supervised instance segmentation*. Crowds are
treated as Kirillov et al., *Panoptic segmentation*, section 4.1, do: nothing is matched with one, and what is drawn
mostly on one is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskloop.masks import Mask
from maskloop.values import ObjectLabel, ObjectProposal

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Entry = dict[str, Any]
MOSTLY = 0.5
"""Share of a proposal on a crowd, and IoU with an object, above which it belongs to the one or to the other."""
Truths = Mapping[str, Sequence[ObjectLabel]]
"""True objects by image id, images without any included."""
Proposals = Mapping[str, Sequence[ObjectProposal]]
"""Of the same images at the same sizes; those without any may be left out."""
FOUND = 0.5
"""IoU above which an object is found."""


def iou_matrix(first: Sequence[Mask], second: Sequence[Mask]) -> Floats:
    """IoU of every mask of `first` with every mask of `second`, (len(first), len(second)), in [0, 1]."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    ious = coco_mask.iou([coco_rle(mask) for mask in first], [coco_rle(mask) for mask in second], [0] * len(second))
    return np.nan_to_num(np.asarray(ious, dtype=np.float64))


def match_within_class(
    proposals: Sequence[ObjectLabel | ObjectProposal], truths: Sequence[ObjectLabel]
) -> tuple[NDArray[np.int64], Floats]:
    """Pair proposals with true objects of their own category so that the sum of IoUs is largest (Hungarian).

    Crowds are paired with nothing, and so are proposals that are not `judged`.

    Returns:
        For each proposal the place of its object in `truths` (-1: none) and their IoU (0: none); both (P,).
    """
    from scipy.optimize import linear_sum_assignment

    places, ious = np.full(len(proposals), -1), np.zeros(len(proposals))
    is_judged = judged(proposals, truths)
    for category_id in sorted({item.category_id for item in truths if not item.crowd}):
        mine = [place for place, item in enumerate(proposals) if item.category_id == category_id and is_judged[place]]
        theirs = [place for place, item in enumerate(truths) if item.category_id == category_id and not item.crowd]
        overlap = iou_matrix([proposals[place].mask for place in mine], [truths[place].mask for place in theirs])
        for row, column in zip(*linear_sum_assignment(overlap, maximize=True), strict=True):
            places[mine[row]], ious[mine[row]] = theirs[column], overlap[row, column]
    return places, ious


def judged(proposals: Sequence[ObjectLabel | ObjectProposal], truths: Sequence[ObjectLabel]) -> Bools:
    """Which proposals are right or wrong, (P,): all but those mostly on crowds of their category.

    One that overlaps a true object of its category with an IoU above .5 is judged all the same.
    """
    is_judged = np.ones(len(proposals), dtype=np.bool_)
    for category_id in sorted({item.category_id for item in truths if item.crowd}):
        mine = [place for place, item in enumerate(proposals) if item.category_id == category_id]
        crowd = [item.mask for item in truths if item.category_id == category_id and item.crowd]
        there = [item.mask for item in truths if item.category_id == category_id and not item.crowd]
        masks = [proposals[place].mask for place in mine]
        found = iou_matrix(masks, there).max(axis=1, initial=0) > MOSTLY
        is_judged[mine] = found | (shares_inside(masks, crowd) <= MOSTLY)
    return is_judged


def judged_ious(proposals: Sequence[ObjectProposal], truths: Sequence[ObjectLabel]) -> tuple[Bools, Floats]:
    """Which proposals are `judged`, (P,), and the IoU of each of those with its object, 0 for none."""
    is_judged = judged(proposals, truths)
    return is_judged, match_within_class(proposals, truths)[1][is_judged]


def shares_inside(masks: Sequence[Mask], region: Sequence[Mask]) -> Floats:
    """The share of each mask's pixels that the masks of `region`, one or more, cover together; 0 for an empty mask."""
    if not masks:
        return np.zeros(0)
    merged = coco_mask.merge([coco_rle(mask) for mask in region])
    shares = coco_mask.iou([coco_rle(mask) for mask in masks], [merged], [1])[:, 0]  # of a crowd: over the first's area
    return np.nan_to_num(np.asarray(shares, dtype=np.float64))


def image_iou(proposals: Sequence[ObjectProposal], truths: Sequence[ObjectLabel]) -> float:
    """What an image's score should be: the sum of its pairs' IoUs over its objects, or its proposals where these are
    more (Bellver et al., eq. 2); 0 without either. Crowds, and proposals on them, are left out."""
    is_judged, ious = judged_ious(proposals, truths)
    objects = sum(not item.crowd for item in truths)
    return float(ious.sum()) / max(int(is_judged.sum()), objects, 1)


def without_crowds(truths: Truths, proposals: Proposals) -> tuple[Truths, Proposals]:
    """The true objects, and the proposals that are judged by them."""
    if not any(item.crowd for there in truths.values() for item in there):
        return truths, proposals
    kept: dict[str, Sequence[ObjectProposal]] = {}
    for image_id, offered in proposals.items():
        is_judged = judged(offered, truths.get(image_id, ()))
        kept[image_id] = [item for item, counts in zip(offered, is_judged, strict=True) if counts]
    return {image_id: [item for item in there if not item.crowd] for image_id, there in truths.items()}, kept


@dataclass(frozen=True)
class PanopticQuality:
    """Panoptic quality in [0, 1], and its factors.

    Args:
        quality: recognition times segmentation, mean over categories.
        recognition: found objects over found ones plus half of the missed and half of the wrong, mean over categories.
    """

    quality: float
    recognition: float

    @property
    def segmentation(self) -> float:
        """Mean IoU of what was found, categories weighted by their recognition; 0 where nothing was."""
        return self.quality / self.recognition if self.recognition else 0.0


def panoptic_quality(truths: Truths, proposals: Proposals) -> float:
    """`panoptic`'s quality."""
    return panoptic(truths, proposals).quality


def panoptic(truths: Truths, proposals: Proposals) -> PanopticQuality:
    """Sum of the IoUs of found objects over found ones plus half of the missed and half of the wrong, by category.

    The mean over the categories that occur in truth or proposals; 0 without any. An object is found by a proposal of
    its category with an IoU above .5 (Kirillov et al., *Panoptic segmentation*, eq. 1 and 2; here masks may overlap, so
    pairs are those with the largest sum of IoUs). False positives lower it, as they do not lower a mean over true
    objects; on a crowd they are none (section 4.1).
    """
    truths, proposals = without_crowds(truths, proposals)
    shared: dict[int, float] = {}
    found: dict[int, int] = {}
    counted: dict[int, float] = {}
    for image_id, there in truths.items():
        offered = proposals.get(image_id, ())
        for category_id in [item.category_id for item in there] + [item.category_id for item in offered]:
            counted[category_id] = counted.get(category_id, 0.0) + 0.5
        for item, iou in zip(offered, match_within_class(offered, there)[1], strict=True):
            if iou > FOUND:
                shared[item.category_id] = shared.get(item.category_id, 0.0) + float(iou)
                found[item.category_id] = found.get(item.category_id, 0) + 1
    categories = max(len(counted), 1)
    return PanopticQuality(
        sum(shared.get(key, 0.0) / number for key, number in counted.items()) / categories,
        sum(found.get(key, 0) / number for key, number in counted.items()) / categories,
    )


def coco_rle(mask: Mask) -> Entry:
    """The mask as pycocotools takes it."""
    return {"size": [mask.height, mask.width], "counts": mask.rle}
