"""Strokes that people draw on objects and on the ground: as pixels, and what a window of the image shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from math import dist

import numpy as np
from numpy.typing import NDArray

from maskloop.values import BACKGROUND, Scribble

HALF_WIDTH = 1.5  # pixels of the square that a network sees: no view is so small that a stroke falls between its pixels
Path = Sequence[tuple[float, float]]
Frame = tuple[float, float, float, float]
"""Left, upper, right and lower edge in pixels."""


def drawn(stroke: Scribble, of: tuple[int, int], size: int) -> NDArray[np.bool_]:
    """(size, size) bool, a pixel at least: the pixels whose middles are within 1.5 pixels of the stroke.

    Args:
        of: height and width of the image.
    """
    scale = np.array([size / of[1], size / of[0]])
    corners = np.array(stroke.path) * scale
    solid = np.zeros((size, size), dtype=np.bool_)
    column, row = np.minimum(corners[0].astype(np.intp), size - 1)
    solid[row, column] = True
    for start, end in pairwise([corners[0], *corners]):
        low = np.maximum(np.floor(np.minimum(start, end) - HALF_WIDTH).astype(np.intp), 0)
        high = np.minimum(np.ceil(np.maximum(start, end) + HALF_WIDTH).astype(np.intp), size)
        x, y = np.arange(low[0], high[0]) + 0.5 - start[0], (np.arange(low[1], high[1]) + 0.5 - start[1])[:, None]
        along = end - start
        nearest = ((x * along[0] + y * along[1]) / max(float(along @ along), 1e-12)).clip(0, 1)
        near = (x - nearest * along[0]) ** 2 + (y - nearest * along[1]) ** 2 <= HALF_WIDTH**2
        solid[low[1] : high[1], low[0] : high[0]] |= near
    return solid


def halfway(stroke: Scribble) -> Scribble:
    """The point in the middle of a stroke's length, which is on the object as the stroke is."""
    left = _length(stroke.path) / 2
    for start, end in pairwise(stroke.path):
        along = dist(start, end)
        if along and along >= left:
            share = left / along
            return replace(
                stroke, path=((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])),)
            )
        left -= along
    return replace(stroke, path=stroke.path[:1])


def shown(stroke: Scribble, frame: Frame) -> tuple[tuple[Scribble, ...], bool]:
    """What a window shows of a stroke, counted from its upper left corner, and whether that is at least half.

    A stroke on an object stays one stroke: of several pieces, the longest. One on the ground may become several.
    """
    pieces = _pieces([corner for corner, _ in groupby(stroke.path)], frame)
    most = 2 * sum(map(_length, pieces)) >= _length(stroke.path)
    if stroke.category_id != BACKGROUND:
        pieces = sorted(pieces, key=_length, reverse=True)[:1]
    moved = (tuple((x - frame[0], y - frame[1]) for x, y in piece) for piece in pieces)
    return tuple(replace(stroke, path=path) for path in moved), most


def _pieces(path: Path, frame: Frame) -> list[Path]:
    """The parts of a path that lie in a frame, in drawing order."""
    if len(path) == 1:
        ((x, y),) = path
        return [path] if frame[0] <= x <= frame[2] and frame[1] <= y <= frame[3] else []
    pieces: list[list[tuple[float, float]]] = []
    for start, end in pairwise(path):
        inside = _inside(start, end, frame)
        if inside is None:
            continue
        if pieces and pieces[-1][-1] == inside[0]:
            pieces[-1].append(inside[1])
        else:
            pieces.append(list(inside))
    return list(pieces)


def _inside(
    start: tuple[float, float], end: tuple[float, float], frame: Frame
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The part of a straight line that lies in a frame (Liang and Barsky, 1984); `None` for nothing."""
    first, last = 0.0, 1.0
    for axis in (0, 1):
        begin, along = start[axis], end[axis] - start[axis]
        low, high = frame[axis], frame[axis + 2]
        if not along:
            if not low <= begin <= high:
                return None
            continue
        enters, leaves = sorted(((low - begin) / along, (high - begin) / along))
        first, last = max(first, enters), min(last, leaves)
    if first >= last:
        return None

    def at(share: float) -> tuple[float, float]:
        if share in (0.0, 1.0):
            return end if share else start
        x, y = (start[axis] + share * (end[axis] - start[axis]) for axis in (0, 1))
        return min(max(x, frame[0]), frame[2]), min(max(y, frame[1]), frame[3])

    return at(first), at(last)


def _length(path: Path) -> float:
    """In pixels."""
    return sum(dist(start, end) for start, end in pairwise(path))
