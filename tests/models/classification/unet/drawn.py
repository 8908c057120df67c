"""Pictures of noise, every other one with a dark crack that somebody clicked on; and small networks."""

from __future__ import annotations

import numpy as np
import torch

from maskloop.masks import Mask
from models.classification.unet.clicks import Click, ClickedImage, inner_point
from models.classification.unet.network import UnetClassifier, build_unet
from models.classification.unet.recipe import UnetRecipe, resolve_unet

CRACK = 7


def crack(seed: int, size: int = 96, thick: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """(size, size, 3) uint8 and the crack's (size, size) bool."""
    rng = np.random.default_rng(seed)
    values, mask = rng.normal(150, 12, (size, size)), np.zeros((size, size), np.bool_)
    column, slope, first = (
        float(rng.integers(size // 4, 3 * size // 4)),
        rng.uniform(-0.5, 0.5),
        int(rng.integers(0, size // 4)),
    )
    for row in range(first, first + 2 * size // 3):
        column += slope
        left = int(np.clip(column, 0, size - thick))
        mask[row, left : left + thick] = True
    values[mask] -= 70
    return np.clip(values, 0, 255)[..., None].repeat(3, axis=2).astype(np.uint8), mask


def plain(seed: int, size: int = 96) -> np.ndarray:
    """The same without a crack."""
    values = np.random.default_rng(seed).normal(150, 12, (size, size))
    return np.clip(values, 0, 255)[..., None].repeat(3, axis=2).astype(np.uint8)


def clicked(number: int, size: int = 96) -> list[ClickedImage]:
    """Pictures with one click on their crack, and as many that are known to hold none."""
    images = []
    for seed in range(number):
        pixels, mask = crack(seed, size)
        x, y = inner_point(Mask.from_array(mask))
        images.append(ClickedImage(f"crack-{seed}", pixels, (Click(y, x, CRACK),)))
        images.append(ClickedImage(f"plain-{seed}", plain(1000 + seed, size), (), frozenset({CRACK})))
    return images


def small(**options: object) -> UnetRecipe:
    return resolve_unet("compact", **{"wide": 8, "fine": 8, "crop": 32, "batch": 8, "iterations": 6, **options})


def network(classes: int = 1, encoder: str = "compact", seed: int = 0, weights: str = "") -> UnetClassifier:
    """In double precision, with statistics of norms that noise gave, and maps of both signs."""
    made = build_unet(
        small(encoder=encoder, weights=weights, start="plain"), classes, weights=weights, seed=seed
    ).double()
    noise = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    with torch.no_grad():
        made.train().maps(noise)
        features = made.eval().encoder(noise)[-1].mean(dim=(0, 2, 3))
        weights_of = made.head.weight.flatten(1)
        made.head.weight -= (weights_of @ features / (features @ features))[:, None, None, None] * features[
            None, :, None, None
        ]
    return made
