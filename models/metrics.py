"""How good masks are, and how well a score knows it.

AP is COCO's own (pycocotools): 101 recall points, ten IoU thresholds from .5 to .95, mean over categories.
IoU is eq. 1 and the image score eq. 2 of Bellver et al., *Mask-guided sample selection for semi-supervised
instance segmentation*.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

from maskloop.masks import Mask
from maskloop.values import ObjectLabel, ObjectProposal

Floats = NDArray[np.float64]
Entry = dict[str, Any]
MAX_DETECTIONS = 100


def average_precision(
    truths: Mapping[str, Sequence[ObjectLabel]], proposals: Mapping[str, Sequence[ObjectProposal]]
) -> tuple[float, float]:
    """COCO's (AP, AP50), both in [0, 1]; masks are ranked by their predicted IoU.

    Args:
        truths: every evaluated image's objects by image id; images without objects are listed too.
        proposals: the network's masks by image id, at the same sizes. At most 100 an image count.

    Returns:
        (0, 0) when there is no object to be found.
    """
    numbers = {image_id: number for number, image_id in enumerate(sorted(truths), start=1)}
    annotations = [
        _entry(numbers[image_id], item) | {"iscrowd": 0, "area": item.mask.area, "bbox": list(item.mask.box)}
        for image_id in sorted(truths)
        for item in truths[image_id]
    ]
    results = [
        _entry(numbers[image_id], item) | {"score": item.predicted_iou}
        for image_id in sorted(proposals)
        for item in proposals[image_id]
    ]
    if not annotations or not results:
        return 0.0, 0.0
    with redirect_stdout(io.StringIO()):
        precision = _precision(list(numbers.values()), annotations, results)
    return _mean_known(precision), _mean_known(precision[0])


def _precision(image_numbers: list[int], annotations: list[Entry], results: list[Entry]) -> Floats:
    """(10 IoU thresholds, 101 recalls, categories), -1 where a category has no object."""
    coco = COCO()
    coco.dataset = {
        "info": {},
        # pycocotools looks the size up before it sees that every mask brings its own.
        "images": [{"id": number, "height": 0, "width": 0} for number in image_numbers],
        "annotations": [item | {"id": number} for number, item in enumerate(annotations, start=1)],
        "categories": [{"id": key} for key in sorted({item["category_id"] for item in annotations})],
    }
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(results), "segm")
    evaluation.params.maxDets = [MAX_DETECTIONS]
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
    evaluation.evaluate()
    evaluation.accumulate()
    precision: Floats = evaluation.eval["precision"]
    return precision[:, :, :, 0, 0]


def _mean_known(precision: Floats) -> float:
    known = precision[precision > -1]
    return float(known.mean()) if known.size else 0.0


def iou_matrix(first: Sequence[Mask], second: Sequence[Mask]) -> Floats:
    """IoU of every mask of `first` with every mask of `second`, (len(first), len(second)), in [0, 1]."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    found = coco_mask.iou([_rle(mask) for mask in first], [_rle(mask) for mask in second], [0] * len(second))
    return np.nan_to_num(np.asarray(found, dtype=np.float64))


def match_within_class(
    proposals: Sequence[ObjectLabel | ObjectProposal], truths: Sequence[ObjectLabel]
) -> tuple[NDArray[np.int64], Floats]:
    """Pair proposals with true objects of their own category so that the sum of IoUs is largest (Hungarian).

    Returns:
        For each proposal the place of its object in `truths` (-1: none) and their IoU (0: none); both (P,).
    """
    places, ious = np.full(len(proposals), -1), np.zeros(len(proposals))
    for category_id in sorted({item.category_id for item in truths}):
        mine = [place for place, item in enumerate(proposals) if item.category_id == category_id]
        theirs = [place for place, item in enumerate(truths) if item.category_id == category_id]
        overlap = iou_matrix([proposals[place].mask for place in mine], [truths[place].mask for place in theirs])
        for row, column in zip(*linear_sum_assignment(overlap, maximize=True), strict=True):
            places[mine[row]], ious[mine[row]] = theirs[column], overlap[row, column]
    return places, ious


def mean_absolute_error(predicted: Floats, true: Floats) -> float:
    """Mean |predicted - true|; 0 for nothing."""
    return float(np.abs(predicted - true).mean()) if predicted.size else 0.0


def spearman(predicted: Floats, true: Floats) -> float | None:
    """Rank correlation in [-1, 1], ties at their mean rank; `None` for fewer than two or all equal values."""
    if predicted.size < 2 or np.ptp(predicted) == 0 or np.ptp(true) == 0:
        return None
    return float(np.corrcoef(rankdata(predicted), rankdata(true))[0, 1])


def _entry(image_number: int, item: ObjectLabel | ObjectProposal) -> Entry:
    return {"image_id": image_number, "category_id": item.category_id, "segmentation": _rle(item.mask)}


def _rle(mask: Mask) -> Entry:
    return {"size": [mask.height, mask.width], "counts": mask.rle}
