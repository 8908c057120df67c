"""From a map of a class to its objects: connected parts, where the labels say how near parts belong together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskloop.masks import Mask
from models.data.samples import resize_mask

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
        return _parts(probabilities >= self.threshold, self.radius, self.least)


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


def are_thin(masks: Iterable[Mask], *, side: int, most_thick: float, least_long: float) -> bool:
    """Whether most objects are thin: no thicker than so many pixels, and so many times as long as thick.

    The thickness is twice the largest distance to the outside, less one; the length is the area over it.

    Args:
        side: pixels along the square that images are shrunk to. A pixel there is of the object if any is that it
            covers, so that a crack is not lost.
    """
    from scipy import ndimage

    judged = []
    for mask in masks:
        small = _shrunk(mask, side)
        thick = -1 + 2 * float(ndimage.distance_transform_edt(np.pad(small, 1)).max())
        judged.append(0 < thick <= most_thick and small.sum() / thick >= least_long * thick)
    return bool(sum(judged) * 2 > len(judged))


def _shrunk(mask: Mask, side: int) -> Masks:
    """The object on the square; of a large image, only what surrounds it."""
    if min(mask.height, mask.width) <= side:
        return resize_mask(mask.to_array(), side)
    x, y, wide, high = mask.box
    rows, columns = mask.crop(x, y, wide, high).to_array().nonzero() if mask.area else (np.zeros(1, int),) * 2
    rows, columns = (rows + y) * side // mask.height, (columns + x) * side // mask.width
    small = np.zeros((rows.max() - rows.min() + 1, columns.max() - columns.min() + 1), dtype=np.bool_)
    small[rows - rows.min(), columns - columns.min()] = mask.area > 0
    return small


def _parts(solid: Masks, radius: int, least: float = 0.0) -> list[Part]:
    """The largest first; those of fewer pixels than `least` are left out."""
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
