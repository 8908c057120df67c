"""A tiny data set, a bright square on a dark ground each, and a training that takes seconds."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image as Picture

from maskloop.masks import Mask
from maskloop.values import ImageImport, ObjectLabel, Split

SIDE = 32
TINY = {"image_size": SIDE, "iterations": 12, "iou_epochs": 2, "checkpoint_every": 2}
PROMPTED = {
    "image_size": 64,
    "width": 16,
    "tower": 16,
    "region": 8,
    "views": 2,
    "min_iterations": 60,
    "max_iterations": 60,
}
"""Of the recipe `pretrained`: seconds, to a network that answers prompts."""


def squares(
    number: int, seed: int = 0, name: str = "square", *, hollow: bool = False
) -> Iterator[tuple[str, bytes, tuple[ObjectLabel, ...]]]:
    """File name, PNG bytes and objects of so many images; hollow squares only look like squares and are no objects."""
    rng = np.random.default_rng(seed)
    for place in range(number):
        pixels = rng.integers(0, 80, (SIDE, SIDE, 3), dtype=np.uint8)
        x, y = rng.integers(2, SIDE - 14, 2)
        pixels[y : y + 10, x : x + 10] = 200
        if hollow:
            pixels[y + 4 : y + 6, x + 4 : x + 6] = 40
        mask = np.zeros((SIDE, SIDE), dtype=np.bool_)
        mask[y : y + 10, x : x + 10] = True
        file = io.BytesIO()
        Picture.fromarray(pixels).save(file, "PNG")
        yield f"{name}{place}.png", file.getvalue(), () if hollow else (ObjectLabel(1, Mask.from_array(mask)),)


def imports(train: int, test: int, pool: int) -> list[ImageImport]:
    """Images to bring in; those of train and test with their labels."""
    splits = [Split.TRAIN] * train + [Split.TEST] * test + [Split.POOL] * pool
    return [
        ImageImport(name, split, data=data, objects=None if split is Split.POOL else objects)
        for split, (name, data, objects) in zip(splits, squares(len(splits)), strict=True)
    ]
