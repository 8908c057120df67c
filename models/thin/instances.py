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
class Part:
    """An object on a map: the rows and columns around it, and which of their pixels are its own."""

    rows: slice
    columns: slice
    solid: Masks

    @property
    def area(self) -> int:
        """Pixels."""
        return int(self.solid.sum())

    def of(self, values: Maps) -> Maps:
        """(area,) of a map (h, w), at its pixels."""
        return values[self.rows, self.columns][self.solid]

    def on(self, shape: tuple[int, ...]) -> Masks:
        """(h, w) bool."""
        mask = np.zeros(shape, dtype=np.bool_)
        mask[self.rows, self.columns] = self.solid
        return mask


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

    def objects(self, probabilities: Maps) -> list[Part]:
        """Of (h, w) probabilities of one class, the largest first."""
        return connected_parts(probabilities >= self.threshold, self.radius, self.least)


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
            abs(len(connected_parts(union[place], radius)) - int((index == place).sum()))
            for union, index in zip(unions, classes, strict=True)
            for place in range(len(union))
        )

    areas = [int(mask.sum()) for masks in labels for mask in masks]
    least = SMALLEST_SHARE * float(np.percentile(areas, 5)) if areas else 1.0
    return InstanceRule(max(THRESHOLDS, key=pooled), min(RADII, key=miscounted), least)


def connected_parts(solid: Masks, radius: int, least: float = 0.0) -> list[Part]:
    """Parts of (h, w) bool whose dilations by `radius` touch, the largest first.

    Those of fewer pixels than `least` are left out.
    """
    from scipy import ndimage  # takes a second to import, and networks that look at regions need none

    wide = ndimage.binary_dilation(solid, EIGHT, iterations=radius) if radius else solid
    labels, _ = ndimage.label(wide, EIGHT)
    labels *= solid
    areas = np.bincount(labels.ravel())
    boxes = ndimage.find_objects(labels)
    places = [place for place in range(1, len(areas)) if areas[place] >= max(least, 1)]
    ordered = sorted(places, key=lambda place: -areas[place])
    return [_part(labels, boxes[place - 1], place) for place in ordered]


def _part(labels: NDArray[np.int32], box: tuple[slice, slice], place: int) -> Part:
    rows, columns = box
    return Part(rows, columns, labels[box] == place)


def _unions(masks: Masks, classes: NDArray[np.int64], number: int) -> Masks:
    union = np.zeros((number, *masks.shape[1:]), dtype=np.bool_)
    for mask, place in zip(masks, classes, strict=True):
        union[place] |= mask
    return union
