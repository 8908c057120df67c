"""COCO's precision and recall of ranked masks, by pycocotools: 101 recall points, at most 100 masks an image.

AP and AR without a number are means over the ten IoU thresholds .50, .55, ..., .95 and over the categories that occur.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from maskloop.matching import Entry, coco_rle
from maskloop.values import ObjectLabel, ObjectProposal
from models.metrics.agreement import Floats

MAX_DETECTIONS = 100
COCO_THRESHOLDS = np.linspace(0.5, 0.95, 10)
THRESHOLDS = np.concatenate([[0.25], COCO_THRESHOLDS])


@dataclass(frozen=True)
class Detection:
    """What ranking by predicted IoU found.

    Args:
        categories: ids of the K categories that occur in the truth, ascending.
        precision: (11, K) average precision in [0, 1] at each of `THRESHOLDS`.
        recall: (11, K) largest recall in [0, 1].
    """

    categories: tuple[int, ...]
    precision: Floats
    recall: Floats

    def ap(self, threshold: float | None = None) -> float:
        """Average precision in [0, 1] at one of `THRESHOLDS`, COCO's mean for `None`; 0 when nothing was there."""
        return _mean(self.precision[_rows(threshold)])

    def ar(self, threshold: float | None = None) -> float:
        """Average recall in [0, 1] at one of `THRESHOLDS`, COCO's mean for `None`; 0 when nothing was there."""
        return _mean(self.recall[_rows(threshold)])

    @property
    def f50(self) -> float:
        """Harmonic mean of AP50 and AR50 (Bellver et al., *Mask-guided sample selection*, Tables 9 and 10)."""
        return harmonic_mean(self.ap(0.5), self.ar(0.5))

    def ap_by_category(self, threshold: float) -> dict[int, float]:
        """Average precision in [0, 1] of each category that occurs."""
        (row,) = self.precision[_rows(threshold)]
        return dict(zip(self.categories, row.tolist(), strict=True))


def detect(truths: Mapping[str, Sequence[ObjectLabel]], proposals: Mapping[str, Sequence[ObjectProposal]]) -> Detection:
    """Match proposals, ranked by their predicted IoU, with the truth.

    As COCO does, what overlaps a crowd is neither right nor wrong: the IoU with a crowd is the share of the proposal
    that lies in it.

    Args:
        truths: every evaluated image's objects and crowds by image id; images without objects are listed too.
        proposals: the network's masks by image id, at the same sizes.
    """
    numbers = {image_id: number for number, image_id in enumerate(sorted(truths), start=1)}
    annotations = [
        _entry(numbers[image_id], item)
        | {"iscrowd": int(item.crowd), "area": item.mask.area, "bbox": list(item.mask.box)}
        for image_id in sorted(truths)
        for item in truths[image_id]
    ]
    results = [
        _entry(numbers[image_id], item) | {"score": item.predicted_iou}
        for image_id in sorted(proposals)
        for item in proposals[image_id]
    ]
    categories = sorted({item["category_id"] for item in annotations if not item["iscrowd"]})
    if not categories or not results:
        nothing = np.zeros((len(THRESHOLDS), len(categories)))
        return Detection(tuple(categories), nothing, nothing)
    with redirect_stdout(io.StringIO()):
        curves = _accumulate(list(numbers.values()), annotations, results, categories)
    return Detection(tuple(categories), curves["precision"][..., 0, 0].mean(axis=1), curves["recall"][..., 0, 0])


def _accumulate(
    image_numbers: list[int], annotations: list[Entry], results: list[Entry], categories: list[int]
) -> dict[str, Floats]:
    """`precision` (11, 101 recalls, K, 1, 1) and `recall` (11, K, 1, 1)."""
    coco = COCO()
    coco.dataset = {
        "info": {},
        # pycocotools looks the size up before it sees that every mask brings its own.
        "images": [{"id": number, "height": 0, "width": 0} for number in image_numbers],
        "annotations": [item | {"id": number} for number, item in enumerate(annotations, start=1)],
        "categories": [{"id": key} for key in categories],
    }
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(results), "segm")
    evaluation.params.iouThrs = THRESHOLDS
    evaluation.params.maxDets = [MAX_DETECTIONS]
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
    evaluation.evaluate()
    evaluation.accumulate()
    curves: dict[str, Floats] = evaluation.eval
    return curves


def harmonic_mean(first: float, second: float) -> float:
    """2ab / (a + b); 0 for two zeros."""
    return 2 * first * second / (first + second) if first + second else 0.0


def _rows(threshold: float | None) -> slice:
    if threshold is None:
        return slice(len(THRESHOLDS) - len(COCO_THRESHOLDS), None)
    place = int(np.abs(THRESHOLDS - threshold).argmin())
    return slice(place, place + 1)


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else 0.0


def _entry(image_number: int, item: ObjectLabel | ObjectProposal) -> Entry:
    return {"image_id": image_number, "category_id": item.category_id, "segmentation": coco_rle(item.mask)}
