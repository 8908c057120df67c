"""Pairs of neighbouring cells of a grid, and the cells between two of a pair.

PSA (Ahn, Kwak, *Learning pixel-level semantic affinity with image-level supervision for weakly supervised semantic
segmentation*, CVPR 2018) and IRN (Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with inter-pixel
relations*, CVPR 2019, section 4) compare each cell, the source, with cells closer than a radius. An offset stands for
both directions, so only one half of the plane is listed: 34 offsets at radius 5 and 152 at radius 10.
"""

from __future__ import annotations

import torch
from torch import Tensor

from maskloop.errors import InvalidArgument

Offset = tuple[int, int]
"""Rows down and columns to the right, in cells."""


def neighbour_offsets(radius: int) -> tuple[Offset, ...]:
    """Offsets (dy, dx) shorter than `radius`: to the right in the same row, and any in the rows below."""
    beside = [(0, dx) for dx in range(1, radius)]
    below = [(dy, dx) for dy in range(1, radius) for dx in range(1 - radius, radius) if dy**2 + dx**2 < radius**2]
    return (*beside, *below)


def path_cells(offset: Offset) -> tuple[Offset, ...]:
    """Cells from (0, 0) to `offset`, both with them, row by row.

    They are those of the segment's bounding box whose distance from its line is below 1.

    Raises:
        InvalidArgument: the offset is (0, 0).
    """
    dy, dx = offset
    if not (dy or dx):
        raise InvalidArgument("no path leads from a cell to itself", field="offset")
    rows, columns = (range(min(0, step), max(0, step) + 1) for step in offset)
    return tuple((y, x) for y in rows for x in columns if (dy * x - dx * y) ** 2 < dy**2 + dx**2)


def at_offset(maps: Tensor, offset: Offset, radius: int) -> Tensor:
    """What lies at an offset from every source.

    A cell is a source if all its neighbours are in the grid: the last radius - 1 rows are none, nor are as many columns
    on either side.

    Args:
        maps: (..., H, W).
        offset: from the source, rows 0 or more, shorter than `radius`; (0, 0) for the source itself.

    Returns:
        (..., H - radius + 1, W - 2 * (radius - 1)), a view; empty where the grid is too small for any source.
    """
    margin, (dy, dx) = radius - 1, offset
    height, width = source_size(maps.shape[-2], maps.shape[-1], radius)
    return maps[..., dy : dy + height, margin + dx : margin + dx + width]


def source_size(height: int, width: int, radius: int) -> tuple[int, int]:
    """Rows and columns of sources in a grid."""
    return max(0, height - radius + 1), max(0, width - 2 * (radius - 1))


def on_grid(values: Tensor, size: tuple[int, int], radius: int) -> Tensor:
    """Values of sources (K, h', w') in their places on the grid (K, H, W); 0 where a cell is no source."""
    grid = values.new_zeros(len(values), *size)
    at_offset(grid, (0, 0), radius).copy_(values)
    return grid


def path_affinity(edges: Tensor, radius: int) -> Tensor:
    """1 - the largest edge on the path from each source to each neighbour (IRN, equation 4).

    Args:
        edges: (B, H, W) float in [0, 1].

    Returns:
        (B, K, h', w') float in [0, 1], K offsets in the order of `neighbour_offsets`.
    """
    largest = [
        torch.stack([at_offset(edges, cell, radius) for cell in path_cells(offset)]).max(dim=0).values
        for offset in neighbour_offsets(radius)
    ]
    return 1 - torch.stack(largest, dim=1)
