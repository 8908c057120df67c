"""Overlapping windows of a fixed side and stride, the last of a row or column shifted back to end with the image."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import torch
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.data.windows import Window


def starts(length: int, side: int, stride: int) -> list[int]:
    """Where windows begin along one side of an image: 0, stride, ... and at last length - side.

    None is there twice. An image that is shorter than a window has one, which begins at 0.

    Args:
        length, side, stride: in pixels; the side no less than the stride.

    Raises:
        InvalidArgument: an impossible value.
    """
    if not 0 < stride <= side or length < 1:
        raise InvalidArgument(
            f"windows of {side} pixels every {stride} do not cover {length}: strides are from 1 to the side",
            field="stride",
        )
    last = max(0, length - side)
    return [*range(0, last, stride), last]


def sliding_windows(size: tuple[int, int], side: int, stride: int) -> list[Window]:
    """Windows that cover an image of (height, width), row by row; see `starts`."""
    height, width = size
    corners = product(starts(height, side, stride), starts(width, side, stride))
    return [Window(top, left, min(side, height), min(side, width)) for top, left in corners]


def average_windows(size: tuple[int, int], parts: Iterable[tuple[Window, Tensor]]) -> Tensor:
    """(..., H, W) float32: what windows say, averaged where they overlap.

    Args:
        size: height and width of the image.
        parts: windows that cover it, with values (..., h, w) of each; one or more.

    Raises:
        InvalidArgument: there is no window.
    """
    total: Tensor | None = None
    times = torch.zeros(size)
    for window, values in parts:
        if total is None:
            total = torch.zeros(*values.shape[:-2], *size, device=values.device)
            times = times.to(values.device)
        rows, columns = slice(window.top, window.top + window.height), slice(window.left, window.left + window.width)
        total[..., rows, columns] += values.float()
        times[rows, columns] += 1
    if total is None:
        raise InvalidArgument("no window covers the image", field="parts")
    return total / times
