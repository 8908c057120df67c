"""Masks that keep to segments of the image, where the authors take proposals of MCG.

Pont-Tuset et al., *Multiscale combinatorial grouping*, 2017, is a program apart. Here segments are those of
Felzenszwalb and Huttenlocher, *Efficient graph-based image segmentation*, 2004, at several scales. At each, the two
neighbours whose colours are nearest are joined again and again, and every segment on the way is a proposal.

How a mask is made of proposals is as in Lee, *Label-efficient learning for object recognition*, 2023, equation 5.4, and
in its authors' program. That adds up coordinates of pixels where it means to count them; here they are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.boxes.boxed import Bools, BoxMask, Floats, box_pixels

SCALES = (30.0, 100.0, 300.0)
INSIDE = 0.95  # of a proposal that has to be within the mask, or within the box
LEAST_SIDE = 32  # pixels; masks of boxes of less than its square stay as they are


@dataclass(frozen=True)
class Segments:
    """Proposals at one scale.

    Args:
        labels: (H, W) int64, which of n segments each pixel is in.
        members: (k, n) bool, the segments of each of k proposals.
    """

    labels: NDArray[np.int64]
    members: Bools

    def counted(self, mask: Bools) -> NDArray[np.float64]:
        """(k,) pixels of each proposal that a mask (H, W) holds."""
        inside = np.bincount(self.labels[mask], minlength=self.members.shape[1]).astype(np.float64)
        counts: NDArray[np.float64] = self.members @ inside
        return counts

    def joined(self, chosen: Sequence[int] | NDArray[np.integer]) -> Bools:
        """(H, W) bool, the pixels of some proposals."""
        within = np.asarray(self.members[chosen].any(axis=0))
        made: Bools = within[self.labels]
        return made


def image_segments(pixels: NDArray[np.uint8], scales: Sequence[float] = SCALES) -> tuple[Segments, ...]:
    """Proposals of an image (H, W, 3) uint8 RGB, at every scale."""
    from skimage.color import rgb2lab
    from skimage.segmentation import felzenszwalb

    colours = rgb2lab(pixels)
    made = []
    for scale in scales:
        labels = felzenszwalb(pixels, scale=scale, sigma=0.8, min_size=20).astype(np.int64)
        made.append(Segments(labels, merged_segments(labels, colours)))
    return tuple(made)


def merged_segments(labels: NDArray[np.int64], colours: NDArray[np.float64]) -> Bools:
    """(2 n - 1, n) bool at most, the n segments and all that come of joining neighbours, nearest colours first.

    Distances are between mean colours, times the root of the harmonic mean of the segments' sizes: small ones go first.

    Args:
        labels: (H, W), 0 to n - 1.
        colours: (H, W, c).
    """
    number = int(labels.max()) + 1
    sizes = np.bincount(labels.ravel(), minlength=number).astype(np.float64)
    channels = [np.bincount(labels.ravel(), channel.ravel(), number) for channel in np.moveaxis(colours, 2, 0)]
    sums = np.stack(channels, axis=1).astype(np.float64)
    beside = np.zeros((number, number), dtype=np.bool_)
    for first, second in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        beside[first, second] = beside[second, first] = True
    np.fill_diagonal(beside, val=False)
    own = np.eye(number, dtype=np.bool_)
    made = [*own.copy()]
    costs = np.full((number, number), np.inf)
    for row in range(number):
        costs[row] = _costs(row, sums, sizes, beside)
    for _ in range(number - 1):
        one, other = np.unravel_index(int(costs.argmin()), costs.shape)
        if not np.isfinite(costs[one, other]):
            break
        own[one] |= own[other]
        sizes[one] += sizes[other]
        sums[one] += sums[other]
        beside[one] |= beside[other]
        beside[:, one] = beside[one]
        beside[one, one] = False
        beside[other] = beside[:, other] = False
        costs[other] = costs[:, other] = np.inf
        costs[one] = costs[:, one] = _costs(int(one), sums, sizes, beside)
        made.append(own[one].copy())
    return np.array(made)


def _costs(row: int, sums: NDArray[np.float64], sizes: NDArray[np.float64], beside: Bools) -> NDArray[np.float64]:
    """(n,) of joining a segment with each other one; infinite for those that it does not touch."""
    apart = np.linalg.norm(sums[row] / sizes[row] - sums / sizes[:, None], axis=1)
    weight = np.sqrt(sizes[row] * sizes / (sizes[row] + sizes))
    return np.where(beside[row], apart * weight, np.inf)


def snapped(mask: BoxMask, box: Floats, segments: Sequence[Segments]) -> BoxMask:
    """Both masks made of proposals, see `snapped_mask`; the loose one holds the tight one."""
    tight, loose = (snapped_mask(part, box, segments) for part in (mask.tight, mask.loose))
    return BoxMask(tight, loose | tight)


def snapped_mask(mask: Bools, box: Floats, segments: Sequence[Segments]) -> Bools:
    """All proposals within the mask, and the one with the best IoU with it that is within the box; cut to the box.

    Within is with 95 % of the pixels. Proposals with a segment that lies outside of the box are left out. An empty mask
    stays empty, a mask that no proposal fits stays as it is, and so does that of a small box.

    Args:
        mask: (H, W) bool.
        box: (4,) in pixels.
    """
    size = (mask.shape[0], mask.shape[1])
    inside = box_pixels(box, size)
    if not mask.any() or inside.sum() < LEAST_SIDE**2:
        return mask
    made, best, best_iou = np.zeros(size, dtype=np.bool_), None, 0.0
    whole = np.ones(size, dtype=np.bool_)
    for each in segments:
        in_box = np.bincount(each.labels[inside], minlength=each.members.shape[1])
        kept = np.flatnonzero(~each.members[:, in_box == 0].any(axis=1))
        areas, within, boxed = (each.counted(part)[kept] for part in (whole, mask, inside))
        made |= each.joined(kept[within >= INSIDE * areas])
        ious = np.where(boxed >= INSIDE * areas, within / (areas + mask.sum() - within), 0)
        if len(kept) and ious.max() > best_iou:
            best, best_iou = each.joined(kept[[int(ious.argmax())]]), float(ious.max())
    if best is not None:
        made |= best
    made &= inside
    return made if made.any() else mask
