"""What the classifier sees of patches: random parts of them when it learns, all of them when it reads."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.classification.patches.recipe import STATISTICS, PatchRecipe
from models.data.samples import image_tensor

VERSION = 1
"""Of the views; raised when a change makes trainings come to other weights."""
TRIES = 10
LONGEST = 4 / 3  # of a view's sides, to the shorter one
Pixels = NDArray[np.uint8]


def training_view(pixels: Pixels, recipe: PatchRecipe, rng: np.random.Generator) -> Pixels:
    """A random part of a patch, (S, S, 3), mirrored or not and upside down or not.

    Its area is drawn from the recipe's smallest share to all, the logarithm of its sides' ratio between 3/4 and 4/3;
    where ten draws do not fit into the patch it is the patch, cut to such a ratio (as torchvision's RandomResizedCrop).
    """
    top, left, height, width = _part((pixels.shape[0], pixels.shape[1]), recipe.smallest, rng)
    view = enlarged(pixels[top : top + height, left : left + width], (recipe.input_side, recipe.input_side))
    if rng.random() < 0.5:
        view = view[:, ::-1]
    return view[::-1] if rng.random() < 0.5 else view


def network_input(views: Sequence[Pixels], recipe: PatchRecipe, device: torch.device) -> Tensor:
    """(B, 3, S, S) normalised by the recipe's statistics."""
    mean, deviation = (torch.tensor(values, device=device).view(3, 1, 1) for values in STATISTICS[recipe.statistics])
    return (image_tensor(views, device) - mean) / deviation


def enlarged(pixels: Pixels, size: tuple[int, int], how: Image.Resampling = Image.Resampling.BILINEAR) -> Pixels:
    """(h, w, 3) to (*size, 3)."""
    if pixels.shape[:2] == size:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((size[1], size[0]), how), dtype=np.uint8)


def _part(size: tuple[int, int], smallest: float, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Top, left, height and width."""
    height, width = size
    for _ in range(TRIES):
        area = height * width * rng.uniform(smallest, 1)
        ratio = math.exp(rng.uniform(-math.log(LONGEST), math.log(LONGEST)))
        high, wide = round(math.sqrt(area / ratio)), round(math.sqrt(area * ratio))
        if 0 < high <= height and 0 < wide <= width:
            return int(rng.integers(height - high + 1)), int(rng.integers(width - wide + 1)), high, wide
    high, wide = min(height, round(width * LONGEST)), min(width, round(height * LONGEST))
    return (height - high) // 2, (width - wide) // 2, high, wide
