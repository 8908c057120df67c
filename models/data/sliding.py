"""Overlapping windows of a fixed side and stride, the last of a row or column shifted back to end with the image."""

from __future__ import annotations

from itertools import product

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
