"""What methods of seeds are measured on: images of a set drawn by a seed, and the networks that all of them start from.

A trial's networks are trained when they are first asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.data.photograph_sets import draw, draw_ood
from models.classification.data import ClassExample
from models.classification.model import FittedClassifier
from models.classification.network import ImageClassifier
from models.classification.recipe import ClassifierRecipe, resolve_classifier
from models.classification.train import train_classifier
from models.classification.wood import WoodOptions, train_wood
from models.data.samples import Example
from models.localization.cam import Cam
from models.localization.fickle_head import WindowDropout
from models.localization.fickle_training import train_fickle
from models.localization.maps import ClassMaps, MapMethod
from models.localization.rib_crops import RibCrops
from models.refinement.affinity.seed_views import SeedExample
from models.refinement.seed_labels import irn_labels, psa_scores

SIDE, LEARNT, TUNED, UNSEEN, OOD = 224, 60, 6, 12, 60
CROPS, CROPPED_FROM = 6, (140, 280)  # longer sides that images are brought to first, the shares of 224 as the authors'
ALPHAS = (0.5, 4.0)
"""Powers of the ground that seeds of PSA and DSRG are made by. The authors', 4 and 32, are for maps that are low off
their objects: on white blood cells a quarter of what they call an object is one, and a half with these."""
CPU = torch.device("cpu")
Labels = NDArray[np.int64]


def silent(*_: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Shown:
    """An image at its size for maps: pixels, class indices, true labels (0 ground, 1 + class index, 255 unknown)."""

    image_id: str
    pixels: NDArray[np.uint8]
    classes: tuple[int, ...]
    true: Labels

    @classmethod
    def of(cls, example: Example, categories: Sequence[int]) -> Shown:
        height, width = (max(32, round(side * SIDE / max(example.size))) for side in example.size)
        pixels = np.asarray(Image.fromarray(example.pixels).resize((width, height), Image.Resampling.BILINEAR))
        rows, columns = (
            ((np.arange(wanted) + 0.5) * had / wanted).astype(np.intp)
            for wanted, had in zip((height, width), example.size, strict=True)
        )
        true = np.zeros((height, width), np.int64)
        for item in (*example.crowds, *sorted(example.objects, key=lambda item: -item.mask.area)):
            shown = item.mask.to_array()[rows[:, None], columns[None]]
            true[shown] = 255 if item.crowd else 1 + categories.index(item.category_id)
        there = sorted({categories.index(item.category_id) for item in example.objects})
        return cls(example.image_id, pixels, tuple(there), true)

    def learnt(self, categories: Sequence[int]) -> ClassExample:
        return ClassExample(self.image_id, self.pixels, frozenset(categories[index] for index in self.classes))


@dataclass(frozen=True)
class Trial:
    """One set and seed: images to learn classes from, to choose a threshold on, and to be measured on."""

    name: str
    categories: tuple[int, ...]
    learning: tuple[Shown, ...]
    tuning: tuple[Shown, ...]
    unseen: tuple[Shown, ...]
    seed: int

    @classmethod
    def drawn(cls, name: str, seed: int) -> Trial:
        setting = draw(name, LEARNT + TUNED, UNSEEN, seed, {"building_facades": 256})
        shown = [Shown.of(example, setting.categories) for example in (*setting.labeled, *setting.unseen)]
        known = len(setting.labeled)
        held = known - min(TUNED, known // 4)
        parts = (tuple(shown[:held]), tuple(shown[held:known]), tuple(shown[known:]))
        return cls(name, tuple(setting.categories), *parts, seed)

    @property
    def alone(self) -> dict[str, Any]:
        """How every network of its is trained: by its seed, and kept nowhere."""
        return {"seed": self.seed, "device": CPU, "resume_path": None, "progress": silent}

    @cached_property
    def recipe(self) -> ClassifierRecipe:
        return resolve_classifier("pretrained", held_out=0.0)

    @cached_property
    def examples(self) -> list[ClassExample]:
        return [one.learnt(self.categories) for one in self.learning]

    @cached_property
    def classifier(self) -> FittedClassifier:
        return train_classifier(
            self.examples,
            self.categories,
            self.recipe,
            seed=self.seed,
            device=CPU,
            checkpoint_dir=None,
            progress=silent,
        )

    @cached_property
    def wood(self) -> FittedClassifier:
        """The classifier trained on, beside images that hold none of its classes."""
        ood = [ClassExample(name, pixels, frozenset()) for name, pixels in draw_ood(self.name, OOD, self.seed)]
        return train_wood(self.classifier, [*self.examples, *ood], WoodOptions(), **self.alone)

    @cached_property
    def fickle(self) -> ImageClassifier:
        return train_fickle(self.examples, self.categories, self.recipe, WindowDropout(), **self.alone)

    @cached_property
    def crops(self) -> RibCrops:
        """What RIB fits besides an image: few crops of the learning images, at the size that maps are made at."""
        images, classes = [one.pixels for one in self.learning], [one.classes for one in self.learning]
        return RibCrops(images, classes, self.seed, CROPS, SIDE, *CROPPED_FROM)

    @cached_property
    def seeds_of_irn(self) -> list[SeedExample]:
        """Of the learning images, from CAM's maps by IRN's two thresholds."""
        return [
            SeedExample(one.image_id, one.pixels, irn_labels(one.pixels, self.cam(one)).astype(np.uint8))
            for one in self.learning
        ]

    @cached_property
    def seeds_of_psa(self) -> list[SeedExample]:
        """The same by two powers of the ground, see `ALPHAS`."""
        return [
            SeedExample.of_scores(one.image_id, one.pixels, psa_scores(one.pixels, self.cam(one), *ALPHAS))
            for one in self.learning
        ]

    def cam(self, one: Shown) -> ClassMaps:
        return mapped(Cam(), self.classifier.network, one)


def mapped(method: MapMethod, network: ImageClassifier, one: Shown) -> ClassMaps:
    """A method's maps of one image."""
    (maps,) = method.maps(network, [one.pixels], [one.classes])
    return maps
