"""Pictures of one bright shape on dark noise: category 3 is a square, 8 a stripe, none is noise alone."""

from __future__ import annotations

import numpy as np

from models.classification.data import ClassExample

CATEGORIES = (3, 8)


def picture(rng: np.random.Generator, present: frozenset[int], side: int = 32) -> np.ndarray:
    pixels = rng.integers(0, 60, (side, side, 3), dtype=np.uint8)
    if 3 in present:
        x, y = rng.integers(0, side - 12, 2)
        pixels[y : y + 12, x : x + 12] = (220, 40, 40)
    if 8 in present:
        x = rng.integers(0, side - 4)
        pixels[:, x : x + 4] = (40, 40, 220)
    return pixels


def pictures(number: int, *present: int, seed: int = 0, prefix: str = "") -> list[ClassExample]:
    rng = np.random.default_rng([seed, *present])
    name = prefix or "-".join(map(str, present)) or "nothing"
    return [
        ClassExample(f"{name}-{place:03}", picture(rng, frozenset(present)), frozenset(present))
        for place in range(number)
    ]
