"""Points and strokes as people put them: on the object, and a little beside its middle.

Bearman et al. (*What's the point*, ECCV 2016) found that people point near the middle of an object, and off it in few
cases. How near is an assumption of ours, as is that every mark lies on its object.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from maskloop.labelers.person import Person
from maskloop.values import ObjectLabel, Point, Scribble

POINT_SHARE = 0.15
"""By which a point is off, as a standard deviation: of the object's width and height."""
STROKE_SHARE, STROKE_PIXELS = 0.05, 1.0
"""By which each corner of a stroke is off, as a standard deviation: of the object's width and height, and at least."""


def put_point(item: ObjectLabel, person: Person, image_id: str) -> Point:
    """The point that the person puts on the object; the same object of the same image always alike."""
    middle, size = Point.on(item), np.array(item.mask.box[2:])
    off = _rng(item, person, image_id).standard_normal(2) * POINT_SHARE * size
    ((x, y),) = _nearest(item, np.array([[middle.x, middle.y]]) + off)
    return Point(item.category_id, x, y)


def draw_stroke(item: ObjectLabel, person: Person, image_id: str) -> Scribble:
    """The stroke that the person draws along the object; its corners are on the object's pixels."""
    path = np.array(Scribble.on(item).path)
    spread = np.maximum(STROKE_PIXELS, STROKE_SHARE * np.array(item.mask.box[2:]))
    off = _rng(item, person, image_id).standard_normal(path.shape) * spread
    return Scribble(item.category_id, tuple(_nearest(item, path + off)))


def _nearest(item: ObjectLabel, places: NDArray[np.float64]) -> list[tuple[float, float]]:
    """The middle of the object's pixel that is nearest to each place (x, y), the first of several."""
    rows, columns = item.mask.to_array().nonzero()
    middles = np.column_stack([columns, rows]) + 0.5
    chosen = [int(((middles - place) ** 2).sum(axis=1).argmin()) for place in places]
    return [(float(x), float(y)) for x, y in middles[chosen]]


def _rng(item: ObjectLabel, person: Person, image_id: str) -> np.random.Generator:
    return np.random.default_rng([person.seed, zlib.crc32(image_id.encode()), zlib.crc32(item.mask.rle)])
