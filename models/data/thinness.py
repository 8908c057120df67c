"""Whether labels look thin: cracks, wires, roots. They want another network and other measures than blobs do."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from maskloop.masks import Mask
from models.data.samples import resize_mask

JUDGED_AT = 192  # pixels along the square at which labels are looked at
MOST_THICK, LEAST_LONG = 8.0, 5.0  # pixels there, and times as long as thick


def look_thin(masks: Iterable[Mask]) -> bool:
    """Whether most objects are thin, looked at in a square of 192 pixels; those next to nothing there are left out."""
    seen = (small for mask in masks if (small := _seen(mask)).sum() >= LEAST_LONG)
    judged = [is_thin(small) for small in seen]
    return sum(judged) * 2 > len(judged)


def _seen(mask: Mask) -> NDArray[np.bool_]:
    """An object on the square; of a large image, only what surrounds it.

    There, a pixel is of the object if any is that it covers: a crack is not lost.
    """
    if min(mask.height, mask.width) <= JUDGED_AT or not mask.area:
        return resize_mask(mask.to_array(), JUDGED_AT)
    x, y, wide, high = mask.box
    rows, columns = mask.crop(x, y, wide, high).to_array().nonzero()
    rows, columns = (rows + y) * JUDGED_AT // mask.height, (columns + x) * JUDGED_AT // mask.width
    small = np.zeros((rows.max() - rows.min() + 1, columns.max() - columns.min() + 1), dtype=np.bool_)
    small[rows - rows.min(), columns - columns.min()] = True
    return small


def is_thin(mask: NDArray[np.bool_]) -> bool:
    """Whether an object, (H, W) with a pixel set, is at most 8 pixels thick and at least 5 times as long as thick.

    The thickness is twice the largest distance to the outside, less one; the length is the area over it.
    """
    from scipy import ndimage  # takes a second to import, and networks that look at regions need none

    thick = -1 + 2 * float(ndimage.distance_transform_edt(np.pad(mask, 1)).max())
    return bool(thick <= MOST_THICK and mask.sum() / thick >= LEAST_LONG * thick)
