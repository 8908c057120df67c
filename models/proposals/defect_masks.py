"""Masks of defects from a class map of the image's resolution, of images of any size.

Section "post-processing" of Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via explainability for
visual inspection of civil infrastructures*, 2022: the map is cut at 0.1, chosen on validation images; gaps are closed;
what hangs together by sides or corners is one object; what is too small goes. In this order. The size of the closing
(5 to 15 pixels are usual) and the least area, which people chose by eye, are not said.

Objects are found in the stitched map, so that one that lies in several tiles is one. Nothing here is as large as the
image times the number of objects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from maskloop.errors import InvalidArgument
from maskloop.masks import Mask
from models.proposals.from_maps import EIGHT, closed

BAND = 512  # rows that are closed at once


@dataclass(frozen=True)
class DefectMaking:
    """How masks are made of a map.

    Args:
        threshold: theta; pixels above it are the defect's. In [0, 1].
        closing: diameter in pixels of the disc that closes gaps; 0 or 1 closes none.
        least_area: A_min, in pixels; what covers less goes.

    Raises:
        InvalidArgument: a value outside its range, by name.
    """

    threshold: float = 0.1
    closing: int = 9
    least_area: int = 64

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InvalidArgument(f"threshold is {self.threshold}, outside [0, 1]", field="threshold")
        if not 0 <= self.closing <= 201:
            raise InvalidArgument(f"closing is {self.closing}; 0 to 201 pixels", field="closing")
        if self.least_area < 0:
            raise InvalidArgument(f"least_area is {self.least_area}; it must be 0 or more", field="least_area")


@dataclass(frozen=True)
class Region:
    """One object.

    Args:
        top, left: of its box.
        inside: (h, w) bool, of the box; its first and last rows and columns hold some of it.
        confidence: mean of the map inside, in [0, 1].
    """

    top: int
    left: int
    inside: NDArray[np.bool_]
    confidence: float

    @property
    def area(self) -> int:
        """In pixels."""
        return int(self.inside.sum())

    def mask(self, size: tuple[int, int]) -> Mask:
        """In an image of (height, width); `maskloop.formats.polygons` makes polygons of it."""
        whole = np.zeros(size, dtype=np.bool_)
        whole[self.top : self.top + self.inside.shape[0], self.left : self.left + self.inside.shape[1]] = self.inside
        return Mask.from_array(whole)


def regions_of(values: NDArray[np.float32], making: DefectMaking) -> tuple[Region, ...]:
    """The objects in a map (H, W) in [0, 1], by where they begin, row by row."""
    area = _closed_in_bands(values > making.threshold, making.closing)
    numbered, count = ndimage.label(area, EIGHT)
    areas = np.bincount(numbered.ravel(), minlength=count + 1)
    regions = []
    for number, box in enumerate(ndimage.find_objects(numbered), start=1):
        if areas[number] < making.least_area:
            continue
        inside = numbered[box] == number
        regions.append(Region(box[0].start, box[1].start, inside, float(values[box][inside].mean())))
    return tuple(regions)


def _closed_in_bands(area: NDArray[np.bool_], diameter: int) -> NDArray[np.bool_]:
    """As `models.proposals.from_maps.closed`, some rows at a time, with as many around them as decide about them."""
    around = 2 * (diameter // 2)
    made = np.empty_like(area)
    for top in range(0, len(area), BAND):
        first, last = max(0, top - around), min(len(area), top + BAND + around)
        made[top : top + BAND] = closed(area[first:last], diameter)[top - first : top - first + BAND]
    return made
