"""Pictures of cracks two pixels wide on a textured ground."""

import numpy as np
from scipy import ndimage

from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.data.samples import Example

SIDE = 128


def crack_picture(seed, cracks=1):
    """Each crack runs from one side to the other, and bends on its way."""
    rng = np.random.default_rng(seed)
    ground = ndimage.gaussian_filter(rng.normal(150, 60, size=(SIDE, SIDE)), 2) + rng.normal(0, 3, size=(SIDE, SIDE))
    labels = []
    for place in range(cracks):
        middle = (place + 0.5) * SIDE / cracks + np.cumsum(rng.normal(0, 0.7, size=SIDE))
        rows = np.arange(SIDE)[:, None]
        drawn = np.abs(rows - middle[None]) <= 1.2
        ground[drawn] -= 70
        labels.append(ObjectLabel(1, Mask.from_array(drawn)))
    pixels = np.repeat(ground.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    return Example(f"cracks-{seed:03}", pixels, tuple(labels))
