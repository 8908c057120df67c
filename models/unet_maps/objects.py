"""Objects in the map of one category, with what a head reads of them; nothing is as large as image times objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from maskloop.masks import Mask
from models.data.mask_pieces import placed
from models.proposals.defect_masks import DefectMaking, Region, regions_of
from models.proposals.from_maps import NAMES, RING, mask_statistics

Map = NDArray[np.float32]
ROOT_AREA, OBJECTS = NAMES.index("root_area"), NAMES.index("objects")


@dataclass(frozen=True)
class MappedObject:
    """A mask at the image's size, of a category.

    Args:
        statistics: (K,) as `models.proposals.from_maps.NAMES` has them.
        values: (n,) what the map says of its pixels.
    """

    category_id: int
    mask: Mask
    statistics: NDArray[np.float64]
    values: Map

    def among(self, number: int) -> MappedObject:
        """The same as one of so many objects in its image."""
        statistics = self.statistics.copy()
        statistics[OBJECTS] = number / 20
        return replace(self, statistics=statistics)


def objects_in(values: Map, category_id: int, likely: float, making: DefectMaking) -> Iterator[MappedObject]:
    """The objects in a map (H, W) in [0, 1], by where they begin, row by row.

    Args:
        likely: probability that the category is in the image.
    """
    height, width = values.shape
    for region in regions_of(values, making):
        window, inside = _around(region, values.shape)
        row = mask_statistics(values[window], inside, likely, making.threshold, 1)
        row[ROOT_AREA] = np.sqrt(region.area / values.size)
        mask = placed(region.inside, region.top, region.left, height, width)
        yield MappedObject(category_id, mask, row, values[window][inside])


def _around(region: Region, size: tuple[int, ...]) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """A window of the image that holds a region and all that is compared with it, and the region (h, w) in it."""
    starts = [max(0, at - RING) for at in (region.top, region.left)]
    ends = [
        min(length, at + extent + RING)
        for at, extent, length in zip((region.top, region.left), region.inside.shape, size, strict=True)
    ]
    inside = np.zeros([end - start for start, end in zip(starts, ends, strict=True)], dtype=np.bool_)
    top, left = region.top - starts[0], region.left - starts[1]
    inside[top : top + region.inside.shape[0], left : left + region.inside.shape[1]] = region.inside
    return (slice(starts[0], ends[0]), slice(starts[1], ends[1])), inside
