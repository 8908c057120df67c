"""Masks as polygons that come back to the pixel.

Outlines run along the borders of pixels: the pixel in column 3 and row 5 is the square from (3, 5) to (4, 6). A part
is one polygon: what touches at a side or a corner. A hole is reached by a seam from the outline, there and back along
one line, which encloses nothing. Even-odd filling of the pixels' centres gives the mask again, and so does COCO's
rasteriser (`pycocotools`, which COCO, Datumaro and we read polygons with): it rounds to fifths of a pixel and toggles
where an edge passes a column's centre, which for edges along whole numbers is exact, and cancels on a seam.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskloop.masks import Mask

Point = tuple[int, int]
Polygon = list[Point]
Bits = NDArray[np.bool_]
Ints = NDArray[np.int64]

RIGHT, DOWN, LEFT, UP = range(4)


def polygons_of(mask: Mask) -> list[Polygon]:
    """One polygon for each part of `mask`, points (x, y) in whole pixels, from top to bottom; none for an empty mask.

    A polygon goes clockwise as one sees it, and its first point is not repeated at its end.
    """
    if not mask.area:
        return []
    x, y, width, height = mask.box
    polygons = _parts(mask.crop(x, y, width, height).to_array())
    return [[(px + x, py + y) for px, py in polygon] for polygon in polygons]


def one_polygon(mask: Mask) -> Polygon:
    """All parts of `mask` as one polygon: a seam leads from each part to the next. Empty for an empty mask."""
    whole: Polygon = []
    for part in reversed(polygons_of(mask)):
        if whole:
            near = _nearest(part, whole[0])
            whole = [*part[near:], *part[: near + 1], *whole, whole[0]]
        else:
            whole = list(part)
    return whole


def rings_of(mask: Mask) -> tuple[list[Polygon], list[Polygon]]:
    """The lines around `mask`, without seams: outlines, clockwise as one sees them, and holes, the other way round.

    No line meets itself, unless pixels touch at a corner alone.
    """
    if not mask.area:
        return [], []
    x, y, width, height = mask.box
    border = _trace(mask.crop(x, y, width, height).to_array())
    outlines: list[Polygon] = []
    holes: list[Polygon] = []
    for loop in border.loops():
        leftmost = min(border.upright(loop), key=lambda piece: border.points[piece])
        ring = [(px + x, py + y) for px, py in border.polygon(loop[0])]
        (outlines if border.heading[leftmost] == UP else holes).append(ring)
    return outlines, holes


def rasterise(polygons: Iterable[Sequence[tuple[float, float]]], height: int, width: int) -> Mask:
    """The pixels whose centres lie in any of the polygons, each filled by the even-odd rule; cut at the border.

    Raises:
        InvalidMask: a polygon has fewer than three points, lies far outside the image, or all cover no pixel.
    """
    from maskloop.formats.segmentation import read_segmentation

    flat = [[value for point in polygon for value in point] for polygon in polygons]
    return read_segmentation(flat, height, width)


def split_parts(mask: Mask) -> list[Mask]:
    """The parts of `mask`, each a mask: pixels that touch at a side or a corner belong together."""
    return [rasterise([polygon], mask.height, mask.width) for polygon in polygons_of(mask)]


def _nearest(points: Sequence[Point], to: Point) -> int:
    away = np.asarray(points, dtype=np.int64) - np.asarray(to, dtype=np.int64)
    return int((away * away).sum(axis=1).argmin())


@dataclass(frozen=True)
class _Border:
    """Straight pieces of border with the mask on their right hand; piece i begins at point i.

    Args:
        points: where each begins, (x, y), then the points that seams add.
        heading: RIGHT, DOWN, LEFT or UP, of each piece.
        length: of each piece.
        following: the point after each point.
    """

    points: list[Point]
    heading: list[int]
    length: list[int]
    following: list[int]

    def loops(self) -> list[list[int]]:
        """The pieces of each closed line, beginning with the first of them."""
        seen: set[int] = set()
        return [self._loop(first, seen) for first in range(len(self.heading)) if first not in seen]

    def _loop(self, first: int, seen: set[int]) -> list[int]:
        loop = [first]
        while (piece := self.following[loop[-1]]) != first:
            loop.append(piece)
        seen.update(loop)
        return loop

    def add(self, point: Point, following: int) -> int:
        """A new point and the one after it; returns its number."""
        self.points.append(point)
        self.following.append(following)
        return len(self.points) - 1

    def upright(self, pieces: Iterable[int]) -> Iterator[int]:
        """Those of `pieces` that go up or down."""
        return (piece for piece in pieces if self.heading[piece] in (UP, DOWN))

    def top(self, piece: int) -> int:
        """The upper end of an upright piece."""
        return self.points[piece][1] - (self.length[piece] if self.heading[piece] == UP else 0)

    def polygon(self, first: int) -> Polygon:
        """The points from `first` round to it, none twice in a row."""
        polygon = [self.points[first]]
        point = self.following[first]
        while point != first:
            if self.points[point] != polygon[-1]:
                polygon.append(self.points[point])
            point = self.following[point]
        return polygon


def _parts(bits: Bits) -> list[Polygon]:
    """The outlines of the parts of `bits`, (H, W), with their holes."""
    border = _trace(bits)
    outer: list[int] = []
    holes: list[int] = []
    for loop in border.loops():
        leftmost = min(border.upright(loop), key=lambda piece: border.points[piece])
        if border.heading[leftmost] == UP:
            outer.append(loop[0])
        else:  # the mask lies to the left of it
            holes.append(leftmost)
    _add_seams(border, bits, holes)
    return [border.polygon(first) for first in outer]


def _add_seams(border: _Border, bits: Bits, holes: Iterable[int]) -> None:
    """Splice each hole into the line on its left.

    Args:
        border: gets the seams.
        bits: (H, W).
        holes: the leftmost piece of each, which goes down. The seam begins at its lower end and goes left along the
            pixels above, which are the mask's, to the upright piece where the mask begins. The piece after the lower
            end is level: no seam ends on it.
    """
    places = sorted(
        (border.points[piece][0], border.top(piece), piece) for piece in border.upright(range(len(border.heading)))
    )
    seams: dict[int, list[tuple[int, int]]] = {}
    for leftmost in holes:
        inner = border.following[leftmost]
        x, y = border.points[inner]
        gaps = np.flatnonzero(~bits[y - 1, :x])
        begin = int(gaps[-1]) + 1 if len(gaps) else 0
        reached = places[bisect_right(places, (begin, y - 1, len(places) * 2 + 2)) - 1][2]
        seams.setdefault(reached, []).append((y, inner))
    for reached, ends in seams.items():
        at, x, onward = reached, border.points[reached][0], border.following[reached]
        for y, inner in sorted(ends, reverse=border.heading[reached] == UP):
            entry = border.add(border.points[inner], border.following[inner])
            border.following[at] = border.add((x, y), entry)
            at = border.following[inner] = border.add((x, y), onward)


def _trace(bits: Bits) -> _Border:
    """All pieces of border of `bits`, (H, W), from top to bottom; pixels that touch at a corner are kept together."""
    level, upright = _runs(bits, (RIGHT, LEFT)), _runs(bits.T, (UP, DOWN))
    start = np.concatenate([level.start, upright.start[:, ::-1]])
    end = np.concatenate([level.end, upright.end[:, ::-1]])
    heading = np.concatenate([level.heading, upright.heading])
    order = np.lexsort((start[:, 0], start[:, 1]))
    start, end, heading = start[order], end[order], heading[order]
    following = _chain(start, end, heading, bits.shape[1] + 1)
    points = [(x, y) for x, y in start.tolist()]
    return _Border(points, heading.tolist(), np.abs(end - start).sum(axis=1).tolist(), following.tolist())


@dataclass(frozen=True)
class _Runs:
    """Runs of border between rows: starts and ends, (N, 2) as (along, row), and headings, (N,)."""

    start: Ints
    end: Ints
    heading: Ints


def _runs(bits: Bits, headings: tuple[int, int]) -> _Runs:
    """The border between the rows of `bits`, (H, W); `headings` where the mask is in the row after it, and before."""
    change = np.diff(np.pad(bits.astype(np.int8), ((1, 1), (0, 0))), axis=0)
    beside = np.pad(change, ((0, 0), (1, 1)))
    row, first = ((change != 0) & (change != beside[:, :-2])).nonzero()
    last = ((change != 0) & (change != beside[:, 2:])).nonzero()[1] + 1
    heading = np.where(change[row, first] > 0, *headings).astype(np.int64)
    low, high = np.stack([first, row], axis=1), np.stack([last, row], axis=1)
    forward = np.isin(heading, (RIGHT, DOWN))[:, None]
    return _Runs(np.where(forward, low, high), np.where(forward, high, low), heading)


def _chain(start: Ints, end: Ints, heading: Ints, stride: int) -> Ints:
    """The piece that follows each, (N,). Of two that begin at its end it is the one to the left, round the corner."""
    begins = (start[:, 1] * stride + start[:, 0]) * 4 + heading
    ends = (end[:, 1] * stride + end[:, 0]) * 4
    order = begins.argsort()
    ordered = begins[order]
    left, right = (ends + (heading + turn) % 4 for turn in (-1, 1))
    place = np.minimum(np.searchsorted(ordered, left), len(order) - 1)
    place = np.where(ordered[place] == left, place, np.searchsorted(ordered, right))
    return np.asarray(order[place])
