"""Refinements by the plain loops of their papers: pairs of pixels or cells one by one, matrices of all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.refinement.affinity.paths import neighbour_offsets, path_cells
from models.refinement.crf.mean_field import CrfSettings

Floats = NDArray[np.floating]
Cell = tuple[int, int]


def plain_mean_field(unary: Floats, image: NDArray[np.uint8], settings: CrfSettings) -> Floats:
    """Probabilities (n, H, W) from costs (n, H, W), every pair of pixels by itself."""
    labels, height, width = unary.shape
    rows, columns = (axis.ravel() for axis in np.mgrid[:height, :width])
    colours = image.reshape(-1, 3).astype(float)
    near = np.zeros((2, rows.size, rows.size))
    for i in range(rows.size):
        place = (rows - rows[i]) ** 2 + (columns - columns[i]) ** 2
        colour = ((colours - colours[i]) ** 2).sum(1)
        near[0, i] = np.exp(-place / (2 * settings.smooth_sxy**2))
        near[1, i] = np.exp(-place / (2 * settings.bilateral_sxy**2) - colour / (2 * settings.bilateral_srgb**2))
    kernels = [one / np.sqrt(one.sum(1))[:, None] / np.sqrt(one.sum(1))[None, :] for one in near]
    costs = unary.reshape(labels, -1).T.astype(float)
    believed = np.exp(-costs) / np.exp(-costs).sum(1, keepdims=True)
    for _ in range(settings.iterations):
        joined = settings.smooth_weight * kernels[0] @ believed + settings.bilateral_weight * kernels[1] @ believed
        shares = np.exp(joined - costs - (joined - costs).max(1, keepdims=True))
        believed = shares / shares.sum(1, keepdims=True)
    found: Floats = believed.T.reshape(unary.shape)
    return found


def plain_walk(maps: Floats, affinity: Floats, radius: int, beta: float, squarings: int) -> Floats:
    """Maps (n, h, w) times the matrix of all cells' transitions, squared so many times.

    Args:
        affinity: (K, h, w) of each cell and its neighbour at each offset, 0 where that is not in the grid.
    """
    height, width = maps.shape[1:]
    matrix = np.eye(height * width)
    for place, (dy, dx) in enumerate(neighbour_offsets(radius)):
        for y, x in np.ndindex(height, width):
            if y + dy < height and 0 <= x + dx < width:
                here, there = y * width + x, (y + dy) * width + x + dx
                matrix[here, there] = matrix[there, here] = affinity[place, y, x]
    moved = matrix**beta
    moved /= moved.sum(axis=0, keepdims=True)
    for _ in range(squarings):
        moved = moved @ moved
    found: Floats = (maps.reshape(len(maps), -1) @ moved).reshape(maps.shape)
    return found


def plain_edge_affinity(edges: Floats, radius: int) -> Floats:
    """(K, h, w) 1 - the largest edge on the path from each cell to its neighbour; 0 where that is not in the grid."""
    height, width = edges.shape
    offsets = neighbour_offsets(radius)
    found = np.zeros((len(offsets), height, width))
    for place, (dy, dx) in enumerate(offsets):
        path = path_cells((dy, dx))
        for y, x in np.ndindex(height, width):
            if y + dy < height and 0 <= x + dx < width:
                found[place, y, x] = 1 - max(edges[y + down, x + right] for down, right in path)
    return found


def plain_grow(cues: NDArray[np.bool_], probabilities: Floats, present: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """DSRG's: a flood from every original seed over the candidates of its class, through corners, too.

    Args:
        cues, probabilities: (C + 1, h, w).
        present: (C,).
    """
    rows, height, width = cues.shape
    growing = [True, *present]
    candidate: dict[Cell, int | None] = {}
    for y in range(height):
        for x in range(width):
            candidate[y, x] = max((row for row in range(rows) if cues[row, y, x]), default=None)
            best = max((row for row in range(rows) if growing[row]), key=lambda row: float(probabilities[row, y, x]))
            if probabilities[best, y, x] > (0.99 if best == 0 else 0.85):
                candidate[y, x] = best
    grown = cues.copy()
    for row in (row for row in range(rows) if growing[row]):
        waiting = [place for place, best in candidate.items() if best == row and cues[(row, *place)]]
        reached = set(waiting)
        while waiting:
            y, x = waiting.pop()
            for place in [(y + down, x + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]:
                if candidate.get(place) == row and place not in reached:
                    reached.add(place)
                    waiting.append(place)
        for y, x in reached:
            if cues[row, y, x] or cues[:, y, x].sum() != 1:
                grown[row, y, x] = True
    return grown
