"""What outlines say of every pixel, at any size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.data.proportions import sampled
from models.data.samples import Example
from models.metrics.semantic import UNKNOWN


def true_labels(example: Example, categories: Sequence[int], size: tuple[int, ...]) -> NDArray[np.int64]:
    """(h, w) int64: 0 for the ground, 1 + class index, 255 for crowds; smaller objects have the last word.

    Args:
        categories: the vocabulary's ids in the order of class indices; all that the image's labels name are there.
        size: height and width of the labels.
    """
    true = np.zeros(size, np.int64)
    for item in (*example.crowds, *sorted(example.objects, key=lambda item: -item.mask.area)):
        shown = sampled(item.mask.to_array(), size)
        true[shown] = UNKNOWN if item.crowd else 1 + categories.index(item.category_id)
    return true
