"""Structural similarity of masks (Wang et al., *Image quality assessment: from error visibility to structural
similarity*, 2004): 11 x 11 Gaussian window of deviation 1.5, K1 = .01, K2 = .03, data range 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from maskloop.masks import Mask
from models.metrics.agreement import Floats

RADIUS = 5
DEVIATION = 1.5
C1, C2 = 0.01**2, 0.03**2


def structural_similarity(first: Mask, second: Mask) -> float:
    """Mean SSIM (eq. 13) over all pixels of two binary masks of one size, in [-1, 1]; borders are mirrored.

    Where both windows are empty the index is exactly 1, so only the surroundings of the masks are computed.
    """
    rows, columns = _surroundings(first, second)
    index = _index(first.to_array()[rows, columns], second.to_array()[rows, columns])
    return 1.0 - float((1.0 - index).sum()) / (first.height * first.width)


def _index(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Floats:
    """The index of every pixel. A binary mask is its own square, so its mean tells its variance."""
    mean_a, mean_b, mean_ab = (_blur(array) for array in (first, second, first & second))
    product, squares = mean_a * mean_b, mean_a**2 + mean_b**2
    structure = (2 * (mean_ab - product) + C2) / (mean_a + mean_b - squares + C2)
    return np.asarray((2 * product + C1) / (squares + C1) * structure)


def _blur(array: NDArray[np.bool_]) -> Floats:
    blurred: Floats = gaussian_filter(array.astype(np.float64), DEVIATION, mode="reflect", radius=RADIUS)
    return blurred


def _surroundings(first: Mask, second: Mask) -> tuple[slice, slice]:
    """Rows and columns of a box around both masks: a window's radius for the index, one more for its windows."""
    margin = 2 * RADIUS
    boxes = [mask.box for mask in (first, second) if mask.area]
    if not boxes:
        return slice(0, 0), slice(0, 0)
    left, top = (max(0, min(box[axis] for box in boxes) - margin) for axis in (0, 1))
    right, bottom = (max(box[axis] + box[axis + 2] for box in boxes) + margin for axis in (0, 1))
    return slice(top, bottom), slice(left, right)
