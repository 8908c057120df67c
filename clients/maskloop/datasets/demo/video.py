"""Frames of a camera that moves along a damaged wall: pictures that nearly repeat one another, as video gives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from maskloop.datasets.demo.pictures import DemoDifficulty, DemoPicture, Light, draw_scene, photograph
from maskloop.datasets.subset import objects_within

PICTURES_A_SIDE = 1.5
"""How many frames fit along a side of the wall."""


def demo_frames(rng: np.random.Generator, size: int, difficulty: DemoDifficulty, frames: int) -> Iterator[DemoPicture]:
    """One wall in so many frames of `size` x `size` pixels: from each to the next the camera moves on by the same
    step, give or take a pixel, and light and exposure change a little."""
    side = round(PICTURES_A_SIDE * size)
    scene = draw_scene(rng, side, difficulty, PICTURES_A_SIDE)
    light = Light.draw(rng)
    for x, y in _path(rng, side - size, frames):
        objects = objects_within(scene.objects, (x, y), size, size)
        seen = scene.surface[y : y + size, x : x + size]
        yield DemoPicture(photograph(rng, seen, light, scene.blur, scene.noise), objects)
        light = light.a_moment_later(rng)


def _path(rng: np.random.Generator, room: int, frames: int) -> list[tuple[int, int]]:
    """Upper left corners (x, y) in [0, room], from near one edge to near the opposite one."""
    start: NDArray[np.float64] = rng.uniform(0, 1, 2)
    along = int(rng.integers(2))
    start[along] = rng.choice([0.0, 1.0])
    end = np.clip(start + rng.normal(0, 0.2, 2), 0, 1)
    end[along] = 1 - start[along]
    steps = np.linspace(start, end, frames) * room + rng.uniform(-1, 1, (frames, 2))
    return [(int(x), int(y)) for x, y in np.clip(np.round(steps), 0, room)]
