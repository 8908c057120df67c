"""How large patches and tiles are, and the scale at which everything is learnt and read.

A patch of the recipe's side is seen at no more than the side that the classifier sees. Images are made smaller with it,
all by one factor, so that whatever a patch shows is as large in every image: tissue has a magnification.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.oeem.recipe import LEAST_SIDE, OeemRecipe

OUTLINED_PART = 4  # patches along the longer side of an outlined image, where outlines alone say what is there
TILE = 16 / 7  # of a patch's side: 256 pixels for 112, as in the paper
Pixels = NDArray[np.uint8]
Size = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """Args:
    side: of a patch, in pixels of the project's images.
    input_side: that the classifier sees it at.
    """

    side: int
    input_side: int

    @classmethod
    def of(cls, recipe: OeemRecipe, told: Sequence[Size], outlined: Sequence[Size]) -> Layout:
        """The recipe's; where the side is open, that of the middle image, or a part of it where all are outlined.

        Args:
            told: heights and widths of the images of which their classes alone are known.
            outlined: of those that people outlined.
        """
        side = recipe.side
        if not side and told:
            side = median_low(map(max, told))
        elif not side and outlined:
            side = median_low(map(max, outlined)) // OUTLINED_PART
        return cls(max(LEAST_SIDE, side), recipe.input_side)

    @property
    def zoom(self) -> float:
        """What lengths are multiplied by before anything is learnt or read, in (0, 1]."""
        return min(1.0, self.input_side / self.side)

    @property
    def patch(self) -> int:
        """Side of a patch at that scale, pixels."""
        return max(1, round(self.side * self.zoom))

    @property
    def stride(self) -> int:
        """From one patch to the next at that scale: half a patch."""
        return max(1, self.patch // 2)

    @property
    def tile(self) -> int:
        """Side of the tiles that masks are learnt on, at that scale."""
        return round(self.patch * TILE)

    def zoomed(self, pixels: Pixels) -> Pixels:
        """An image (H, W, 3) at that scale, bilinearly."""
        return resized(pixels, self.zoom)


def resized(pixels: Pixels, factor: float) -> Pixels:
    """An image (H, W, 3) whose sides are multiplied by `factor`, one pixel at least; itself for 1."""
    if factor == 1:
        return pixels
    height, width = (max(1, round(length * factor)) for length in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR), dtype=np.uint8)
