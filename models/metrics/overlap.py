"""Metrics of overlap that no ranking enters, over a whole set of images.

Each takes the evaluated images' true objects by image id, images without objects included, and the proposals at the
same sizes. Means over nothing are 0. Truths may hold crowds: these are no objects, and proposals mostly on one are left
out (see `maskloop.matching.judged`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pycocotools import mask as coco_mask

from maskloop.masks import Mask
from maskloop.matching import FOUND, Entry, Proposals, Truths, coco_rle, iou_matrix, match_within_class, without_crowds
from maskloop.values import ObjectLabel, ObjectProposal
from models.metrics.ssim import structural_similarity


def mean_dice(truths: Truths, proposals: Proposals) -> float:
    """Mean Dice coefficient 2|A & B| / (|A| + |B|) over objects, paired as for the mean IoU; 0 for an unpaired one."""
    truths, proposals = without_crowds(truths, proposals)
    ious = _paired_ious(truths, proposals)
    return _mean([2 * iou / (1 + iou) for iou in ious], sum(map(len, truths.values())))


def object_f1(truths: Truths, proposals: Proposals) -> float:
    """F1 of finding objects: the harmonic mean of the share of proposals and of objects paired at IoU .5 or more.

    Pairs are of one category, with the largest sum of IoUs.
    """
    truths, proposals = without_crowds(truths, proposals)
    matched = sum(iou >= FOUND for iou in _paired_ious(truths, proposals))
    return _mean([2 * matched], sum(map(len, truths.values())) + sum(map(len, proposals.values())))


def average_best_overlap(truths: Truths, proposals: Proposals) -> float:
    """Mean over objects of the best IoU that any proposal reaches, of whatever category, and used however often.

    Uijlings et al., *Selective search for object recognition*, 2013.
    """
    truths, proposals = without_crowds(truths, proposals)
    best = [
        iou_matrix([item.mask for item in there], [item.mask for item in proposals.get(image_id, ())]).max(1, initial=0)
        for image_id, there in truths.items()
    ]
    return _mean([float(iou) for ious in best for iou in ious], sum(map(len, truths.values())))


def semantic_iou(truths: Truths, proposals: Proposals) -> dict[int, float]:
    """IoU of each category's pixels, objects merged, summed over the images; for categories that occur in the truth.

    As in Pascal VOC's segmentation task, but without the background, and a pixel may be of several categories. Pixels
    of crowds are left out, of whatever category.
    """
    ious = {}
    for category_id in sorted({item.category_id for there in truths.values() for item in there if not item.crowd}):
        shared = union = 0
        for image_id, there in truths.items():
            true = _of(category_id, [item for item in there if not item.crowd])
            drawn = _of(category_id, proposals.get(image_id, ()))
            crowds = [coco_rle(item.mask) for item in there if item.crowd]
            shared += _area_outside(crowds, [_merge(true), _merge(drawn)], intersect=True) if true and drawn else 0
            union += _area_outside(crowds, true + drawn, intersect=False)
        ious[category_id] = shared / union if union else 0.0
    return ious


def mean_similarity(truths: Truths, proposals: Proposals) -> float:
    """Mean over objects of the SSIM of an object's mask and the proposal of its category with the best IoU.

    An object without a proposal of its category is compared with an empty mask. Bellver et al., *Mask-guided sample
    selection for semi-supervised instance segmentation*, Tables 9 and 10, do not say how they pair or what window
    they take; both are our reading.
    """
    truths, proposals = without_crowds(truths, proposals)
    values = [
        structural_similarity(item.mask, _best(item, proposals.get(image_id, ())))
        for image_id, there in truths.items()
        for item in there
    ]
    return _mean(values, len(values))


def _best(item: ObjectLabel, proposals: Sequence[ObjectProposal]) -> Mask:
    masks = [proposal.mask for proposal in proposals if proposal.category_id == item.category_id]
    if not masks:
        return Mask.empty(item.mask.height, item.mask.width)
    return masks[int(iou_matrix([item.mask], masks).argmax())]


def _paired_ious(truths: Truths, proposals: Proposals) -> list[float]:
    """IoU of every pair, image by image."""
    ious = [match_within_class(proposals.get(image_id, ()), there)[1] for image_id, there in truths.items()]
    return [float(iou) for image in ious for iou in image]


def _of(category_id: int, items: Sequence[ObjectLabel | ObjectProposal]) -> list[Entry]:
    return [coco_rle(item.mask) for item in items if item.category_id == category_id]


def _merge(masks: list[Entry]) -> Entry:
    merged: Entry = coco_mask.merge(masks)
    return merged


def _area_outside(crowds: list[Entry], masks: list[Entry], *, intersect: bool) -> int:
    """Pixels of the masks merged, less those of them on crowds."""
    if not masks:
        return 0
    merged = coco_mask.merge(masks, intersect=intersect)
    crowded = coco_mask.area(coco_mask.merge([merged, _merge(crowds)], intersect=True)) if crowds else 0
    return int(coco_mask.area(merged)) - int(crowded)


def _mean(values: Sequence[float], count: int) -> float:
    return float(np.sum(values)) / count if count else 0.0
