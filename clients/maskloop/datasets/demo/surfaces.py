"""Concrete as a camera sees it, with what is easily taken for damage: joints, water marks, moss and more; and shadows.

A surface is (size, size, 3) float32 RGB, about 0..1 and not clipped; lengths scale with size / 128.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from maskloop.datasets.demo.noise import Field, as_field, fractal_noise, ragged_blob, smooth_noise


def concrete(rng: np.random.Generator, size: int) -> Field:
    """Bare concrete: tone and tint, cloudiness, sand, air voids, and often the marks of formwork boards."""
    tint = np.array([1.0, 1.0, 1.0]) + rng.uniform(-0.04, 0.04) * np.array([1.0, 0.1, -1.2])
    clouds = 0.05 * fractal_noise(rng, size, size / 2, octaves=5)
    sand = 0.025 * rng.standard_normal((size, size), dtype=np.float32)
    light = rng.uniform(0.5, 0.74) * (1.0 + clouds + sand)
    if rng.random() < 0.6:
        light *= _boards(rng, size)
    light *= _air_voids(rng, size)
    return as_field(light[..., None] * tint)


def joint(rng: np.random.Generator, surface: Field) -> Field:
    """A straight dark line through the whole picture: an expansion joint, which is no crack."""
    size = surface.shape[0]
    angle = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.05)
    distance = _distance_to_line(size, angle, rng.uniform(0.12, 0.88, 2) * size)
    half_width = rng.uniform(0.8, 1.8) * size / 128
    groove = 0.5 - 0.5 * np.tanh(1.5 * (np.abs(distance) - half_width))
    edge = np.exp(-(((distance - 2.2 * half_width) / half_width) ** 2))
    return as_field(surface * (1.0 - rng.uniform(0.35, 0.65) * groove + 0.1 * edge)[..., None])


def water_mark(rng: np.random.Generator, surface: Field) -> Field:
    """A damp, greyish stain that runs down: neither rust nor spalling."""
    size = surface.shape[0]
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    x, y = rng.uniform(0, size), rng.uniform(-0.2, 0.6) * size
    wobble = smooth_noise(rng, size, size / 4) * 0.04 * size
    across = np.exp(-(((columns + wobble - x) / (rng.uniform(0.04, 0.13) * size)) ** 2))
    down = np.clip((rows - y) / (0.1 * size), 0, 1) * np.exp(
        -np.clip(rows - y, 0, None) / (rng.uniform(0.3, 0.8) * size)
    )
    damp = across * down * (1.0 + 0.25 * smooth_noise(rng, size, size / 20))
    return as_field(surface * (1.0 - rng.uniform(0.15, 0.4) * np.clip(damp, 0, 1))[..., None])


def moss(rng: np.random.Generator, surface: Field) -> Field:
    """A greenish growth with ragged edges: a stain, but no rust."""
    size = surface.shape[0]
    x, y = rng.uniform(0, size, 2)
    radii = (rng.uniform(0.06, 0.16) * size, rng.uniform(0.05, 0.12) * size)
    growth = np.clip(1.8 * ragged_blob(rng, size, (float(x), float(y)), radii, roughness=0.35), 0, 1)
    tuft = 1.0 + 0.3 * smooth_noise(rng, size, size / 32)
    opacity = (rng.uniform(0.35, 0.8) * growth)[..., None]
    colour = np.array([0.3, 0.38, 0.22]) * tuft[..., None]
    return as_field(surface * (1.0 - opacity) + colour * opacity)


def cable(rng: np.random.Generator, surface: Field) -> Field:
    """A cable that hangs over the wall from edge to edge, bright along its middle: dark and thin, but no crack."""
    size = surface.shape[0]
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    along, across = (columns, rows) if rng.random() < 0.5 else (rows, columns)
    sag = rng.uniform(-0.6, 0.6) * (along / size - rng.uniform(0.2, 0.8)) ** 2
    distance = across - size * (rng.uniform(0.1, 0.9) + rng.normal(0, 0.15) * along / size + sag)
    half_width = rng.uniform(0.8, 1.6) * size / 128
    cover = 0.5 - 0.5 * np.tanh(2 * (np.abs(distance) - half_width) / half_width)
    round_ = 0.18 + 0.22 * np.exp(-((distance / (0.5 * half_width)) ** 2))
    return as_field(surface * (1.0 - cover[..., None]) + (cover * round_)[..., None])


def repair(rng: np.random.Generator, surface: Field) -> Field:
    """A rectangle of smoother mortar of another tone: its edges are straight, it is no spalling."""
    size = surface.shape[0]
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    x, y = rng.uniform(0, size, 2)
    width, height = rng.uniform(0.1, 0.3, 2) * size
    beyond = np.maximum(np.abs(columns - x) - width / 2, np.abs(rows - y) - height / 2)
    cover = (0.5 - 0.5 * np.tanh(beyond / (0.8 * size / 128)))[..., None]
    tone = rng.choice([rng.uniform(0.72, 0.9), rng.uniform(1.08, 1.25)])
    mortar = surface.mean() * tone * (1.0 + 0.03 * fractal_noise(rng, size, size / 16, 3))[..., None]
    return as_field(surface * (1.0 - cover) + mortar * cover)


LOOKALIKES: tuple[Callable[[np.random.Generator, Field], Field], ...] = (joint, water_mark, moss, cable, repair)


def shadow(rng: np.random.Generator, surface: Field) -> Field:
    """The shadow of something out of the picture: a half-plane or a bar, sharp or soft."""
    size = surface.shape[0]
    distance = _distance_to_line(size, rng.uniform(0, np.pi), rng.uniform(0.1, 0.9, 2) * size)
    if rng.random() < 0.5:
        distance = np.abs(distance) - rng.uniform(0.03, 0.15) * size
    softness = rng.uniform(0.6, 5.0) * size / 128
    shade = 0.5 - 0.5 * np.tanh(distance / softness)
    tint = 1.0 - rng.uniform(0.25, 0.5) * np.array([1.0, 0.97, 0.9])
    return as_field(surface * (1.0 - shade[..., None] * (1.0 - tint)))


def _boards(rng: np.random.Generator, size: int) -> Field:
    """Factor of a shuttering's boards: each its own tone, thin lines between them."""
    width = rng.uniform(0.2, 0.5) * size
    place = (np.arange(size) + rng.uniform(0, width)) / width
    board = place.astype(int)
    tone = 1.0 + rng.uniform(-0.04, 0.04, board.max() + 1)[board]
    from_edge = np.minimum(place % 1.0, 1.0 - place % 1.0) * width
    profile = tone * (1.0 - rng.uniform(0.04, 0.16) * np.exp(-((from_edge / (0.8 * size / 128)) ** 2)))
    factor = as_field(np.tile(profile[:, None], (1, size)))
    return factor if rng.random() < 0.5 else factor.T


def _air_voids(rng: np.random.Generator, size: int) -> Field:
    """Factor of the little dark holes that air leaves at the formwork."""
    factor = np.ones((size, size), np.float32)
    rows, columns = np.mgrid[0:size, 0:size]
    for _ in range(rng.integers(0, 14)):
        x, y = rng.uniform(0, size, 2)
        radius = rng.uniform(0.5, 1.4) * size / 128
        hole = np.exp(-(((columns - x) ** 2 + (rows - y) ** 2) / radius**2))
        factor *= 1.0 - rng.uniform(0.2, 0.5) * hole.astype(np.float32)
    return factor


def _distance_to_line(size: int, angle: float, through: NDArray[np.float64]) -> Field:
    """Signed distance in pixels of every pixel to the line through (x, y) that runs at `angle`."""
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    return as_field((columns - through[0]) * np.sin(angle) - (rows - through[1]) * np.cos(angle))
