"""From a map of a class to its objects: connected parts, where the labels say how near parts belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
RADII = (0, 1, 2, 3, 4, 6, 8)
SMALLEST_SHARE = 0.7  # of the labels' 5th percentile
EIGHT = np.ones((3, 3), dtype=np.bool_)
Maps = NDArray[np.float32]
Masks = NDArray[np.bool_]


@dataclass(frozen=True)
class InstanceRule:
    """How objects are read off a map.

    Args:
        threshold: probability of an object's pixel.
        radius: parts whose dilations by so many pixels touch are one object.
        least: pixels of an object.
    """

    threshold: float
    radius: int
    least: float

    def objects(self, probabilities: Maps) -> list[Masks]:
        """(S, S) probabilities of one class to (S, S) masks, the largest first."""
        return [part for part in _parts(probabilities >= self.threshold, self.radius) if part.sum() >= self.least]


def learn_rule(
    probabilities: Sequence[Maps], labels: Sequence[Masks], classes: Sequence[NDArray[np.int64]]
) -> InstanceRule:
    """The threshold with the largest pooled IoU, the radius whose parts of the labels' own pixels are nearest in number
    to the labels, and a least size by the labels.

    Args:
        probabilities: (C, S, S) of each image.
        labels: (n, S, S) of each image; classes: (n,) class index of each.
    """
    unions = [
        _unions(masks, index, len(maps)) for maps, masks, index in zip(probabilities, labels, classes, strict=True)
    ]

    def pooled(threshold: float) -> float:
        both = either = 0
        for maps, union in zip(probabilities, unions, strict=True):
            drawn = maps >= threshold
            both, either = both + int((drawn & union).sum()), either + int((drawn | union).sum())
        return both / max(either, 1)

    def miscounted(radius: int) -> int:
        return sum(
            abs(len(_parts(union[place], radius)) - int((index == place).sum()))
            for union, index in zip(unions, classes, strict=True)
            for place in range(len(union))
        )

    areas = [int(mask.sum()) for masks in labels for mask in masks]
    least = SMALLEST_SHARE * float(np.percentile(areas, 5)) if areas else 1.0
    return InstanceRule(max(THRESHOLDS, key=pooled), min(RADII, key=miscounted), least)


def are_thin(masks: Sequence[Masks], *, most_thick: float, least_long: float) -> bool:
    """Whether most objects are thin: no thicker than so many pixels, and so many times as long as thick.

    The thickness is twice the largest distance to the outside, less one; the length is the area over it.
    """
    from scipy import ndimage

    judged = []
    for mask in masks:
        thick = -1 + 2 * float(ndimage.distance_transform_edt(np.pad(mask, 1)).max())
        judged.append(0 < thick <= most_thick and mask.sum() / thick >= least_long * thick)
    return bool(sum(judged) * 2 > len(judged))


def _parts(solid: Masks, radius: int) -> list[Masks]:
    from scipy import ndimage  # takes a second to import, and networks that look at regions need none

    wide = ndimage.binary_dilation(solid, EIGHT, iterations=radius) if radius else solid
    labels, number = ndimage.label(wide, EIGHT)
    parts = [(labels == place) & solid for place in range(1, number + 1)]
    return sorted(parts, key=lambda part: -int(part.sum()))


def _unions(masks: Masks, classes: NDArray[np.int64], number: int) -> Masks:
    union = np.zeros((number, *masks.shape[1:]), dtype=np.bool_)
    for mask, place in zip(masks, classes, strict=True):
        union[place] |= mask
    return union
