"""What BBAM's masks minimise, their sizes and what they begin as."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

ROUNDED = 64.0
"""A dead zone, in machine epsilons, that holds the differences which rounding alone makes."""


def mask_stride(area: float, least: float = 16.0, slope: float = 48.0) -> float:
    """s(a) = 16 + 48 sqrt(a): pixels of a cell, of an object that takes the share `area`, in [0, 1], of the image."""
    return least + slope * math.sqrt(area)


def mask_shape(size: tuple[int, int], stride: float, *, up: bool = False) -> tuple[int, int]:
    """Rows and columns of the mask of an image of height and width: rounded down, or up; at least 1."""
    height, width = (max(1, math.ceil(side / stride) if up else int(side / stride)) for side in size)
    return height, width


def first_mask(boxes: Tensor, size: tuple[int, int], shape: tuple[int, int]) -> Tensor:
    """(h, w) float64, 1 in cells that any box touches, 0 elsewhere.

    Args:
        boxes: (n, 4), in pixels.
        size: of the image, height and width.
        shape: (h, w).
    """
    mask = torch.zeros(shape, dtype=torch.float64)
    (height, width), (rows, columns) = size, shape
    for left, upper, right, lower in boxes.double().cpu().tolist():
        top, bottom = math.floor(upper * rows / height), math.ceil(lower * rows / height)
        begin, end = math.floor(left * columns / width), math.ceil(right * columns / width)
        mask[top:bottom, begin:end] = 1
    return mask


def first_cells(boxes: Tensor, stride: float, shape: tuple[int, int]) -> Tensor:
    """(h, w) float64, 1 in cells from int(side / stride) up to the next side's, as the authors' program begins.

    A box within one row or column of cells marks none. A side that is one stride or more before the image's first pixel
    counts from the last cell, as Python's slices do.

    Args:
        boxes: (n, 4), in pixels, not cut at the image's border.
        stride: pixels of a cell.
        shape: (h, w).
    """
    mask = torch.zeros(shape, dtype=torch.float64)
    for box in boxes.double().cpu():
        left, upper, right, lower = (int(side / stride) for side in box.tolist())
        mask[upper:lower, left:right] = 1
    return mask


def enlarged(mask: Tensor, size: tuple[int, int], padded: tuple[int, int]) -> Tensor:
    """(h, w) to `padded`, height and width: bilinear over `size`, corners on corners, zeros beyond."""
    whole = F.interpolate(mask[None, None], size, mode="bilinear", align_corners=True)[0, 0]
    return F.pad(whole, (0, padded[1] - size[1], 0, padded[0] - size[0]))


def total_variation(mask: Tensor, power: float = 3.0) -> Tensor:
    """Differences of neighbours in a mask (h, w), absolute and to a power, summed; a scalar.

    Neighbours along rows and columns count once, those along diagonals twice, as in the authors' program.
    """
    along = (mask[1:] - mask[:-1], mask[:, 1:] - mask[:, :-1])
    across = (mask[1:, 1:] - mask[:-1, :-1], mask[1:, :-1] - mask[:-1, 1:])
    total = torch.stack([part.abs().pow(power).sum() for part in (*along, *across)])
    return total @ total.new_tensor([1.0, 1.0, 2.0, 2.0])


def head_distance(difference: Tensor, *, mean: bool, dead_zone: float = 0.0) -> Tensor:
    """(n, k) differences of a head's outputs to (n,): half the mean of their sizes as in the program, or their sum.

    Those of up to `dead_zone` machine epsilons count as none. A mask begins as 1 around an object, so that many regions
    show what they show in the whole image; without a dead zone the sign of what was rounded is the direction of the
    first step, and depends on which images are looked at together.
    """
    sizes = difference.abs()
    if dead_zone:
        sizes = torch.where(sizes > dead_zone * torch.finfo(sizes.dtype).eps, sizes, 0)
    return sizes.mean(dim=1) / 2 if mean else sizes.sum(dim=1)


def share_of(box: np.ndarray[tuple[int, ...], np.dtype[np.float64]], size: tuple[int, int]) -> float:
    """Of an image of height and width that a box (4,) takes."""
    return float((box[2] - box[0]) * (box[3] - box[1])) / (size[0] * size[1])
