"""Small classifiers of random weights in double precision, and photographs for them."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from skimage import data

from models.classification.network import ImageClassifier, build_classifier
from models.classification.recipe import resolve_classifier

PHOTOGRAPHS = {"astronaut": data.astronaut, "coffee": data.coffee, "cat": data.chelsea}


@torch.no_grad()
def classifier(classes: int = 3, encoder: str = "compact", seed: int = 0) -> ImageClassifier:
    """In double precision, since steps that switch multiply what is rounded, and with maps of both signs: the mean
    feature of noise has no part in the head's weights."""
    network = build_classifier(resolve_classifier("compact", encoder=encoder), classes, seed=seed).eval().double()
    noise = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    mean = torch.nn.functional.normalize(network.encoder(noise)[-1].mean(dim=(0, 2, 3)), dim=0)
    weights = network.head.weight.flatten(1)
    network.head.weight -= (weights @ mean)[:, None, None, None] * mean[None, :, None, None]
    return network


def photograph(name: str, height: int, width: int) -> np.ndarray:
    return np.asarray(Image.fromarray(PHOTOGRAPHS[name]()).resize((width, height)))


def normalised(*, images: int, side: int, seed: int = 0) -> torch.Tensor:
    """(images, 2, 3, side, side) pairs of noise, the second view the mirror image of the first."""
    first = torch.randn(images, 3, side, side, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.stack([first, first.flip(-1)], dim=1)


def bilinear(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """(h, w) to (height, width), corners unaligned, a cell at a time."""
    rows, columns = values.shape
    made = np.empty((height, width))
    for y in range(height):
        for x in range(width):
            top = max((y + 0.5) * rows / height - 0.5, 0.0)
            left = max((x + 0.5) * columns / width - 0.5, 0.0)
            y0, x0 = int(top), int(left)
            y1, x1 = min(y0 + 1, rows - 1), min(x0 + 1, columns - 1)
            dy, dx = top - y0, left - x0
            upper = (1 - dx) * values[y0, x0] + dx * values[y0, x1]
            lower = (1 - dx) * values[y1, x0] + dx * values[y1, x1]
            made[y, x] = (1 - dy) * upper + dy * lower
    return made
