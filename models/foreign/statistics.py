"""What an outline tells about its own quality, whichever network drew it, and what the network itself says of it.

The columns of `models.iou_head.mask_statistics`, of the surroundings of the mask alone: an object that is a thousandth
of a photograph has as many cells there as one that fills it.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from maskloop.masks import Mask
from models.data.samples import image_tensor, resize_image
from models.iou_head.mask_statistics import NAMES as OF_MASKS
from models.iou_head.mask_statistics import mask_statistics

NAMES = (
    *OF_MASKS,
    "own_score",  # what the network says of it, in [-1, 2]; its confidence where it says nothing
    "in_image",  # side of a square of the mask's area, as a share of the image's
)
SIDE = 64  # cells along the square on which an outline is looked at
MARGIN = 0.5  # of the mask's longer side, around it
LOWEST, HIGHEST = -1.0, 2.0  # of a score that knows no bounds
CPU = torch.device("cpu")
Floats = NDArray[np.float64]
Window = tuple[slice, slice]


def count_statistics(categories: int) -> int:
    """Columns of `outline_statistics` for a vocabulary of `categories` classes."""
    return len(NAMES) + categories


def surroundings(mask: Mask) -> Window:
    """Rows and columns of a mask that is not empty, and of what is around it."""
    x, y, width, height = mask.box
    around = int(MARGIN * max(width, height)) + 1
    return (
        slice(max(0, y - around), min(mask.height, y + height + around)),
        slice(max(0, x - around), min(mask.width, x + width + around)),
    )


def seen_around(logits: NDArray[np.float32], window: Window) -> Tensor:
    """(SIDE, SIDE) float32: what a map (H, W) says in a window."""
    shown = torch.from_numpy(np.ascontiguousarray(logits[window]))[None, None]
    return F.interpolate(shown, size=(SIDE, SIDE), mode="bilinear", align_corners=False, antialias=True)[0, 0]


def outline_statistics(
    logits: NDArray[np.float32], mask: Mask, pixels: NDArray[np.uint8], *, score: float, place: int, categories: int
) -> Floats:
    """Of an outline that is not empty.

    Args:
        logits: (H, W) float32, above zero inside.
        mask: what came of them.
        pixels: (H, W, 3) uint8 RGB.
        score: what the network says of it, any number.
        place: class index in [0, categories), -1 for a category outside the vocabulary.

    Returns:
        (K,) float64: the columns of `NAMES`, then the class one-hot.
    """
    window = surroundings(mask)
    maps = seen_around(logits, window)[None, None]
    image = image_tensor([resize_image(pixels[window], SIDE)], CPU)
    told = mask_statistics(maps, torch.zeros((1, 1), dtype=torch.int64), image, None, 1)[0, 0, : len(OF_MASKS)]
    one_hot = np.zeros(categories)
    if place >= 0:
        one_hot[place] = 1
    share = np.sqrt(mask.area / (mask.height * mask.width))
    return np.concatenate([told.double().numpy(), [bounded(score, LOWEST, HIGHEST), share], one_hot])


def bounded(score: float, lowest: float = 0.0, highest: float = 1.0) -> float:
    """A score within bounds; what is no number is 0."""
    return float(np.clip(np.nan_to_num(score, nan=0.0), lowest, highest))
