"""Random views of a training batch, every draw from the generator that is handed in.

`affine` is RSIS's own (Salvador et al.): a flip, rotation within 10 degrees, translation within a tenth, shear
within 0.1 degrees, zoom 0.7 to 1.4. `strong` turns by up to 15 degrees and changes colours besides.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

VERSION = 1
"""Of the views and of `models.data.samples`; raised when a change makes trainings come to other weights."""


def augment(images: Tensor, masks: Tensor, kind: str, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """One random view of each image.

    Args:
        images: (B, 3, S, S) float in [0, 1].
        masks: (B, T, S, S) bool.
        kind: "none", "affine" or "strong".

    Returns:
        Images and masks of the same shapes; what comes in from outside the image is its edge, and no object.
    """
    if kind == "none":
        return images, masks
    strong = kind == "strong"
    moves = torch.from_numpy(np.stack([random_move(strong, rng) for _ in range(len(images))])).to(images)
    grid = F.affine_grid(moves, list(images.shape), align_corners=False)
    images = F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    moved = F.grid_sample(masks.to(images.dtype), grid, mode="nearest", padding_mode="zeros", align_corners=False)
    return (recolour(images, rng) if strong else images), moved > 0.5


def random_move(strong: bool, rng: np.random.Generator) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """A (2, 3) matrix from places in the view to places in the image, both in [-1, 1]."""
    angle = np.deg2rad(rng.uniform(-15, 15) if strong else rng.uniform(-10, 10))
    shear = np.deg2rad(rng.uniform(-0.1, 0.1))
    zoom = np.exp(rng.uniform(np.log(0.7), np.log(1.4)))
    shift = rng.uniform(-0.2, 0.2, size=2)  # a tenth of the side, which is 2 long
    flip = rng.choice([-1.0, 1.0])
    turn = np.array([[np.cos(angle), -np.sin(angle + shear)], [np.sin(angle), np.cos(angle + shear)]])
    return np.concatenate([turn @ np.diag([flip * zoom, zoom]), shift[:, None]], axis=1)


def recolour(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Random contrast, brightness and balance of the channels for each image."""
    batch = len(images)
    contrast = torch.from_numpy(rng.uniform(0.75, 1.25, size=(batch, 1, 1, 1))).to(images)
    offset = torch.from_numpy(
        rng.uniform(-0.1, 0.1, size=(batch, 1, 1, 1)) + rng.uniform(-0.05, 0.05, size=(batch, 3, 1, 1))
    )
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return ((images - mean) * contrast + mean + offset.to(images)).clamp(0, 1)
