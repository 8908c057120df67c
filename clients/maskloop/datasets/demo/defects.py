"""Damage of concrete: cracks, spalling and rust, each as a mask and as paint on a surface.

A surface is (size, size, 3) float32 RGB, about 0..1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from maskloop.datasets.demo.noise import (
    Field,
    as_field,
    fractal_noise,
    in_one_piece,
    ragged_blob,
    smooth_noise,
    without_holes,
)
from maskloop.mask_codec import BoolArray

_OVERSAMPLING = 3


@dataclass(frozen=True)
class Look:
    """How damage shows on a surface of `size` x `size` pixels: `scale` times its usual extent, standing out with
    `strength` in (0, 1]. `pictures` pictures fit along a side of the surface."""

    size: int
    scale: float
    strength: float
    pictures: float = 1.0

    @property
    def unit(self) -> float:
        """Lengths are written for pictures of 128 pixels; this many pixels are one of theirs."""
        return self.size / 128 / self.pictures

    @property
    def extent(self) -> float:
        """As `unit`, for lengths that grow with the damage."""
        return self.unit * self.scale


@dataclass(frozen=True, eq=False)
class Defect:
    """One piece of damage: its outline (size, size) bool, and how it changes a surface."""

    mask: BoolArray
    paint: Callable[[Field], Field]


def crack(rng: np.random.Generator, look: Look) -> Defect:
    """A dark line that wanders, swells, thins and sometimes forks."""
    opening = _opening(rng, look)
    depth = look.strength * rng.uniform(0.65, 0.85)

    def paint(surface: Field) -> Field:
        lip = np.clip(np.roll(opening, (1, 1), (0, 1)) - opening, 0, 1)
        return as_field(surface * (1.0 - depth * opening + 0.25 * look.strength * lip)[..., None])

    return Defect(in_one_piece(opening > 0.5), paint)


def spalling(rng: np.random.Generator, look: Look) -> Defect:
    """A patch that broke off: ragged edge, shaded like the hollow it is, stones in it."""
    size, unit = look.size, look.unit
    radii = (rng.uniform(11, 24) * look.extent, rng.uniform(9, 17) * look.extent)
    mask = without_holes(in_one_piece(ragged_blob(rng, size, _anywhere(rng, size), radii, roughness=0.16) > 0))
    inside = ndimage.gaussian_filter(as_field(mask), 0.5 * unit)
    relief = _lit_from(ndimage.gaussian_filter(inside, 1.2 * unit), rng.uniform(-2.6, -0.5))
    stones = np.tanh(2.5 * smooth_noise(rng, size, 5 * unit)) + 0.5 * fractal_noise(rng, size, 6 * unit, 3)
    rubble = rng.uniform(0.5, 0.72) * (1.0 + 0.16 * stones)[..., None] * np.array([1.04, 1.0, 0.93])
    opacity = (look.strength * inside)[..., None]

    def paint(surface: Field) -> Field:
        broken = surface * (1.0 - opacity) + surface.mean() * rubble * opacity
        return as_field(broken * (1.0 + 1.1 * look.strength * relief)[..., None])

    return Defect(mask, paint)


def rust(rng: np.random.Generator, look: Look) -> Defect:
    """An orange-brown stain with cloudy edges, often running down in streaks."""
    size, centre = look.size, _anywhere(rng, look.size)
    radii = (rng.uniform(8, 19) * look.extent, rng.uniform(7, 14) * look.extent)
    stain = np.clip(1.6 * ragged_blob(rng, size, centre, radii, roughness=0.2), 0, 1)
    if rng.random() < 0.6:
        stain = np.maximum(stain, _streaks(rng, look, centre, radii[0]))
    mask = without_holes(in_one_piece(stain > 0.28))
    stain = stain * ndimage.gaussian_filter(as_field(mask), 1.5 * look.unit)
    stain = np.clip(1.35 * stain * (1.0 + 0.22 * fractal_noise(rng, size, 12 * look.extent, 3)), 0, 1)
    colour = np.array([0.56, 0.3, 0.13]) + rng.uniform(-0.06, 0.06) * np.array([1.0, 0.8, 0.4])
    opacity = (0.92 * look.strength * np.sqrt(stain))[..., None]

    def paint(surface: Field) -> Field:
        grain = surface / max(float(surface.mean()), 1e-3)
        return as_field(surface * (1.0 - opacity) + colour * grain * opacity)

    return Defect(mask, paint)


def _anywhere(rng: np.random.Generator, size: int) -> tuple[float, float]:
    x, y = rng.uniform(0.1, 0.9, 2) * size
    return float(x), float(y)


def _opening(rng: np.random.Generator, look: Look) -> Field:
    """(size, size) in [0, 1]: how much of each pixel a crack and its forks open."""
    sheet = Image.new("L", (look.size * _OVERSAMPLING,) * 2)
    start = np.array(_anywhere(rng, look.size))
    to_middle = np.arctan2(look.size / 2 - start[1], look.size / 2 - start[0]) + rng.normal(0, 0.5)
    width = rng.uniform(3.8, 6.0) * max(look.extent, look.unit)
    waiting = [(start, to_middle, rng.uniform(45, 105) * look.extent, width)]
    while waiting:
        start, heading, length, width = waiting.pop()
        points = _walk(rng, start, heading, length)
        _draw(rng, ImageDraw.Draw(sheet), points, width)
        if width > 2.4 * look.unit and rng.random() < 0.45:
            fork = points[rng.integers(len(points) // 4, 3 * len(points) // 4 + 1)]
            away = heading + rng.choice([-1, 1]) * rng.uniform(0.5, 1.1)
            waiting.append((fork, away, length * rng.uniform(0.3, 0.6), width * 0.65))
    return as_field(np.asarray(sheet.reduce(_OVERSAMPLING)) / 255)


def _walk(
    rng: np.random.Generator, start: NDArray[np.float64], heading: float, length: float, steps: int = 28
) -> NDArray[np.float64]:
    """(steps + 1, 2) points (x, y): trembling, drifting, now and then kinked, about `heading`."""
    kinks = np.where(rng.random(steps) < 0.12, rng.normal(0, 0.9, steps), rng.normal(0, 0.2, steps))
    drift = ndimage.gaussian_filter1d(kinks, 0.5) + rng.normal(0, 0.3, steps)
    for place in range(1, steps):
        drift[place] += 0.7 * drift[place - 1]
    direction = np.stack([np.cos(heading + drift), np.sin(heading + drift)], axis=1)
    return np.concatenate([start[None], start + np.cumsum(length / steps * direction, axis=0)])


def _draw(rng: np.random.Generator, sheet: ImageDraw.ImageDraw, points: NDArray[np.float64], width: float) -> None:
    """Draw the walk with a width that varies along it and tapers towards its ends."""
    along = np.linspace(0, 1, len(points))
    swelling = np.interp(along, np.linspace(0, 1, 6), rng.uniform(0.75, 1.25, 6))
    taper = np.minimum(1.0, np.minimum(0.5 + 4 * along, 0.4 + 2 * (1 - along)))
    radii = 0.5 * width * _OVERSAMPLING * swelling * taper
    scaled = points * _OVERSAMPLING
    for (x, y), (next_x, next_y), radius in zip(scaled[:-1], scaled[1:], radii, strict=False):
        sheet.line((x, y, next_x, next_y), fill=255, width=max(1, round(2 * radius)))
        sheet.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _streaks(rng: np.random.Generator, look: Look, centre: tuple[float, float], reach: float) -> Field:
    """(size, size) in [0, 1]: what rain carried down from a stain at `centre` (x, y)."""
    rows, columns = np.mgrid[0 : look.size, 0 : look.size].astype(np.float32)
    field = np.zeros((look.size, look.size))
    wobble = 1.2 * look.extent * smooth_noise(rng, look.size, look.size / 5)
    for _ in range(rng.integers(1, 4)):
        x = centre[0] + rng.uniform(-0.6, 0.6) * reach
        across = np.exp(-(((columns + wobble - x) / (rng.uniform(1.8, 4.5) * look.extent)) ** 2))
        below = np.clip(rows - centre[1], 0, None) / (rng.uniform(14, 45) * look.extent)
        field = np.maximum(field, across * np.exp(-below) * (rows >= centre[1]))
    return as_field(field)


def _lit_from(depth: Field, angle: float) -> Field:
    """Brightness of the slopes of a hollow under light from `angle`: shaded below the light, bright across."""
    down, right = np.gradient(depth)
    return as_field(np.cos(angle) * right + np.sin(angle) * down)
