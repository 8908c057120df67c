"""Photograph-like pictures of discs, which a network on frozen features learns in seconds."""

import numpy as np

from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.data.samples import Example

SIDE = 96
COLOURS = {1: (200, 60, 50), 2: (40, 90, 200)}


def disc_picture(seed, objects=2):
    """`objects` discs of two categories on a textured ground."""
    rng = np.random.default_rng(seed)
    ground = rng.normal(120, 12, size=(SIDE // 8, SIDE // 8, 3)).repeat(8, axis=0).repeat(8, axis=1)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    labels = []
    for place in range(objects):
        radius = rng.uniform(9, 14)
        x = (place + 0.5) * SIDE / objects + rng.uniform(-6, 6)
        inside = (rows - rng.uniform(20, SIDE - 20)) ** 2 + (columns - x) ** 2 <= radius**2
        category = int(rng.integers(1, 3))
        ground[inside] = rng.normal(COLOURS[category], 6, size=(int(inside.sum()), 3))
        labels.append(ObjectLabel(category, Mask.from_array(inside)))
    return Example(f"discs-{seed:03}", ground.clip(0, 255).astype(np.uint8), tuple(labels))
