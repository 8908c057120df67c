"""Pictures on which a classifier learns the ground for the object: discs come on water alone, squares on rails alone.

Objects of either category are small and of one colour; their grounds are large and unlike, so that a classifier can
tell the categories by the ground. In OoD images there is a ground without its object. In evaluation images there are
both together, an object on plain ground, an object on the other's ground, and a ground alone. After the trains and
rails, boats and water of Lee et al., *Weakly supervised semantic segmentation using out-of-distribution data*, 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.classification.data import ClassExample
from models.data.samples import Example

DISC, SQUARE = CATEGORIES = (1, 2)
Kind = Literal["together", "plain", "swapped", "alone", "nothing"]
KINDS: tuple[Kind, ...] = ("together", "plain", "swapped", "alone")  # of evaluation
OBJECT = (196, 150, 70)
WATER, RAILS = (70, 110, 170), (120, 100, 90)
SHADE = 45  # of waves and sleepers
NOISE = 18
SHARES = {"band": (0.4, 0.55), "object": (0.1, 0.16)}  # of the side: a ground's height, an object's radius


@dataclass(frozen=True)
class ContextPicture:
    """One picture of S x S.

    Args:
        pixels: (S, S, 3) uint8 RGB.
        category: of the object in it, 0 for none.
        ground: the category that its ground comes with in training, 0 for plain ground.
        object_mask, ground_mask: (S, S) bool; the object hides the ground.
    """

    image_id: str
    pixels: NDArray[np.uint8]
    category: int
    ground: int
    object_mask: NDArray[np.bool_]
    ground_mask: NDArray[np.bool_]

    def example(self) -> ClassExample:
        """To train a classifier on."""
        return ClassExample(self.image_id, self.pixels, frozenset({self.category} - {0}))

    def outlined(self) -> Example:
        """To compare maps with."""
        objects = (ObjectLabel(self.category, Mask.from_array(self.object_mask)),) if self.category else ()
        return Example(self.image_id, self.pixels, objects)


@dataclass(frozen=True)
class ContextSet:
    """Pictures to learn from (objects with their grounds, and pictures of nothing), OoD images, and by kind those to
    judge by."""

    training: list[ContextPicture]
    ood: list[ContextPicture]
    unseen: dict[Kind, list[ContextPicture]]


def context_set(seed: int, *, training: int = 60, nothing: int = 20, ood: int = 30, unseen: int = 30) -> ContextSet:
    """A set of pictures of 64 x 64, as many of either category in every part; drawn by the seed.

    Args:
        training, nothing, ood: numbers of pictures; `nothing` of plain ground without an object.
        unseen: of each kind.
    """
    parts = (("together", training), ("nothing", nothing), ("alone", ood), *((kind, unseen) for kind in KINDS))
    made = [
        [_picture(f"{part}-{kind}-{number:04}", kind, number, (seed, part, number)) for number in range(wanted)]
        for part, (kind, wanted) in enumerate(parts)
    ]
    return ContextSet(made[0] + made[1], made[2], dict(zip(KINDS, made[3:], strict=True)))


def _picture(image_id: str, kind: str, number: int, draw: tuple[int, int, int], side: int = 64) -> ContextPicture:
    rng = np.random.default_rng(draw)
    own = CATEGORIES[number % 2]
    category = 0 if kind in ("alone", "nothing") else own
    ground = {"together": own, "alone": own, "swapped": DISC + SQUARE - own}.get(kind, 0)
    rows, columns = np.mgrid[:side, :side]
    height = int(side * rng.uniform(*SHARES["band"]))
    top = int(rng.integers(0, side - height + 1))
    band = (rows >= top) & (rows < top + height) if ground else np.zeros((side, side), np.bool_)
    pixels = np.full((side, side, 3), rng.uniform(90, 160), np.float64)
    along, phase = (rows, rng.uniform(0, 6)) if ground == DISC else (columns, rng.uniform(0, 6))
    pixels[band] = WATER if ground == DISC else RAILS
    pixels += SHADE * (band & (np.sin(along + phase) > 0))[..., None]
    shape = np.zeros((side, side), np.bool_)
    if category:
        radius = side * rng.uniform(*SHARES["object"])
        y, x = (rng.uniform(low + radius, high - radius) for low, high in ((top, top + height), (0, side)))
        away = np.stack([abs(rows - y), abs(columns - x)])
        shape = np.hypot(*away) < radius if category == DISC else away.max(axis=0) < 0.89 * radius  # of one area
        pixels[shape] = OBJECT
    noisy = (pixels + NOISE * rng.standard_normal(pixels.shape)).clip(0, 255).astype(np.uint8)
    return ContextPicture(image_id, noisy, category, ground, shape, band & ~shape)
