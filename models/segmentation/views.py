"""What the segmentation network learns from: random crops of tiles at random scales, mirrored and recoloured.

As Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022,
section 4.1; colours are changed as in the program that the authors built on (Liu et al., *SSD*, ECCV 2016). A crop that
is larger than its scaled tile is framed at the right and at the bottom: zero after normalisation, and unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from maskloop.errors import InvalidLabel
from models.data.samples import image_tensor, normalise
from models.data.sliding import sliding_windows
from models.metrics.semantic import UNKNOWN
from models.segmentation.recipe import SegmentationRecipe
from models.training.epochs import places_of

VERSION = 1
"""Of the views; raised when a change makes trainings come to other weights."""
BRIGHTNESS, CONTRAST, SATURATION, HUE = 32.0, 0.5, 0.5, 0.1
"""The most that is added of 255; that factors differ from 1 by; that is added, of the circle of hues."""
Pixels = NDArray[np.uint8]
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class LabeledPixels:
    """An image, `pixels` (H, W, 3) uint8 RGB, and `labels` (H, W) uint8 class indices, 255 unknown.

    Raises:
        InvalidLabel: the labels are not of the image's size, or not uint8.
    """

    image_id: str
    pixels: Pixels
    labels: Labels

    def __post_init__(self) -> None:
        if self.labels.shape != self.pixels.shape[:2] or self.labels.dtype != np.uint8:
            raise InvalidLabel(f"image {self.image_id}: its labels are not uint8, or not of the image's size")


@dataclass(frozen=True)
class SegmentationBatch:
    """(B, 3, S, S) normalised images, (B, S, S) int64 labels, and the seed of what dropout drops."""

    images: Tensor
    labels: Tensor
    draw: int


def tiles_of(example: LabeledPixels, recipe: SegmentationRecipe) -> list[LabeledPixels]:
    """The tiles that an image is cut into, row by row; they have its id."""
    height, width = example.labels.shape
    return [
        LabeledPixels(example.image_id, window.of(example.pixels), window.of(example.labels))
        for window in sliding_windows((height, width), recipe.tile, recipe.tile_stride)
    ]


def all_tiles(examples: tuple[LabeledPixels, ...], recipe: SegmentationRecipe) -> tuple[LabeledPixels, ...]:
    """Of all images, in their order."""
    return tuple(chain.from_iterable(tiles_of(item, recipe) for item in examples))


def draw_segmentation_batch(
    tiles: tuple[LabeledPixels, ...], recipe: SegmentationRecipe, seed: int, iteration: int, device: torch.device
) -> SegmentationBatch:
    """The batch of one iteration; every draw comes from (seed, iteration) alone."""
    rng = np.random.default_rng([seed, 1, iteration])
    chosen = [tiles[place] for place in places_of(len(tiles), recipe.batch, seed, iteration)]
    images, labels, inside = zip(*(random_view(item, recipe, rng) for item in chosen), strict=True)
    framed = torch.from_numpy(np.stack(inside)).to(device)[:, None]
    return SegmentationBatch(
        normalise(image_tensor(images, device)) * framed,
        torch.from_numpy(np.stack(labels)).to(device).long(),
        int(rng.integers(2**62)),
    )


def random_view(
    tile: LabeledPixels, recipe: SegmentationRecipe, rng: np.random.Generator
) -> tuple[Pixels, Labels, NDArray[np.bool_]]:
    """A crop (S, S, 3) of a tile, its labels (S, S), and whether a pixel is the tile's."""
    side, scale = recipe.crop, rng.uniform(recipe.smallest, recipe.largest)
    height, width = (max(1, round(length * scale)) for length in tile.labels.shape)
    top, left = (int(rng.integers(max(0, length - side) + 1)) for length in (height, width))
    high, wide = min(side, height - top), min(side, width - left)
    rows, columns = (
        (begin * length / scaled, min(length, (begin + long) * length / scaled))
        for begin, long, length, scaled in zip(
            (top, left), (high, wide), tile.labels.shape, (height, width), strict=True
        )
    )
    box = (columns[0], rows[0], columns[1], rows[1])  # what the crop shows: no more of the tile is resized
    pixels = Image.fromarray(tile.pixels).resize((wide, high), Image.Resampling.BILINEAR, box=box)
    labels = Image.fromarray(tile.labels).resize((wide, high), Image.Resampling.NEAREST, box=box)
    shown, said = np.asarray(pixels, dtype=np.uint8), np.asarray(labels, dtype=np.uint8)
    if rng.random() < 0.5:
        shown, said = shown[:, ::-1], said[:, ::-1]
    if recipe.distortion:
        shown = distorted(shown, recipe.distortion, rng)
    image, truth = np.zeros((side, side, 3), dtype=np.uint8), np.full((side, side), UNKNOWN, dtype=np.uint8)
    inside = np.zeros((side, side), dtype=np.bool_)
    image[:high, :wide], truth[:high, :wide], inside[:high, :wide] = shown, said, True
    return image, truth, inside


def distorted(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """(H, W, 3) with brightness, contrast, saturation and hue changed, each in half of the draws.

    Args:
        strength: in (0, 1], of the changes; 1 for the authors'.
    """
    changed = pixels.astype(np.float32)
    if rng.random() < 0.5:
        changed = changed + rng.uniform(-BRIGHTNESS, BRIGHTNESS) * strength
    late = rng.random() < 0.5  # whether contrast comes last
    contrast = _factor(CONTRAST * strength, rng)
    changed = changed if late else changed * contrast
    hsv = np.asarray(Image.fromarray(_clipped(changed)).convert("HSV"), dtype=np.float32).copy()
    hsv[..., 1] *= _factor(SATURATION * strength, rng)
    if rng.random() < 0.5:
        hsv[..., 0] = (hsv[..., 0] + 256 * rng.uniform(-HUE, HUE) * strength) % 256
    back = Image.fromarray(_clipped(hsv), mode="HSV").convert("RGB")
    changed = np.asarray(back, dtype=np.float32)
    return _clipped(changed * contrast if late else changed)


def _factor(most: float, rng: np.random.Generator) -> float:
    return float(rng.uniform(1 - most, 1 + most)) if rng.random() < 0.5 else 1.0


def _clipped(values: NDArray[np.float32]) -> Pixels:
    return np.clip(values, 0, 255).astype(np.uint8)
