"""The least a network must beat: one mask for every object, the mean of the training masks, thresholded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from maskloop.masks import Mask
from maskloop.values import ObjectLabel

SIDE = 64
THRESHOLD = 0.5


def constant_iou(training: Iterable[ObjectLabel], test: Sequence[ObjectLabel]) -> float | None:
    """Mean IoU, in [0, 1], of answering every test object with the mean training mask.

    Masks are compared at `SIDE` x `SIDE` pixels, whatever their image's size. `None` without objects on either side.
    Crowds are no objects.
    """
    stack, squares = ([_square(item.mask) for item in items if not item.crowd] for items in (training, test))
    if not stack or not squares:
        return None
    answer = np.mean(stack, axis=0) >= THRESHOLD
    return float(np.mean([_iou(answer, square) for square in squares]))


def _square(mask: Mask) -> NDArray[np.bool_]:
    picture = Picture.fromarray(mask.to_array())
    return np.asarray(picture.resize((SIDE, SIDE), Picture.Resampling.NEAREST), dtype=np.bool_)


def _iou(first: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    together = np.logical_or(first, other).sum()
    return float(np.logical_and(first, other).sum() / together) if together else 0.0
