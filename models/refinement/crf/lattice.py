"""Gaussian filtering of many points at once on the permutohedral lattice.

Adams, Baek, Davis, *Fast high-dimensional filtering using the permutohedral lattice*, Eurographics 2010. Points are
spread over the corners of the simplices that they lie in. Neighbours along each of the d + 1 directions are blurred by
(1/2, 1, 1/2), and points read their corners back. It is an approximation of the sum over all pairs of
exp(-distance^2 / 2), and the one that dense CRFs are published with. Its time grows with the number of points, not with
the square of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Lattice:
    """The lattice of n points, built once and filtered on as often as wanted.

    Args:
        spread: sparse (m, n) float32 matrix: how much of each point goes to each of the m corners.
        forth, back: (d + 1, m) int64, the neighbours of each corner along each direction; m where there is none.
    """

    spread: Any
    forth: Integers
    back: Integers

    @classmethod
    def of(cls, points: Floats) -> Lattice:
        """The lattice of points (n, d), one deviation of the Gaussian being 1.

        Raises:
            InvalidArgument: the points lie so far apart that the corners cannot be counted in 64 bits.
        """
        from scipy import sparse  # takes a second to import

        lowest, ranks, weights = _simplices(np.asarray(points, dtype=np.float32))
        number, dimensions = points.shape
        places, directions = _codes(lowest, ranks)
        corners, columns = np.unique(places, return_inverse=True)
        shape = (len(corners), number)
        rows_of_points = np.repeat(np.arange(number), dimensions + 1)
        spread = sparse.csr_matrix((weights.reshape(-1), (columns.reshape(-1), rows_of_points)), shape=shape)
        forth, back = (
            np.stack([_found(corners, corners + sign * direction) for direction in directions]) for sign in (1, -1)
        )
        return cls(spread, forth, back)

    def filter(self, values: Floats) -> Floats:
        """(n, c) float32 to (n, c) float32: of each point, the sum of all points' values by their nearness."""
        corners, number = self.spread.shape
        held = np.zeros((corners + 1, values.shape[1]), dtype=np.float32)  # the last for neighbours that are not there
        held[:-1] = self.spread @ np.asarray(values, dtype=np.float32)
        for forth, back in zip(self.forth, self.back, strict=True):
            held[:-1] += np.float32(0.5) * (held[forth] + held[back])
        share = np.float32(1 / (1 + 2.0 ** (1 - len(self.forth))))  # undoes what the blur adds up to
        read: Floats = (self.spread.T @ held[:-1]) * share
        return read.reshape(number, -1)


def _simplices(points: Floats) -> tuple[Integers, Integers, Floats]:
    """The simplex that each of n points lies in.

    Returns:
        Its corner of remainder 0, (n, d + 1); each coordinate's rank by its distance to that, (n, d + 1); and the
        point's barycentric coordinates, (n, d + 1), by the corners' remainders.
    """
    number, dimensions = points.shape
    sides = dimensions + 1
    lifted = _lifted(points)
    rounded = np.rint(lifted / np.float32(sides)).astype(np.int64)
    excess = rounded.sum(axis=1, keepdims=True)
    lowest = rounded * sides
    rest = (lifted - lowest).astype(np.float32)
    ranks = np.zeros((number, sides), dtype=np.int64)
    for first in range(sides):
        for second in range(first + 1, sides):
            smaller = rest[:, first] < rest[:, second]
            ranks[:, first] += smaller
            ranks[:, second] += ~smaller
    ranks += excess
    wrap = sides * ((ranks < 0).astype(np.int64) - (ranks > dimensions))
    ranks += wrap
    lowest += wrap
    rest = (lifted - lowest).astype(np.float32) / np.float32(sides)
    weights = np.zeros((number, sides + 1), dtype=np.float32)
    rows = np.arange(number)
    for axis in range(sides):
        weights[rows, dimensions - ranks[:, axis]] += rest[:, axis]
        weights[rows, sides - ranks[:, axis]] -= rest[:, axis]
    weights[:, 0] += 1 + weights[:, sides]
    return lowest, ranks, np.ascontiguousarray(weights[:, :sides])


def _lifted(points: Floats) -> Floats:
    """(n, d) to (n, d + 1) on the hyperplane where coordinates add up to 0; the deviation becomes the lattice's own."""
    number, dimensions = points.shape
    widened = float(np.float32(np.sqrt(2 / 3) * (dimensions + 1)))  # in 32 bits: a grid's points lie on many ties
    axes = np.arange(1, dimensions + 1)
    scale = widened / np.sqrt(axes * (axes + 1))
    scaled = points * scale.astype(np.float32)
    lifted = np.zeros((number, dimensions + 1), dtype=np.float32)
    total = np.zeros(number, dtype=np.float32)
    for axis in range(dimensions, 0, -1):
        lifted[:, axis] = total - np.float32(axis) * scaled[:, axis - 1]
        total += scaled[:, axis - 1]
    lifted[:, 0] = total
    return lifted


def _codes(lowest: Integers, ranks: Integers) -> tuple[Integers, Integers]:
    """One number for each corner of each simplex, (n, d + 1), and what a step along each direction adds, (d + 1,).

    A corner's last coordinate follows from the others and is left out.
    """
    sides = lowest.shape[1]
    dimensions = sides - 1
    start = lowest[:, :dimensions].min(axis=0) - 2 * sides
    spans = lowest[:, :dimensions].max(axis=0) + 2 * sides - start + 1
    radix = [1]
    for span in spans:
        radix.append(radix[-1] * int(span))
    if radix[-1] >= 2**63:
        raise InvalidArgument("the points of a Gaussian filter lie too many deviations apart", field="points")
    radices = np.array(radix[:dimensions], dtype=np.int64)
    base = (lowest[:, :dimensions] - start) @ radices
    places = np.empty(lowest.shape, dtype=np.int64)
    for remainder in range(sides):
        offsets = np.where(ranks[:, :dimensions] <= dimensions - remainder, remainder, remainder - sides)
        places[:, remainder] = base + offsets @ radices
    steps = np.full(sides, -radices.sum(), dtype=np.int64)
    steps[:dimensions] += sides * radices
    return places, steps


def _found(corners: Integers, wanted: Integers) -> Integers:
    """Where each wanted code is among the ascending ones of the corners; their number for those that are not there."""
    places = np.searchsorted(corners, wanted)
    places[places == len(corners)] = 0
    return np.where(corners[places] == wanted, places, len(corners))
