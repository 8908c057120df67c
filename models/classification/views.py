"""What the classifier sees of an image: when it learns, random views of it; when it reads, always the same.

Every draw comes from the generator that is handed in. Frames are filled with ImageNet's mean colour. Normalisation
makes zero of it in training views, and nearly so in `frame_image`, whose colours are whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.classification.recipe import ClassifierRecipe
from models.data.augmentation import augment
from models.data.loading import Resize
from models.data.samples import IMAGENET_MEAN, image_tensor, resize_image

Window = tuple[NDArray[np.uint8], NDArray[np.bool_]]
FRAME = np.round(255 * np.array(IMAGENET_MEAN)).astype(np.uint8)


def reading_view(recipe: ClassifierRecipe) -> Resize:
    """How a picture becomes the square that the network reads: squeezed, or the longer side fitted and framed."""
    return resize_image if recipe.view == "square" else frame_image


def frame_image(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(H, W, 3) to (size, size, 3), the longer side made `size`, in the middle of a frame."""
    small = with_longer_side(pixels, size)
    top, left = (size - small.shape[0]) // 2, (size - small.shape[1]) // 2
    window, _ = _cut(small, size, -top, -left)
    return window


def keep_for_training(pixels: NDArray[np.uint8], recipe: ClassifierRecipe) -> NDArray[np.uint8]:
    """As much of a picture as its views need."""
    if recipe.view == "square":
        return resize_image(pixels, recipe.image_size)
    return pixels if max(pixels.shape[:2]) <= recipe.longest else with_longer_side(pixels, recipe.longest)


def training_views(
    kept: Sequence[NDArray[np.uint8]], recipe: ClassifierRecipe, rng: np.random.Generator, device: torch.device
) -> Tensor:
    """One random view of each, (B, 3, S, S) float in [0, 1]."""
    if recipe.view == "crop":
        crops, inside = zip(*(_random_crop(pixels, recipe, rng) for pixels in kept), strict=True)
        mean = torch.tensor(IMAGENET_MEAN, device=device).view(3, 1, 1)
        return torch.where(torch.from_numpy(np.stack(inside)).to(device)[:, None], image_tensor(crops, device), mean)
    images = image_tensor(kept, device)
    no_masks = torch.zeros(len(images), 0, *images.shape[2:], dtype=torch.bool, device=device)
    return augment(images, no_masks, recipe.augment, rng)[0]


def scrambled(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Textures of the images' own colours and roughness, in which nothing can be found; (B, 3, S, S) in [0, 1].

    The phases of all channels' Fourier coefficients are shifted alike, by those of white noise: random phase textures
    (Galerne, Gousseau, Morel, *Random phase textures: theory and synthesis*, 2011).
    """
    side = images.shape[-1]
    noise = torch.from_numpy(rng.standard_normal((len(images), 1, side, side), np.float32)).to(images.device)
    shift = torch.fft.rfft2(noise)
    shift = shift / shift.abs().clamp(min=1e-12)
    shift[..., 0, 0] = 1  # the mean colour stays
    made: Tensor = torch.fft.irfft2(torch.fft.rfft2(images) * shift, s=(side, side))
    return made.clamp(0, 1)


def _random_crop(pixels: NDArray[np.uint8], recipe: ClassifierRecipe, rng: np.random.Generator) -> Window:
    sized = with_longer_side(pixels, int(rng.integers(recipe.shortest, recipe.longest + 1)))
    if rng.random() < 0.5:
        sized = sized[:, ::-1]
    top, left = (_random_start(length, recipe.image_size, rng) for length in sized.shape[:2])
    return _cut(sized, recipe.image_size, top, left)


def _random_start(length: int, size: int, rng: np.random.Generator) -> int:
    """Where a window of `size` starts that lies in the image, or the image in it; negative in the latter case."""
    low, high = sorted((0, length - size))
    return int(rng.integers(low, high + 1))


def _cut(pixels: NDArray[np.uint8], size: int, top: int, left: int) -> Window:
    """The (size, size, 3) window from row `top` and column `left` on; frame where it leaves the picture.

    With it comes (size, size) bool, where it does not.
    """
    height, width, _ = pixels.shape
    window = np.broadcast_to(FRAME, (size, size, 3)).copy()
    inner = pixels[max(top, 0) : min(top + size, height), max(left, 0) : min(left + size, width)]
    row, column = max(-top, 0), max(-left, 0)
    shown = slice(row, row + inner.shape[0]), slice(column, column + inner.shape[1])
    window[shown] = inner
    inside = np.zeros((size, size), dtype=np.bool_)
    inside[shown] = True
    return window, inside


def with_longer_side(pixels: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
    """Resized bicubically, its longer side to `length`, the other in proportion."""
    height, width = (max(1, round(side * length / max(pixels.shape[:2]))) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC), dtype=np.uint8)
