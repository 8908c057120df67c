"""One object as a tool's file says it: a class by name, and a mask or a box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maskloop.errors import InvalidDataset, InvalidMask
from maskloop.formats.polygons import rasterise
from maskloop.masks import Mask
from maskloop.values import Box

Points = Sequence[tuple[float, float]]
Size = tuple[int, int]
"""Width and height of an image, in pixels."""


@dataclass(frozen=True)
class Shape:
    """An object.

    Args:
        name: of its class.
        mask: its pixels; `None` where it is boxed alone.
        sides: its box (x, y, width, height) in pixels, inside the image; `None` where it has a mask.
        crowd: whether it is a region of many objects.
    """

    name: str
    mask: Mask | None = None
    sides: tuple[float, float, float, float] | None = None
    crowd: bool = False


def outlined(name: str, polygons: Sequence[Points], size: Size, crowd: bool = False) -> Shape:
    """An object of one polygon or more.

    Raises:
        InvalidMask: they cover no pixel, or are none.
    """
    return Shape(name, rasterise(polygons, size[1], size[0]), crowd=crowd)


def masked(name: str, mask: Mask, crowd: bool = False) -> Shape:
    """An object of these pixels.

    Raises:
        InvalidMask: there are none.
    """
    if not mask.area:
        raise InvalidMask("its mask covers no pixel")
    return Shape(name, mask, crowd=crowd)


def boxed(name: str, corners: Sequence[float], size: Size) -> Shape:
    """An object in a box between two `corners` (x, y, x, y), in any order; what leaves the image is cut off.

    Raises:
        InvalidDataset: nothing of it lies in the image.
    """
    (left, right), (upper, lower) = sorted(corners[0::2]), sorted(corners[1::2])
    if not all(map(math.isfinite, corners)):
        raise InvalidDataset("a side of its box is no finite number")
    box = Box(1, left, upper, right - left, lower - upper).crop(0, 0, *size) if left < right and upper < lower else None
    if box is None:
        raise InvalidDataset(f"its box covers nothing of the {size[0]} x {size[1]} image")
    return Shape(name, sides=(box.x, box.y, box.width, box.height))


def turned_box(
    name: str, corner: tuple[float, float], sides: Size | tuple[float, float], degrees: float, size: Size
) -> Shape:
    """The upright box round a box that is turned clockwise about its upper left `corner`."""
    turn = math.radians(degrees)
    across = sides[0] * math.cos(turn), sides[0] * math.sin(turn)
    down = -sides[1] * math.sin(turn), sides[1] * math.cos(turn)
    x = [corner[0] + a * across[0] + b * down[0] for a in (0, 1) for b in (0, 1)]
    y = [corner[1] + a * across[1] + b * down[1] for a in (0, 1) for b in (0, 1)]
    return boxed(name, (min(x), min(y), max(x), max(y)), size)


def ellipse(name: str, center: tuple[float, float], radii: tuple[float, float], degrees: float, size: Size) -> Shape:
    """The pixels whose centres an ellipse encloses, turned clockwise about its centre.

    Raises:
        InvalidMask: a radius is not above 0, or no pixel is enclosed.
    """
    if not all(map(math.isfinite, (*center, *radii, degrees))) or min(radii) <= 0:
        raise InvalidMask(f"its radii {radii[0]:g} and {radii[1]:g} are no ellipse's")
    turn = math.radians(degrees)
    y, x = np.ogrid[: size[1], : size[0]]
    right, down = x + 0.5 - center[0], y + 0.5 - center[1]
    along = (right * math.cos(turn) + down * math.sin(turn)) / radii[0]
    across = (down * math.cos(turn) - right * math.sin(turn)) / radii[1]
    return masked(name, Mask.from_array(along**2 + across**2 <= 1))


def join(shapes: Sequence[Shape]) -> Shape:
    """Parts of one object as one shape: those with masks of one size and class."""
    masks = [shape.mask for shape in shapes if shape.mask is not None]
    if len(masks) < 2:
        return shapes[0]
    whole = np.logical_or.reduce([mask.to_array() for mask in masks])
    return Shape(shapes[0].name, Mask.from_array(whole), crowd=shapes[0].crowd)
