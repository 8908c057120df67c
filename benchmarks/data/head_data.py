"""Labeled and unseen images that heads are compared on: the demo's, real sets, and crops of nuclei.

Real sets are read from the folder that MASKLOOP_DATA names.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from maskloop.datasets.demo.pictures import DemoDifficulty, demo_picture
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import DatasetImage
from maskloop.formats.images import decode_image
from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.data.samples import Example

UNSEEN = 150
CROP = 64
MOST_IN_A_CROP = 8
LEAST_PIXELS = 16  # of a nucleus that a crop cuts
LEAST_MEAN, MOST_MEAN = 5, 90  # brightness of fluorescence, whose ground is black


@dataclass(frozen=True)
class Setting:
    """`labeled` images to fit on, `unseen` ones to judge by, and the vocabulary's ids."""

    name: str
    labeled: list[Example]
    unseen: list[Example]
    categories: tuple[int, ...]


def draw(name: str, labels: int, seed: int) -> Setting:
    """A setting of the set `name`: `demo`, `nuclei` (crops of dsb2018_nuclei) or a folder's name; a seed draws it."""
    if name == "demo":
        return Setting(name, _pictures(labels, 2 * seed), _pictures(UNSEEN, 2 * seed + 1), (1, 2, 3))
    if "MASKLOOP_DATA" not in os.environ:
        raise SystemExit(f"{name} is read from the folder that MASKLOOP_DATA names, and it is not set")
    found = read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / ("dsb2018_nuclei" if name == "nuclei" else name))
    rng = np.random.default_rng(seed)
    parts = []
    for names, wanted in ((found.train, labels), (found.test, UNSEEN)):
        images = [found.by_name[str(one)] for one in rng.permutation(names)]
        examples = (_crop(image, rng) if name == "nuclei" else _whole(image) for image in images)
        parts.append([example for example, _ in zip(filter(None, examples), range(wanted), strict=False)])
    return Setting(name, parts[0], parts[1], tuple(category.id for category in found.categories))


def _pictures(count: int, seed: int) -> list[Example]:
    pictures = [demo_picture(np.random.default_rng((seed, number)), 128, DemoDifficulty()) for number in range(count)]
    return [
        Example(f"{seed}-{number:04}", picture.pixels, picture.objects)
        for number, picture in enumerate(pictures)
        if picture.objects
    ]


def _whole(image: DatasetImage) -> Example | None:
    pixels = decode_image(image.path.read_bytes(), image.file_name).pixels
    return Example(image.file_name, pixels, image.objects) if image.objects else None


def _crop(image: DatasetImage, rng: np.random.Generator) -> Example | None:
    """A window around one nucleus of a fluorescence image, contrast stretched; `None` if it holds too many."""
    whole = _whole(image)
    if whole is None or not LEAST_MEAN < whole.pixels.mean() < MOST_MEAN:
        return None
    height, width, _ = whole.pixels.shape
    x, y, wide, high = whole.objects[int(rng.integers(len(whole.objects)))].mask.box
    top = int(np.clip(y + high // 2 - CROP // 2, 0, max(0, height - CROP)))
    left = int(np.clip(x + wide // 2 - CROP // 2, 0, max(0, width - CROP)))
    window = slice(top, top + CROP), slice(left, left + CROP)
    cut = [(item.category_id, item.mask.to_array()[window]) for item in whole.objects]
    objects = tuple(ObjectLabel(key, Mask.from_array(array)) for key, array in cut if array.sum() >= LEAST_PIXELS)
    pixels = whole.pixels[window].astype(np.float64)
    stretched = 255 * (pixels - pixels.min()) / max(1.0, float(np.ptp(pixels)))
    return Example(whole.image_id, stretched.astype(np.uint8), objects) if len(objects) <= MOST_IN_A_CROP else None
