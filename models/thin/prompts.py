"""What a person shows on a dense map: the parts of a class's map that lie in a box, or at points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskloop.masks import Mask
from maskloop.values import Prompt, PromptPoint
from models.data.mask_pieces import cut_off, placed
from models.data.windows import Window
from models.features.prompted import PromptPart
from models.thin.instances import InstanceRule, Part, connected_parts

NEAR = 6.0  # cells from a click to the part that it means: lines are thinner than hands are steady
Maps = NDArray[np.float32]
Masks = NDArray[np.bool_]


@dataclass(frozen=True)
class OnMap:
    """A prompt on a window's map.

    Args:
        box: (h, w) bool, the cells in the box; `None` without one.
        on, beside: row and column of the points' cells.
    """

    box: Masks | None
    on: tuple[tuple[int, int], ...]
    beside: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, part: PromptPart, prompt: Prompt, shape: tuple[int, int]) -> OnMap:
        """Of what a window shows of the prompt; a box has one cell at least."""
        rows, columns = (np.zeros(length, dtype=np.bool_) for length in shape)
        window, (left, upper, right, lower) = part.window, part.edges
        for taken, begin, end, first, length in (
            (rows, upper, lower, window.top, window.height),
            (columns, left, right, window.left, window.width),
        ):
            begins, ends = ((edge - first) / length * len(taken) for edge in (begin, end))
            taken[min(int(begins), len(taken) - 1) : max(int(begins) + 1, int(np.ceil(ends)))] = True
        box = None if prompt.box is None else rows[:, None] & columns
        return cls(box, *(_cells(points, window, shape) for points in (prompt.on_object, prompt.beside)))

    def likeliest(self, probabilities: Maps) -> int:
        """Which of the (C, h, w) maps says most of what is shown."""
        if self.box is not None:
            return int((probabilities * self.box).sum(axis=(1, 2)).argmax())
        rows, columns = np.array(self.on).T
        return int(probabilities[:, rows, columns].sum(axis=1).argmax())

    def part(self, probabilities: Maps, rule: InstanceRule) -> Part | None:
        """What is shown on the map (h, w) of a class; `None` for nothing."""
        solid = probabilities >= rule.threshold
        parts = connected_parts(solid if self.box is None else solid & self.box, rule.radius)
        if self.box is None:
            parts = [part for part in parts if self._is_meant(part, parts)]
        kept = [part for part in parts if not _holds(part, self.beside) or _holds(part, self.on)]
        if not kept:
            return None
        union = np.zeros(probabilities.shape, dtype=np.bool_)
        for part in kept:
            union |= part.on(union.shape)
        return Part(slice(None), slice(None), union)

    def _is_meant(self, part: Part, among: Sequence[Part]) -> bool:
        """Whether it is the part nearest to a point on the object, and near enough."""
        for cell in self.on:
            away = _distance(part, cell)
            if away <= NEAR and all(away <= _distance(other, cell) for other in among):
                return True
        return False


def placed_in_image(mask: Mask, window: Window, size: tuple[int, int], prompt: Prompt) -> Mask:
    """A window's mask in the image of (height, width): what is in the prompt's box, without what points deny."""
    x, y, wide, high = mask.box
    if not mask.area:
        return Mask.empty(*size)
    whole = placed(mask.crop(x, y, wide, high).to_array(), y + window.top, x + window.left, *size)
    if prompt.box is not None:
        left, upper, right, lower = _pixels_of(prompt.box, size)
        inside = whole.crop(left, upper, right - left, lower - upper).to_array()
        whole = placed(inside, upper, left, *size)
    on, beside = (sorted({point.pixel(*size) for point in points}) for points in (prompt.on_object, prompt.beside))
    return cut_off(whole, on, beside)


def _pixels_of(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, upper, right and lower edge of the pixels that a box touches."""
    x, y, wide, high = box
    left, upper = min(int(x), size[1] - 1), min(int(y), size[0] - 1)
    right, lower = min(int(np.ceil(x + wide)), size[1]), min(int(np.ceil(y + high)), size[0])
    return left, upper, max(right, left + 1), max(lower, upper + 1)


def _cells(points: Sequence[PromptPoint], window: Window, shape: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Of the points that lie in the window."""
    found = []
    for point in points:
        x, y = (point.x - window.left) / window.width, (point.y - window.top) / window.height
        if 0 <= x <= 1 and 0 <= y <= 1:
            found.append((min(int(y * shape[0]), shape[0] - 1), min(int(x * shape[1]), shape[1] - 1)))
    return tuple(found)


def _holds(part: Part, cells: Sequence[tuple[int, int]]) -> bool:
    """Whether one of the cells is the part's, or beside one that is."""
    return any(_distance(part, cell) < 2 for cell in cells)


def _distance(part: Part, cell: tuple[int, int]) -> float:
    """Cells from a cell to the nearest of the part's."""
    rows, columns = part.solid.nonzero()
    away = np.hypot(rows + part.rows.start - cell[0], columns + part.columns.start - cell[1])
    return float(away.min())
