"""What the pictures of methods are drawn from: images of one set, and the networks that the methods need, when asked.

Trainings are short: they are to show what a method does, and measure nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.photograph_sets import draw
from benchmarks.pictures.outlined_photographs import CLASSES, outlined_photographs, windows
from benchmarks.weak.seed_trial import CPU, SIDE, Shown, mapped, silent
from maskloop.datasets.demo.photos import photo_picture
from maskloop.formats.coco import read_coco_folder
from models.classification.data import ClassExample
from models.classification.model import FittedClassifier
from models.classification.recipe import ClassifierRecipe, resolve_classifier
from models.classification.train import train_classifier
from models.classification.wood import WoodOptions, train_wood
from models.data.samples import Example
from models.localization.cam import Cam
from models.localization.fickle_head import FickleClassifier, WindowDropout
from models.localization.fickle_training import train_fickle
from models.localization.maps import ClassMaps
from models.refinement.affinity.affinitynet import AffinityNetwork
from models.refinement.affinity.affinitynet_train import train_affinity
from models.refinement.affinity.irn_network import IrnNetwork
from models.refinement.affinity.irn_train import train_irn
from models.refinement.affinity.recipes import IrnTraining, PsaTraining
from models.refinement.affinity.seed_views import SeedExample
from models.refinement.seed_labels import irn_labels, psa_labels, psa_scores
from models.training.cache import NetworkCache

PHOTOGRAPHS, DEMO = "photographs", "demo:photos"
FIRST = "china.jpg"
LEARNT, SHOWN = 40, 4
HOLDING, HOLDING_NOTHING = 10, 8  # windows of a photograph
SEEDED = 14  # of what the classifier learns from
ITERATIONS, LEARNING_ON = 40, 20  # of the classifier, and of W-OoD behind it
REFINING = 120  # iterations of networks of affinities
SURE, ALPHAS = (0.5, 0.25), (1.0, 3.0)  # thresholds and powers of sure objects and sure ground, for IRN and PSA
LEAST_SIDE = 0.15  # of a window of a real image that holds nothing, in its shorter sides


@dataclass(frozen=True)
class Material:
    """Images of a set: to learn from, that hold nothing (for W-OoD), and to draw methods on, by their ids.

    Args:
        names: of the classes by their indices.
        cache: of trained networks; `None` for none.
    """

    names: tuple[str, ...]
    learning: tuple[Shown, ...]
    empty: tuple[Shown, ...]
    shown: dict[str, Shown]
    seed: int
    cache: NetworkCache | None

    @classmethod
    def of(cls, name: str, seed: int, cache: NetworkCache | None) -> Material:
        """Of the photographs for anybody, of the demo's, or of a set in the folder that MASKLOOP_DATA names."""
        rng = np.random.default_rng(seed)
        drawn = {PHOTOGRAPHS: _photographs, DEMO: _demo}.get(name, partial(_real, name, seed))(rng)
        empty = [
            window
            for example in drawn.wide
            for window in windows(example, rng, HOLDING_NOTHING, holding=False, smallest=LEAST_SIDE)
        ]
        learning, bare, shown = (
            [Shown.of(example, drawn.categories) for example in part] for part in (drawn.learning, empty, drawn.shown)
        )
        return cls(drawn.names, tuple(learning), tuple(bare), {one.image_id: one for one in shown}, seed, cache)

    @property
    def alone(self) -> dict[str, Any]:
        """How networks are trained."""
        return {"seed": self.seed, "device": CPU, "resume_path": None, "progress": silent, "cache": self.cache}

    @cached_property
    def recipe(self) -> ClassifierRecipe:
        return resolve_classifier("pretrained", held_out=0.0, iterations=ITERATIONS)

    @property
    def categories(self) -> tuple[int, ...]:
        """Ids, which are the classes' indices here."""
        return tuple(range(len(self.names)))

    @cached_property
    def holding(self) -> list[ClassExample]:
        """Images that hold something."""
        return [one.learnt(self.categories) for one in self.learning]

    @cached_property
    def examples(self) -> list[ClassExample]:
        """All images, those that hold nothing as well."""
        return [*self.holding, *(one.learnt(self.categories) for one in self.empty)]

    @cached_property
    def classifier(self) -> FittedClassifier:
        """Learnt from all images."""
        return self._classifier(self.examples)

    @cached_property
    def misled(self) -> FittedClassifier:
        """Learnt from images that hold something, as W-OoD finds one: what comes with a class tells it as well."""
        return self._classifier(self.holding)

    @cached_property
    def led_back(self) -> FittedClassifier:
        """The same, after W-OoD with the images that hold nothing."""
        recipe = replace(self.recipe, min_iterations=LEARNING_ON, max_iterations=LEARNING_ON)
        return train_wood(self.misled, self.examples, WoodOptions(), recipe=recipe, **self.alone)

    def _classifier(self, examples: Sequence[ClassExample]) -> FittedClassifier:
        return train_classifier(
            examples,
            self.categories,
            self.recipe,
            seed=self.seed,
            device=CPU,
            checkpoint_dir=None,
            progress=silent,
            cache=self.cache,
        )

    @cached_property
    def fickle(self) -> FickleClassifier:
        return train_fickle(self.examples, self.categories, self.recipe, WindowDropout(), **self.alone)

    @cached_property
    def affinities(self) -> AffinityNetwork:
        recipe = PsaTraining(crop=192, batch=4, rate=0.01, min_iterations=REFINING, max_iterations=REFINING)
        examples = [
            SeedExample.of_scores(one.image_id, one.pixels, psa_scores(one.pixels, self.cam(one), *ALPHAS))
            for one in self.seeded
        ]
        return train_affinity(examples, self.classifier.network.encoder, recipe, **self.alone)

    @cached_property
    def edges(self) -> IrnNetwork:
        recipe = IrnTraining(crop=192, batch=4, radius=5, min_iterations=REFINING, max_iterations=REFINING)
        examples = [
            SeedExample(one.image_id, one.pixels, self.seeds(one, "irn").astype(np.uint8)) for one in self.seeded
        ]
        return train_irn(examples, self.classifier.network.encoder, recipe, **self.alone)

    @property
    def first(self) -> Shown:
        """The image that all methods are drawn on."""
        return self.shown.get(FIRST) or next(iter(self.shown.values()))

    @property
    def seeded(self) -> list[Shown]:
        """What refinements learn from: the images that are shown, and a few that the classifier learns from."""
        step = max(1, len(self.learning) // SEEDED)
        return [*self.shown.values(), *self.learning[::step][:SEEDED]]

    def seeds(self, one: Shown, method: str) -> NDArray[np.int32]:
        """Labels (H, W) of CAM's maps: 0 for the ground, 1 + class index, 255 for unknown.

        Args:
            method: "psa" or "irn", whose thresholds suit maps that are as wide as these.
        """
        maps = self.cam(one)
        return psa_labels(one.pixels, maps, *ALPHAS) if method == "psa" else irn_labels(one.pixels, maps, *SURE)

    def cam(self, one: Shown) -> ClassMaps:
        """Class activation maps of an image, of its own classes."""
        return mapped(Cam(), self.classifier.network, one)


@dataclass(frozen=True)
class _Drawn:
    """Args: wide: what windows that hold nothing are cut out of."""

    names: tuple[str, ...]
    categories: Sequence[int]
    learning: Sequence[Example]
    shown: Sequence[Example]
    wide: Sequence[Example]


def _photographs(rng: np.random.Generator) -> _Drawn:
    whole = outlined_photographs()
    learning = [window for example in whole for window in windows(example, rng, HOLDING, holding=True)]
    return _Drawn(CLASSES, range(1, len(CLASSES) + 1), learning, whole, whole)


def _demo(rng: np.random.Generator) -> _Drawn:
    scenes = [photo_picture(rng, 256, test=place >= LEARNT) for place in range(LEARNT + SHOWN)]
    examples = [Example(f"{place:03}", scene.pixels, scene.objects) for place, scene in enumerate(scenes)]
    return _Drawn(("coin",), (1,), examples[:LEARNT], examples[LEARNT:], examples[:LEARNT])


def _real(name: str, seed: int, _: np.random.Generator) -> _Drawn:
    setting = draw(name, LEARNT, SHOWN, seed, {"building_facades": SIDE})
    titles = {one.id: one.name for one in read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / name).categories}
    names = tuple(titles[key] for key in setting.categories)
    return _Drawn(names, setting.categories, setting.labeled, setting.unseen, setting.labeled)
