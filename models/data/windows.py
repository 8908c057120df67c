"""Large photographs as overlapping windows, which networks see one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from maskloop.masks import Mask
from maskloop.values import BACKGROUND, Box, ObjectLabel, Scribble
from models.data.samples import Example
from models.data.strokes import shown

OVERLAP = 4  # windows share at least a quarter of their side with the next
SLACK = 5 / 4  # of a window's side, up to which a photograph's side is not divided
MOST = 400  # windows of one photograph
LEAST_OF_BOX = 0.5  # of a box's area, for its object to be one of a window's


@dataclass(frozen=True)
class Window:
    """Part of an image: its upper left pixel, and its size in pixels."""

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def whole(cls, size: tuple[int, int]) -> Window:
        """All of an image of (height, width)."""
        return cls(0, 0, *size)

    @property
    def middle(self) -> tuple[float, float]:
        """Row and column, in pixels."""
        return self.top + self.height / 2, self.left + self.width / 2

    @property
    def frame(self) -> tuple[int, int, int, int]:
        """Left, upper, right and lower edge, in pixels."""
        return self.left, self.top, self.left + self.width, self.top + self.height

    def of(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What it shows of an image (H, W, ...); a view."""
        return pixels[self.top : self.top + self.height, self.left : self.left + self.width]


def windows(size: tuple[int, int], side: int, cells: int) -> list[Window]:
    """Windows that cover an image, row by row.

    Args:
        size: height and width of the image, in pixels.
        side: of a window, in pixels; 0 for one window that is the whole image. Larger where more than `MOST` windows
            would be needed.
        cells: along a window's side, as the network sees it. Windows begin between two cells of the others; so that the
            last one of a row or column reaches the end, it is up to a cell longer.
    """
    if not side:
        return [Window.whole(size)]
    while True:
        rows, columns = (_stretches(length, side, max(1, side // cells)) for length in size)
        if len(rows) * len(columns) <= MOST:
            break
        side *= 2
    return [Window(top, left, high, wide) for (top, high), (left, wide) in product(rows, columns)]


def _stretches(length: int, side: int, grain: int) -> list[tuple[int, int]]:
    """Beginnings and lengths along one side of an image."""
    if length <= side * SLACK:
        return [(0, length)]
    step = side - side // OVERLAP
    number = 1 + -(-(length - side) // step)
    last = (length - side) // grain * grain
    begins = [round(last * place / (number - 1) / grain) * grain for place in range(number)]
    return [(begin, side) for begin in begins[:-1]] + [(last, length - last)]


def cut(example: Example, window: Window) -> Example:
    """What a window shows of a labeled image; objects and crowds of which it shows nothing are none of its own."""
    if (window.height, window.width) == example.size:
        return example
    shown = ((item, seen) for item in example.labels if (seen := _seen(item.mask, window)) is not None)
    labels = tuple(replace(item, mask=seen) for item, seen in shown)
    parts = [part for part in (_part_of(box, window) for box in example.boxes) if part is not None]
    unclear = tuple(_rectangle(part, window) for part, is_most in parts if not is_most)
    boxes = tuple(part for part, is_most in parts if is_most)
    marks = None
    if example.marks is not None:
        marks, rest = _marks_of(example.marks, window)
        unclear += rest
    return Example(
        example.image_id, window.of(example.pixels), labels + unclear, boxes=boxes, marks=marks, present=example.present
    )


def _marks_of(marks: Sequence[Scribble], window: Window) -> tuple[tuple[Scribble, ...], tuple[ObjectLabel, ...]]:
    """Strokes that a window shows; and where it shows less than half of an object's, the box around that part."""
    seen, unclear = list[Scribble](), list[ObjectLabel]()
    for mark in marks:
        pieces, is_most = shown(mark, window.frame)
        if is_most or mark.category_id == BACKGROUND:
            seen += pieces
        else:
            unclear += [_rectangle(box, window) for piece in pieces if (box := _around(piece, window)) is not None]
    return tuple(seen), tuple(unclear)


def _around(mark: Scribble, window: Window) -> Box | None:
    """The box around a stroke, with a pixel on each side."""
    (left, top), (right, bottom) = (op(mark.path, axis=0) for op in (np.min, np.max))
    box = Box(mark.category_id, left - 1, top - 1, right - left + 2, bottom - top + 2)
    return box.crop(0, 0, window.width, window.height)


def _part_of(box: Box, window: Window) -> tuple[Box, bool] | None:
    """What a window shows of a box, and whether that is most of it; `None` for nothing."""
    part = box.crop(window.left, window.top, window.width, window.height)
    return None if part is None else (part, part.width * part.height >= LEAST_OF_BOX * box.width * box.height)


def _rectangle(box: Box, window: Window) -> ObjectLabel:
    """A part of a box of which nobody knows whether its object is there at all: nothing is learnt there."""
    x0, y0, x1, y1 = box.corners
    inside = np.zeros((window.height, window.width), dtype=np.bool_)
    inside[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = True
    return ObjectLabel(box.category_id, Mask.from_array(inside), crowd=True)


def some_windows(example: Example, among: Sequence[Window], most: int, rng: np.random.Generator) -> list[Window]:
    """Some of an image's windows to learn from, at random: with objects, but for one without if there is one."""
    if len(among) <= most:
        return list(among)
    order = [among[place] for place in rng.permutation(len(among))]
    showing = [window for window in order if _shows_object(example, window)]
    bare = [window for window in order if window not in showing]
    return [*showing[: most - min(1, len(bare))], *bare][:most]


def _shows_object(example: Example, window: Window) -> bool:
    boxed = (part for part in (_part_of(box, window) for box in example.boxes) if part is not None)
    marks = (mark for mark in example.marks or () if mark.category_id != BACKGROUND)
    return (
        any(_seen(item.mask, window) is not None for item in example.objects)
        or any(most for _, most in boxed)
        or any(pieces and most for pieces, most in (shown(mark, window.frame) for mark in marks))
    )


def _seen(mask: Mask, window: Window) -> Mask | None:
    """What a window shows of a mask; `None` for nothing."""
    x, y, wide, high = mask.box
    across = x < window.left + window.width and window.left < x + wide
    if not (across and y < window.top + window.height and window.top < y + high):
        return None
    seen = mask.crop(window.left, window.top, window.width, window.height)
    return seen if seen.area else None
