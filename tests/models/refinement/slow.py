"""Pairs, affinities and walks by plain loops over cells, as methods are told; nothing here knows what it checks."""

import math

import numpy as np


def offsets(radius):
    """A half of the disc: the same row to the right, and all of the rows below."""
    found = []
    for dy in range(radius):
        for dx in range(-radius, radius + 1):
            if math.hypot(dy, dx) < radius and (dy > 0 or dx > 0):
                found.append((dy, dx))
    return found


def is_source(y, x, height, width, radius):
    """The last radius - 1 rows are none, nor as many columns on each side."""
    return y < height - (radius - 1) and radius - 1 <= x < width - (radius - 1)


def pairs(height, width, radius):
    """(place of the offset, source, other) of all pairs whose source is one."""
    for place, (dy, dx) in enumerate(offsets(radius)):
        for y in range(height):
            for x in range(width):
                if is_source(y, x, height, width, radius):
                    yield place, (y, x), (y + dy, x + dx)


def on_path(cell, offset):
    """Whether a cell of the bounding box is nearer than 1 to the line through (0, 0) and the offset."""
    (y, x), (dy, dx) = cell, offset
    inside = min(0, dy) <= y <= max(0, dy) and min(0, dx) <= x <= max(0, dx)
    return inside and abs(dy * x - dx * y) / math.hypot(dy, dx) < 1 - 1e-12


def path_affinity(edges, source, other):
    """1 - the largest edge on the path between two cells."""
    (sy, sx), (oy, ox) = source, other
    largest = 0.0
    for y in range(min(sy, oy), max(sy, oy) + 1):
        for x in range(min(sx, ox), max(sx, ox) + 1):
            if on_path((y - sy, x - sx), (oy - sy, ox - sx)):
                largest = max(largest, float(edges[y, x]))
    return 1 - largest


def dense(height, width, affinities):
    """n x n of (source, other, affinity): symmetric, ones on the diagonal."""
    matrix = np.eye(height * width)
    for (sy, sx), (oy, ox), value in affinities:
        here, there = sy * width + sx, oy * width + ox
        matrix[here, there] = matrix[there, here] = value
    return matrix


def transition(matrix, beta, squarings):
    """(W^beta / column sum), squared so many times."""
    powered = matrix**beta
    moved = powered / powered.sum(axis=0, keepdims=True)
    for _ in range(squarings):
        moved = moved @ moved
    return moved


def walked(maps, matrix, beta, squarings):
    """(n, h, w) maps times the transition matrix."""
    rows = np.asarray(maps, dtype=np.float64).reshape(len(maps), -1)
    return (rows @ transition(matrix, beta, squarings)).reshape(np.shape(maps))
