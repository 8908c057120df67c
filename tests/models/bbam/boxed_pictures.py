"""Small pictures of blocks in boxes, some of them outlined, and recipes that take moments."""

from __future__ import annotations

from typing import Any

import numpy as np

from maskloop.masks import Mask
from maskloop.values import Box, ObjectLabel
from models.bbam.recipe import BbamRecipe
from models.data.samples import Example
from tests.models.boxes.toys import CATEGORIES, pictures

TINY: dict[str, Any] = {
    "encoder": "compact",
    "weights": "random",
    "shortest": 48,
    "longest": 64,
    "width": 16,
    "head": 16,
    "anchor": 8,
    "batch": 2,
    "min_iterations": 3,
    "max_iterations": 3,
    "steps": 2,
    "checkpoint_every": 1,
}
RECIPE = BbamRecipe(**TINY)
PLAIN = BbamRecipe(**TINY, masks="rectangle")


def examples(number: int, outlined: int = 0, seed: int = 0) -> list[Example]:
    """The first so many are outlined, the others boxed."""
    made = []
    for place, image in enumerate(pictures(number, seed)):
        items, boxes = [], []
        for (left, upper, right, lower), index in zip(image.boxes.astype(int).tolist(), image.classes, strict=True):
            if place < outlined:
                mask = np.zeros(image.size, dtype=np.bool_)
                mask[upper:lower, left:right] = True
                items.append(ObjectLabel(CATEGORIES[index], Mask.from_array(mask)))
            else:
                boxes.append(Box(CATEGORIES[index], left, upper, right - left, lower - upper))
        made.append(Example(f"{place:02}", image.pixels, tuple(items), (), tuple(boxes)))
    return made
