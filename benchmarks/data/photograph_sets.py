"""Labeled and unseen photographs of seven real sets, drawn by seed, from the folder that MASKLOOP_DATA names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.head_data import Setting
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import DatasetImage
from maskloop.formats.images import decode_image
from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.data.samples import Example

SETS = (
    "balloons",
    "building_facades",
    "coco_subset",
    "dsb2018_nuclei",
    "wbc_cells",
    "glas_glands",
    "road_cracks",
)
CROPPED = {"building_facades": 256}
"""Side of the windows that are cut out around an object, of sets whose pictures hold too many."""
KEPT = {"coco_subset": ("person", "car", "bottle", "cup")}
OOD_FROM = {
    "balloons": "coco_subset",
    "building_facades": "wbc_cells",
    "coco_subset": "coco_subset",
    "dsb2018_nuclei": "coco_subset",
    "glas_glands": "coco_subset",
    "road_cracks": "wbc_cells",
    "wbc_cells": "coco_subset",
}
"""The set whose photographs hold nothing of a set's categories: its own where it has enough of them, else one of quite
other things. Nobody has looked through them: COCO does not outline balloons."""
LEAST_PIXELS = 16  # of an object that a window cuts
TEST_SEED = 99  # the unseen images are the same for every seed


def draw(name: str, labels: int, unseen: int, seed: int, cropped: Mapping[str, int] | None = None) -> Setting:
    """`labels` images to learn from, drawn by the seed, and at most `unseen` test images; `cropped` is `CROPPED` unless
    given.

    Images without an object of the kept categories are left out.
    """
    if "MASKLOOP_DATA" not in os.environ:
        raise SystemExit(f"{name} is read from the folder that MASKLOOP_DATA names, and it is not set")
    sides = CROPPED if cropped is None else cropped
    found = read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / name)
    kept = tuple(item.id for item in found.categories if name not in KEPT or item.name in KEPT[name])
    parts = []
    for names, wanted, rng in (
        (found.train, labels, np.random.default_rng(seed)),
        (found.test, unseen, np.random.default_rng(TEST_SEED)),
    ):
        examples: list[Example] = []
        for file_name in rng.permutation(sorted(names)):
            if len(examples) == wanted:
                break
            example = _example(found.by_name[str(file_name)], kept, sides.get(name, 0), rng)
            if example is not None:
                examples.append(example)
        parts.append(examples)
    return Setting(name, parts[0], parts[1], kept)


def draw_ood(name: str, number: int, seed: int) -> list[tuple[str, NDArray[np.uint8]]]:
    """At most so many photographs (H, W, 3) uint8 that hold nothing of a set's kept categories, with their names.

    They are training images of `OOD_FROM`, drawn by the seed.
    """
    found = read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / OOD_FROM[name])
    kept = {item.id for item in found.categories if OOD_FROM[name] == name and item.name in KEPT.get(name, ())}
    drawn: list[tuple[str, NDArray[np.uint8]]] = []
    for file_name in np.random.default_rng(seed).permutation(sorted(found.train)):
        image = found.by_name[str(file_name)]
        if len(drawn) < number and not any(item.category_id in kept for item in image.objects):
            drawn.append((f"{OOD_FROM[name]} {file_name}", decode_image(image.path.read_bytes(), file_name).pixels))
    return drawn


def _example(image: DatasetImage, kept: Sequence[int], side: int, rng: np.random.Generator) -> Example | None:
    objects = tuple(item for item in image.objects if item.category_id in kept)
    if not objects:
        return None
    pixels = decode_image(image.path.read_bytes(), image.file_name).pixels
    if not side:
        return Example(image.file_name, pixels, objects)
    height, width, _ = pixels.shape
    x, y, wide, high = objects[int(rng.integers(len(objects)))].mask.box
    top = int(np.clip(y + high // 2 - side // 2, 0, max(0, height - side)))
    left = int(np.clip(x + wide // 2 - side // 2, 0, max(0, width - side)))
    window = slice(top, top + side), slice(left, left + side)
    cut = [(item.category_id, item.mask.to_array()[window]) for item in objects]
    shown = tuple(ObjectLabel(key, Mask.from_array(array)) for key, array in cut if array.sum() >= LEAST_PIXELS)
    return Example(image.file_name, np.ascontiguousarray(pixels[window]), shown) if shown else None
