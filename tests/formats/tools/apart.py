"""Images for formats in which a pixel belongs to one object."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maskloop.formats.datasets import DatasetImage
from maskloop.masks import Mask
from maskloop.values import ObjectLabel


def apart(image: DatasetImage) -> DatasetImage:
    """The image with no pixel in two objects: the first to have one keeps it."""
    taken = np.zeros((image.height, image.width), bool)
    kept = []
    for item in image.objects:
        bits = item.mask.to_array() & ~taken
        taken |= bits
        if bits.any():
            kept.append(ObjectLabel(item.category_id, Mask.from_array(bits)))
    return replace(image, objects=tuple(kept))
