"""Labels of pixels from the masks of boxes: classes, ground, and what nobody knows.

The chapter on BBAM of Lee, *Label-efficient learning for object recognition*, 2023, as in the authors' program.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument
from models.boxes.boxed import BoxMask, Floats

UNKNOWN = 255


def semantic_labels(
    image_size: tuple[int, int],
    masks: Sequence[BoxMask],
    boxes: Floats,
    classes: Sequence[int],
    *,
    official: bool = False,
) -> NDArray[np.int32]:
    """(H, W) int32: 0 for the ground, 1 + class index, or 255 where nobody knows.

    A pixel that tight masks of several classes hold is not known. But where the box of one of them lies wholly within
    that of another, the outer one has no say. What a loose mask holds and no tight one is not known either; where a
    tight mask of another object holds it, that one's class stands.

    Args:
        image_size: height and width.
        masks: of n objects.
        boxes: (n, 4), theirs.
        classes: n class indices.
        official: as the authors' program, where an object whose box lies in another wins its pixels from all others,
            the smallest box from the larger ones, and nothing is known that any loose mask holds without its tight one.

    Raises:
        InvalidArgument: a class is 254 or more, or the numbers do not fit.
    """
    if not len(masks) == len(boxes) == len(classes) or max(classes, default=0) >= UNKNOWN - 1:
        raise InvalidArgument(
            f"{len(masks)} masks, {len(boxes)} boxes and classes {list(classes)} do not fit", field="classes"
        )
    if official:
        return _official_labels(image_size, masks, boxes, classes)
    labels = np.zeros(image_size, dtype=np.int32)
    shown = [mask.tight.copy() for mask in masks]
    for outer in range(len(masks)):
        for inner in range(len(masks)):
            if _within(boxes[inner], boxes[outer]):
                shown[outer] &= ~masks[inner].tight
    for mask in masks:
        labels[mask.loose] = UNKNOWN
    for place, (tight, index) in enumerate(zip(shown, classes, strict=True)):
        labels[tight] = 1 + index
        for before, earlier in zip(shown[:place], classes, strict=False):
            if earlier != index:
                labels[before & tight] = UNKNOWN
    return labels


def _official_labels(
    image_size: tuple[int, int], masks: Sequence[BoxMask], boxes: Floats, classes: Sequence[int]
) -> NDArray[np.int32]:
    shown = np.zeros((max(classes, default=0) + 1, *image_size), dtype=np.bool_)
    for mask, index in zip(masks, classes, strict=True):
        shown[index] |= mask.tight
    labels = np.where(shown.any(axis=0), 1 + shown.argmax(axis=0), 0).astype(np.int32)
    labels[shown.sum(axis=0) > 1] = UNKNOWN
    sides = boxes[:, 2:] - boxes[:, :2]
    for place in np.argsort(-sides.prod(axis=1), kind="stable"):
        if any(_within(boxes[place], other) for other in boxes):
            labels[masks[place].tight] = 1 + classes[place]
    for mask in masks:
        labels[mask.loose & ~mask.tight] = UNKNOWN
    return labels


def _within(inner: Floats, outer: Floats) -> bool:
    """Whether a box lies in another one and is not that one."""
    holds = (outer[:2] <= inner[:2]).all() and (inner[2:] <= outer[2:]).all()
    return bool(holds and (inner != outer).any())
