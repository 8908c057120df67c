"""Projects beside images that hold nothing of them, from real sets in the folder that MASKLOOP_DATA names.

`nuclei`: fluorescence is the project; stained and bright-field images are the candidates. `coco`: the project knows
COCO_CLASSES; candidates show none of them. `cells`: the project knows two kinds of white blood cells; candidates show
one of the other three, which look much alike.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.images import decode_image
from maskloop.values import Category
from models.classification.data import ClassExample

COCO_CLASSES = ("person", "car", "dog", "cat")
CELLS = ("neutrophil", "lymphocyte")
SETS = {"nuclei": "dsb2018_nuclei", "coco": "coco_subset", "cells": "wbc_cells"}


AnyExample = TypeVar("AnyExample")


@dataclass(frozen=True)
class OodSet(Generic[AnyExample]):
    """A project's images and candidates, those to draw from and those to judge by, after the set's own split."""

    categories: tuple[Category, ...]
    own: list[AnyExample]
    own_unseen: list[AnyExample]
    candidates: list[AnyExample]
    unseen: list[AnyExample]


def read_ood_set(name: str) -> OodSet[ClassExample]:
    """One of SETS."""
    folder = Path(os.environ["MASKLOOP_DATA"]) / SETS[name]
    found = read_coco_folder(folder)
    categories, classes = _vocabulary(name, found), _classes(name, folder)
    parts: list[list[ClassExample]] = []
    for names in (found.train, found.test):
        told = [(found.by_name[one], classes(found.by_name[one])) for one in names]
        for wanted in (True, False):
            parts.append([_example(image, present) for image, present in told if bool(present) is wanted])
    return OodSet(categories, parts[0], parts[2], parts[1], parts[3])


def draw(examples: list[AnyExample], number: int, seed: int) -> list[AnyExample]:
    """So many of them, or all, in a random order."""
    order = np.random.default_rng(seed).permutation(len(examples))
    return [examples[place] for place in order[:number]]


def looks_of_nuclei(folder: Path) -> dict[str, str]:
    """Each image's modality, by file name."""
    document = json.loads((folder / "annotations.json").read_text())
    return {image["file_name"]: image["modality"] for image in document["images"]}


def _vocabulary(name: str, found: Dataset) -> tuple[Category, ...]:
    known = {"coco": COCO_CLASSES, "cells": CELLS}.get(name)
    return tuple(one for one in found.categories if known is None or one.name in known)


def _classes(name: str, folder: Path) -> Callable[[DatasetImage], frozenset[int]]:
    """What an image holds of the vocabulary."""
    found = read_coco_folder(folder)
    known = {category.id for category in _vocabulary(name, found)}
    if name != "nuclei":
        return lambda image: frozenset(item.category_id for item in image.objects) & known
    looks = looks_of_nuclei(folder)
    return lambda image: frozenset(known if looks[image.file_name] == "fluorescence" else ())


def _example(image: DatasetImage, present: frozenset[int]) -> ClassExample:
    pixels = decode_image(image.path.read_bytes(), image.file_name).pixels
    return ClassExample(image.file_name, pixels, present)
