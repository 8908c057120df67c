"""Pictures of the demo data: concrete with cracks, spalling and rust, drawn from a random generator.

They range from plain (one large, clear defect) to hard (many small, faint, blurred ones among joints, water marks and
shadows, which are not labeled), so that a network's IoU on them ranges widely too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from maskloop.datasets.demo import defects, surfaces
from maskloop.datasets.demo.defects import Defect, Look
from maskloop.datasets.demo.noise import Field
from maskloop.errors import InvalidArgument
from maskloop.mask_codec import BoolArray
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel

CATEGORIES = (Category(1, "crack"), Category(2, "spalling"), Category(3, "rust"))
Maker = Callable[[np.random.Generator, Look], Defect]

_MAKERS: dict[int, Maker] = {1: defects.crack, 2: defects.spalling, 3: defects.rust}
_PLACEMENTS = 8
_MOST_OVERLAP = 0.1
_LEAST_SHARE_LEFT = 0.5
_LEAST_PIXELS = 40


@dataclass(frozen=True)
class DemoDifficulty:
    """How the pictures vary: each draws a level between `easiest` and `hardest` (0 plain, 1 hard), which its contrast,
    blur, noise, clutter, and the size and number of its defects follow, each with a deviation of its own, `spread`.
    A share of the pictures is crowded: 6 to 9 defects. Clutter is of the first so many kinds of
    `surfaces.LOOKALIKES`."""

    easiest: float = 0.0
    hardest: float = 1.0
    spread: float = 0.12
    crowded_share: float = 0.06
    lookalikes: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.easiest <= self.hardest <= 1:
            raise InvalidArgument("difficulty runs from easiest to hardest, both in [0, 1]", field="difficulty")
        if self.spread < 0 or not 0 <= self.crowded_share <= 1:
            raise InvalidArgument("spread is 0 or more, crowded_share in [0, 1]", field="difficulty")
        if not 1 <= self.lookalikes <= len(surfaces.LOOKALIKES):
            raise InvalidArgument(f"there are 1 to {len(surfaces.LOOKALIKES)} lookalikes", field="difficulty")


@dataclass(frozen=True, eq=False)
class DemoPicture:
    """One picture, (size, size, 3) uint8 RGB, and what is on it."""

    pixels: NDArray[np.uint8]
    objects: tuple[ObjectLabel, ...]


@dataclass(frozen=True, eq=False)
class Scene:
    """A damaged surface, (size, size, 3) float32 RGB, with what is on it, and how a camera will blur it (deviation in
    pixels) and add noise (deviation, of a range of 1)."""

    surface: Field
    objects: tuple[ObjectLabel, ...]
    blur: float
    noise: float


@dataclass(frozen=True)
class Light:
    """Light that falls off across a picture: towards where (radians), by how much at the border, and the exposure."""

    direction: float
    fall: float
    exposure: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Light:
        """Any light."""
        return cls(rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.18), rng.uniform(0.85, 1.15))

    def a_moment_later(self, rng: np.random.Generator) -> Light:
        """Nearly the same light."""
        drift = rng.normal(0, (0.15, 0.1, 0.03))
        return replace(
            self,
            direction=self.direction + drift[0],
            fall=self.fall * (1 + drift[1]),
            exposure=self.exposure * (1 + drift[2]),
        )


def demo_picture(rng: np.random.Generator, size: int, difficulty: DemoDifficulty) -> DemoPicture:
    """Draw one picture of `size` x `size` pixels."""
    scene = draw_scene(rng, size, difficulty)
    return DemoPicture(photograph(rng, scene.surface, Light.draw(rng), scene.blur, scene.noise), scene.objects)


def draw_scene(rng: np.random.Generator, size: int, difficulty: DemoDifficulty, pictures: float = 1.0) -> Scene:
    """A surface of `size` x `size` pixels, along a side of which `pictures` pictures fit. It has so many times the
    defects of one picture, of the same size: a picture shows about as many as usual, for its border cuts some."""
    level = rng.uniform(difficulty.easiest, difficulty.hardest)

    def between(plain: float, hard: float) -> float:
        """A property of the scene: `plain` at level 0, `hard` at level 1, with its own deviation."""
        own = float(np.clip(level + rng.normal(0, difficulty.spread), 0, 1))
        return plain + (hard - plain) * own

    surface = surfaces.concrete(rng, size)
    for _ in range(rng.poisson(between(0.1, 2.5))):
        surface = surfaces.LOOKALIKES[rng.integers(difficulty.lookalikes)](rng, surface)
    crowded = rng.random() < difficulty.crowded_share
    wanted = int(rng.integers(6, 10)) if crowded else round(between(0.9, 4.0) + rng.uniform(-0.5, 0.9))
    look = Look(size, scale=between(1.7, 0.55), strength=between(1.0, 0.22), pictures=pictures)
    surface, objects = _damage(rng, surface, round(max(1, wanted) * pictures), look)
    if rng.random() < between(0.1, 0.7):
        surface = surfaces.shadow(rng, surface)
    blur, noise = between(0.0, 1.7) * look.unit, between(0.005, 0.07)
    return Scene(surface, objects, blur, noise)


def photograph(rng: np.random.Generator, surface: Field, light: Light, blur: float, noise: float) -> NDArray[np.uint8]:
    """Uneven light, lens blur, exposure and sensor noise, as 8-bit pixels."""
    size = surface.shape[0]
    rows, columns = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    fall = 1.0 + light.fall * (np.cos(light.direction) * columns + np.sin(light.direction) * rows)
    seen = ndimage.gaussian_filter(surface * fall[..., None], (blur, blur, 0))
    seen = seen * light.exposure + noise * rng.standard_normal(surface.shape)
    return np.asarray(np.round(255 * np.clip(seen, 0, 1)), np.uint8)


def _damage(rng: np.random.Generator, surface: Field, wanted: int, look: Look) -> tuple[Field, tuple[ObjectLabel, ...]]:
    """Paint up to `wanted` defects that hardly overlap; a later one covers an earlier one."""
    placed: list[tuple[int, BoolArray, int]] = []
    occupied = np.zeros((look.size, look.size), np.bool_)
    while not placed or len(placed) < wanted:
        category_id = int(rng.integers(1, len(CATEGORIES) + 1))
        defect = _place(rng, _MAKERS[category_id], occupied, look)
        if defect is None:
            wanted -= 1
            continue
        surface = defect.paint(surface)
        occupied |= defect.mask
        placed = [(id_, mask & ~defect.mask, whole) for id_, mask, whole in placed]
        placed.append((category_id, defect.mask, int(defect.mask.sum())))
    seen = [(id_, mask) for id_, mask, whole in placed if mask.sum() >= _LEAST_SHARE_LEFT * whole]
    return surface, tuple(ObjectLabel(id_, Mask.from_array(mask)) for id_, mask in seen)


def _place(rng: np.random.Generator, maker: Maker, occupied: BoolArray, look: Look) -> Defect | None:
    """A defect of its own size and strength where there is room, `None` when there is none."""
    for _ in range(_PLACEMENTS):
        scale, strength = look.scale * rng.uniform(0.75, 1.25), look.strength * rng.uniform(0.75, 1.25)
        defect = maker(rng, Look(look.size, scale, min(1.0, strength), look.pictures))
        area = int(defect.mask.sum())
        if area >= _LEAST_PIXELS * look.unit**2 and (defect.mask & occupied).sum() <= _MOST_OVERLAP * area:
            return defect
    return None
