"""Smooth random fields, the raw material of surfaces and of ragged edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from scipy import ndimage

from maskloop.mask_codec import BoolArray

Field = NDArray[np.float32]


def as_field(values: ArrayLike) -> Field:
    """`values` as float32."""
    return np.asarray(values, np.float32)


def smooth_noise(rng: np.random.Generator, size: int, cell: float) -> Field:
    """(size, size) of mean about 0 and deviation 1, whose bumps are about `cell` pixels wide."""
    knots = max(4, round(size / max(cell, 1.0)) + 2)
    grid = rng.standard_normal((knots, knots)).astype(np.float32)
    field = np.asarray(Image.fromarray(grid).resize((size, size), Image.Resampling.BICUBIC))
    return as_field(field / (field.std() + 1e-6))


def fractal_noise(rng: np.random.Generator, size: int, coarsest: float, octaves: int = 4) -> Field:
    """Sum of smooth noises, each half as wide and 0.6 times as strong as the one before; deviation 1."""
    field = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        field += 0.6**octave * smooth_noise(rng, size, coarsest / 2**octave)
    return as_field(field / (field.std() + 1e-6))


def ragged_blob(
    rng: np.random.Generator, size: int, centre: tuple[float, float], radii: tuple[float, float], roughness: float
) -> Field:
    """(size, size): about 1 at the `centre` (x, y), 0 on the ragged edge of a turned ellipse, negative outside."""
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    across, along = columns - centre[0], rows - centre[1]
    u = (across * np.cos(angle) + along * np.sin(angle)) / radii[0]
    v = (along * np.cos(angle) - across * np.sin(angle)) / radii[1]
    distance = np.sqrt(u * u + v * v)
    ragged = fractal_noise(rng, size, max(radii), octaves=4)
    return as_field(1.0 - distance + roughness * np.clip(ragged, -2, 2))


def in_one_piece(mask: BoolArray) -> BoolArray:
    """The largest connected part of `mask`."""
    parts, number = ndimage.label(mask, structure=np.ones((3, 3)))
    return np.asarray(parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])) if number else mask


def without_holes(mask: BoolArray) -> BoolArray:
    """`mask` with its holes filled."""
    return np.asarray(ndimage.binary_fill_holes(mask), dtype=np.bool_)
