"""Pictures made of photographs: ancient coins on brick, grass, gravel and other grounds, all from scikit-image.

The coins are cut out of its photograph `coins` (24 of them, from Pompeii; in the public domain) by a watershed between
its dark ground and the bright coins. Scenes differ in ground, light, number, size, turn and tint of the coins, and
where coins overlap, the last one laid down is on top. Coins of test pictures are never on training pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from maskloop.datasets.demo.pictures import DemoPicture
from maskloop.mask_codec import BoolArray
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel

CATEGORIES = (Category(1, "coin"),)
GROUNDS = ("brick.png", "grass.png", "gravel.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png")
DARK, BRIGHT = 30, 150  # of the photograph's own ground, and of its coins
LEAST_COIN = 500  # pixels; smaller pieces are specks
TEST_COINS = 6
MOST_COINS = 7
SIZES = (0.08, 0.30)  # diameter of a coin, in sides of the picture
LEAST_LEFT = 0.1  # share of a coin that is seen, at least, to be an object


def photo_picture(rng: np.random.Generator, size: int, *, test: bool) -> DemoPicture:
    """One scene, `size` x `size` pixels.

    Args:
        test: whether its coins are those of test pictures.
    """
    coins = _coins()
    kinds = coins[:TEST_COINS] if test else coins[TEST_COINS:]
    pixels = _ground(rng, size)
    light = rng.uniform(0.6, 1.2)
    covered: list[BoolArray] = []
    wholes: list[int] = []
    for _ in range(int(rng.integers(1, MOST_COINS + 1))):
        coin, shape = kinds[int(rng.integers(len(kinds)))]
        diameter = int(size * np.exp(rng.uniform(*np.log(SIZES))))
        drawn, alpha = _turned(coin, shape, diameter, rng.uniform(0, 360))
        tint = rng.uniform(0.75, 1.1, size=3) * rng.uniform(0.7, 1.3)
        top, left = (int(rng.integers(0, max(1, size - side))) for side in alpha.shape)
        window = slice(top, top + alpha.shape[0]), slice(left, left + alpha.shape[1])
        part = pixels[window]
        share = alpha[: part.shape[0], : part.shape[1], None]
        pixels[window] = (1 - share) * part + share * drawn[: part.shape[0], : part.shape[1], None] * tint
        mask = np.zeros((size, size), dtype=np.bool_)
        mask[window] = share[..., 0] > 0.5
        wholes.append(int(mask.sum()))
        covered = [other & ~mask for other in covered] + [mask]
    seen = (pixels * light + rng.normal(0, 3, size=pixels.shape)).clip(0, 255).astype(np.uint8)
    objects = tuple(
        ObjectLabel(1, Mask.from_array(mask))
        for mask, whole in zip(covered, wholes, strict=True)
        if mask.sum() >= LEAST_LEFT * whole
    )
    return DemoPicture(seen, objects)


@cache
def _coins() -> Sequence[tuple[NDArray[np.float64], BoolArray]]:
    """The coins, (h, w) grey, with their shapes; in the order of the photograph's rows."""
    grey = np.asarray(_photograph("coins.png").convert("L")).astype(np.int32)
    markers = np.where(grey < DARK, 1, np.where(grey > BRIGHT, 2, 0)).astype(np.int16)
    edges = ndimage.gaussian_gradient_magnitude(grey.astype(np.float64), 1.0)
    scaled = (edges / edges.max() * 255).astype(np.uint8)
    solid = ndimage.binary_fill_holes(ndimage.watershed_ift(scaled, markers) == 2)
    labels, _ = ndimage.label(ndimage.binary_opening(solid, iterations=2))
    found = []
    for place, window in enumerate(ndimage.find_objects(labels), start=1):
        shape = labels[window] == place
        if shape.sum() >= LEAST_COIN:
            found.append((grey[window].astype(np.float64), shape))
    return tuple(found)


def _turned(
    coin: NDArray[np.float64], shape: BoolArray, diameter: int, degrees: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The coin at that size and turn, and how opaque each of its pixels is, in [0, 1]."""
    scale = diameter / max(shape.shape)
    turned = ndimage.rotate(coin, degrees, order=1, mode="nearest")
    opaque = ndimage.rotate(shape.astype(np.float64), degrees, order=1)
    return ndimage.zoom(turned, scale, order=1), ndimage.zoom(opaque, scale, order=1).clip(0, 1)


def _ground(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """(size, size, 3) of a photograph: a window of it, mirrored or not."""
    picture = _photograph(GROUNDS[int(rng.integers(len(GROUNDS)))]).convert("RGB")
    edge = int(min(picture.size) * rng.uniform(0.5, 1.0))
    left, top = (int(rng.integers(0, side - edge + 1)) for side in picture.size)
    window = picture.crop((left, top, left + edge, top + edge)).resize((size, size), Image.Resampling.BILINEAR)
    pixels = np.asarray(window).astype(np.float64)
    return pixels[:, :: int(rng.choice([-1, 1]))].copy()


def _photograph(name: str) -> Image.Image:
    package = find_spec("skimage")  # not imported: it is there for its photographs alone
    if package is None or package.origin is None:
        raise ModuleNotFoundError("scikit-image is not installed", name="skimage")
    return Image.open(Path(package.origin).parent / "data" / name)
