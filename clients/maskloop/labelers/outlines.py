"""Outlines and boxes as people draw them: a little beside what is there.

An outline is off by a smooth random distance along its course: the signed distance to the true outline, plus noise
that changes slowly over the image, is positive inside. How far is found so that the IoU with the truth is as asked for.
"""

from __future__ import annotations

import math
import zlib

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

from maskloop.labelers.person import Person
from maskloop.masks import Mask
from maskloop.values import Box, ObjectLabel

WANDERS = 0.2
"""How slowly outlines wander: the noise's width as a share of the side of a square of the object's area."""
STEPS = 14
"""Halvings of the distance by which an outline is off: it is found to a part in 16,000 of the object's side."""
BOX_SHARE, BOX_PIXELS = 0.05, 1.0
"""By which each side of a box is off, as a standard deviation: of the box's width or height, and at least."""


def draw_outline(item: ObjectLabel, person: Person, image_id: str) -> Mask:
    """The object as the person outlines it; the same object of the same image always alike.

    An object of a few pixels may come out better than asked for, since whole pixels are won or lost.
    """
    if person.outline_iou == 1:
        return item.mask
    rng = _rng(item, person, image_id)
    x, y, width, height = (round(value) for value in item.mask.box)
    side = math.sqrt(item.mask.area)
    reach = math.ceil(side / 2) + 2
    around = np.s_[max(0, y - reach) : y + height + reach, max(0, x - reach) : x + width + reach]
    full = item.mask.to_array()
    inside = full[around].copy()
    if inside.all():  # it fills the image, whose edge nobody draws
        return item.mask
    distance = distance_transform_edt(inside) - distance_transform_edt(~inside)
    wander = gaussian_filter(rng.standard_normal(inside.shape), max(1.0, WANDERS * side))
    full[around] = _as_far_off(inside, distance, wander / (wander.std() or 1.0), person.outline_iou, side)
    return Mask.from_array(full)


def draw_box(item: ObjectLabel, person: Person, image_id: str) -> Box:
    """The box that the person draws around the object by extreme clicks, inside the image."""
    x, y, width, height = item.mask.box
    rng = _rng(item, person, image_id)
    off = rng.standard_normal(4) * np.maximum(BOX_PIXELS, BOX_SHARE * np.array([width, height, width, height]))
    left, top = max(0.0, x + off[0]), max(0.0, y + off[1])
    right, bottom = min(item.mask.width, x + width + off[2]), min(item.mask.height, y + height + off[3])
    if right - left < 1 or bottom - top < 1:  # a hair of an object: the clicks met
        return Box(item.category_id, x, y, width, height)
    return Box(item.category_id, left, top, right - left, bottom - top)


def _as_far_off(
    inside: NDArray[np.bool_], distance: NDArray[np.float64], wander: NDArray[np.float64], iou: float, side: float
) -> NDArray[np.bool_]:
    """The outline whose IoU with the truth lies nearest to `iou`, of those that halving the distance meets."""
    low, high = 0.0, side
    best, best_error = inside, 1 - iou
    for _ in range(STEPS):
        middle = (low + high) / 2
        drawn = distance + middle * wander > 0
        reached = float((drawn & inside).sum() / (drawn | inside).sum())
        if abs(reached - iou) < best_error and drawn.any():
            best, best_error = drawn, abs(reached - iou)
        low, high = (middle, high) if reached > iou else (low, middle)
    return best


def _rng(item: ObjectLabel, person: Person, image_id: str) -> np.random.Generator:
    return np.random.default_rng([person.seed, zlib.crc32(image_id.encode()), zlib.crc32(item.mask.rle)])
