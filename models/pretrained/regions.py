"""Regions around objects: cut out of feature maps, and put back as masks. Boxes are (x0, y0, x1, y1) in image sides."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from maskloop.masks import Mask
from models.data.mask_pieces import placed
from models.data.windows import Window

MARGIN = 1.5  # side of a region over its box's
LEAST = 0.04  # side of a region, at least, in image sides


def regions_of(boxes: Tensor) -> Tensor:
    """(N, 4) boxes to the (N, 4) regions whose masks are drawn: larger, and never tiny."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = ((boxes[:, 2:] - boxes[:, :2]) * (MARGIN / 2)).clamp(min=LEAST / 2)
    return torch.cat([middle - half, middle + half], dim=1)


def cut_out(maps: Tensor, images: Tensor, regions: Tensor, cells: int) -> Tensor:
    """Sample regions from maps, bilinearly at the cells' middles; zero outside the image.

    Args:
        maps: (B, C, h, w).
        images: (N,) int64 places in [0, B) of each region's image, ascending.
        regions: (N, 4).

    Returns:
        (N, C, cells, cells).
    """
    return sample(maps, images, sampling_grid(regions, cells))


def sample(maps: Tensor, images: Tensor, grid: Tensor, padding: str = "zeros") -> Tensor:
    """Bilinear samples of each item's own image, all in one call: images with fewer items are filled up.

    Args:
        maps: (B, C, h, w).
        images: (N,) int64, ascending.
        grid: (N, r, c, 2) places in [-1, 1]; padding: what lies outside, as grid_sample's `padding_mode`.

    Returns:
        (N, C, r, c).
    """
    items, rows, columns = grid.shape[:3]
    if len(maps) == 1:  # nothing to fill up, nor to look up: an exported graph has no loops over images
        drawn = F.grid_sample(
            maps, grid.reshape(1, items * rows, columns, 2), padding_mode=padding, align_corners=False
        )
        return drawn.view(maps.shape[1], items, rows, columns).transpose(0, 1)
    numbers = torch.bincount(images, minlength=len(maps))
    most = int(numbers.max()) if items else 0
    first = numbers.cumsum(0) - numbers
    places = torch.arange(items, device=images.device) - first[images]
    filled = grid.new_zeros(len(maps), most, rows, columns, 2)
    filled[images, places] = grid
    drawn = F.grid_sample(
        maps, filled.view(len(maps), most * rows, columns, 2), padding_mode=padding, align_corners=False
    )
    return drawn.view(len(maps), maps.shape[1], most, rows, columns)[images, :, places]


def sampling_grid(regions: Tensor, cells: int) -> Tensor:
    """(N, cells, cells, 2) places x, y of the cells' middles in [-1, 1] of the image, as grid_sample takes them."""
    steps = (torch.arange(cells, device=regions.device, dtype=regions.dtype) + 0.5) / cells
    x = regions[:, None, 0] + steps * (regions[:, None, 2] - regions[:, None, 0])
    y = regions[:, None, 1] + steps * (regions[:, None, 3] - regions[:, None, 1])
    across, down = x[:, None, :].expand(-1, cells, -1), y[:, :, None].expand(-1, -1, cells)
    return 2 * torch.stack([across, down], dim=-1) - 1


def mean_inside(maps: Tensor, images: Tensor, boxes: Tensor, cells: int) -> Tensor:
    """Means over the cells that `cut_out` gives: (N, C). Bilinear weights of rows and columns are averaged first."""
    places = (torch.arange(cells, device=boxes.device, dtype=boxes.dtype) + 0.5) / cells
    ends, (height, width) = boxes[:, None], maps.shape[-2:]
    x = ends[..., 0] + places * (ends[..., 2] - ends[..., 0])
    y = ends[..., 1] + places * (ends[..., 3] - ends[..., 1])
    rows, columns = (_tents(at * side - 0.5, side).mean(dim=1) for at, side in ((y, height), (x, width)))
    weights = rows[:, :, None] * columns[:, None]
    if len(maps) == 1:
        return weights.flatten(1) @ maps.flatten(2)[0].T
    own = [(images == image).nonzero()[:, 0] for image in range(len(maps))]
    flat = maps.flatten(2)
    return torch.cat([weights[places].flatten(1) @ flat[image].T for image, places in enumerate(own)])


def put_back(logits: Tensor, regions: Tensor, side: int) -> Tensor:
    """(N, R, R) logits of regions to (N, side, side) bool masks of the whole image, bilinear between cells' middles."""
    middles = (torch.arange(side, device=logits.device, dtype=logits.dtype) + 0.5) / side
    across, down = (_stretch(middles, regions[:, axis::2], logits.shape[-1]) for axis in (0, 1))
    drawn: Tensor = down @ logits @ across.transpose(1, 2)
    return drawn > 0


def _stretch(places: Tensor, ends: Tensor, cells: int) -> Tensor:
    """(N, P, cells) weights of cells between ends (N, 2) at places (P,); none for places that lie outside."""
    share = (places - ends[:, :1]) / (ends[:, 1:] - ends[:, :1])
    inside = (share >= 0) & (share <= 1)
    return _tents((share * cells - 0.5).clamp(0, cells - 1), cells) * inside[..., None]


def _tents(at: Tensor, cells: int) -> Tensor:
    """(..., cells) bilinear weights of cells at places (...,), counted in cells from the first one's middle."""
    return (1 - (at[..., None] - torch.arange(cells, device=at.device, dtype=at.dtype)).abs()).clamp(min=0)


def full_size_mask(
    logits: NDArray[np.float32], region: NDArray[np.float64], window: Window, size: tuple[int, int]
) -> Mask:
    """One region's mask at the image's own size, at a cost of the region's pixels.

    Args:
        logits: (R, R), above zero inside; interpolated bilinearly between the cells' middles.
        region: (4,) in sides of the window; what lies outside the window is left out.
        window: of the image of `size` (height, width).
    """
    rows, down = _interpolation(logits.shape[0], region[1] * window.height, region[3] * window.height, window.height)
    columns, across = _interpolation(logits.shape[1], region[0] * window.width, region[2] * window.width, window.width)
    solid = (down @ logits @ across.T) > 0
    return placed(solid, window.top + rows.start, window.left + columns.start, *size)


def _interpolation(cells: int, begin: float, end: float, length: int) -> tuple[range, NDArray[np.float64]]:
    """The pixels of a side whose middles lie in [begin, end], and (pixels, cells) weights of the cells at them."""
    pixels = range(max(0, int(np.ceil(begin - 0.5))), min(length, int(np.floor(end - 0.5)) + 1))
    if not pixels:
        return range(0), np.zeros((0, cells))
    at = ((np.arange(pixels.start, pixels.stop) + 0.5 - begin) / (end - begin) * cells - 0.5).clip(0, cells - 1)
    below = np.minimum(at.astype(np.intp), max(cells - 2, 0))
    weights = np.zeros((len(pixels), cells))
    places = np.arange(len(pixels))
    weights[places, below] = 1 - (at - below)
    weights[places, np.minimum(below + 1, cells - 1)] += at - below
    return pixels, weights
