"""Pictures to learn patches from: coloured squares on a noisy ground, of one of two categories."""

from __future__ import annotations

import numpy as np

from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.classification.data import ClassExample
from models.data.samples import Example

CATEGORIES = (4, 9)
COLOURS = {4: (230, 40, 30), 9: (30, 60, 220)}
SIDE = 48
SQUARE = 20


def picture(number: int, side: int = SIDE, *, empty: bool = False) -> Example:
    """One square, of the categories by turns; or none."""
    rng = np.random.default_rng([number, side])
    category_id = CATEGORIES[number % 2]
    pixels = rng.integers(90, 140, (side, side, 3)).astype(np.uint8)
    if empty:
        return Example(f"no{number:02}", pixels, ())
    top, left = rng.integers(2, side - SQUARE - 2, 2)
    mask = np.zeros((side, side), dtype=bool)
    mask[top : top + SQUARE, left : left + SQUARE] = True
    pixels[mask] = COLOURS[category_id]
    return Example(f"im{number:02}", pixels, (ObjectLabel(category_id, Mask.from_array(mask)),))


def named(example: Example) -> ClassExample:
    """As if people had named its classes alone."""
    return ClassExample(example.image_id, example.pixels, frozenset(item.category_id for item in example.labels))


def tissue(number: int, left: int, right: int, side: int = SIDE) -> Example:
    """Two halves, each of a category: a vocabulary that names all there is. Halves of one category are one."""
    rng = np.random.default_rng([number, 5])
    pixels = np.empty((side, side, 3), np.uint8)
    halves = [np.zeros((side, side), dtype=bool) for _ in range(2)]
    halves[0][:, : side // 2], halves[1][:, side // 2 :] = True, True
    for half, category_id in zip(halves, (left, right), strict=True):
        pixels[half] = COLOURS[category_id]
    pixels = np.clip(pixels + rng.integers(-20, 20, pixels.shape), 0, 255).astype(np.uint8)
    objects = tuple(ObjectLabel(c, Mask.from_array(half)) for c, half in zip((left, right), halves, strict=True))
    return Example(f"tissue{number:02}", pixels, objects)
