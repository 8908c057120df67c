"""What the classifier learns from, an iteration at a time: images that hold something, and images that hold nothing.

Half of each batch holds nothing of the vocabulary (Lee et al., *Weakly supervised semantic segmentation using
out-of-distribution data*, 2022: 16 and 16): images labeled so, each as often as any other. A class that nearly every
image holds leaves too few of these to learn what it is not, and a classifier would come to say yes to whatever it is
shown; a project of one class begins with none at all. There the half is filled up with scrambled views of the batch
itself, in which no object is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidLabel
from models.classification.recipe import ClassifierRecipe
from models.classification.views import keep_for_training, scrambled, training_views
from models.data.samples import normalise
from models.training.epochs import places_of


@dataclass(frozen=True)
class ClassExample:
    """An image, `pixels` (H, W, 3) uint8 RGB, upright, and ids of the categories it holds; none for an OoD image."""

    image_id: str
    pixels: NDArray[np.uint8]
    present: frozenset[int]


@dataclass(frozen=True)
class Kept:
    """An example as it is kept for training: as much of its picture as views need, and (C,) bool classes."""

    image_id: str
    image: NDArray[np.uint8]
    classes: NDArray[np.bool_]


@dataclass(frozen=True)
class Examples:
    """All that a training learns from.

    Args:
        holding: images that hold a category.
        empty: images that hold none.
    """

    holding: tuple[Kept, ...]
    empty: tuple[Kept, ...]

    @property
    def fewest_without(self) -> int:
        """Of the classes, the smallest number of images that do not hold one."""
        classes = np.stack([item.classes for item in (*self.holding, *self.empty)])
        return int((~classes).sum(axis=0).min())


def keep_examples(examples: Iterable[ClassExample], categories: Sequence[int], recipe: ClassifierRecipe) -> list[Kept]:
    """Examples at the size that training needs, read once, in their order.

    Raises:
        InvalidLabel: an image holds a category that is not of the vocabulary.
    """
    return [_keep(example, categories, recipe) for example in examples]


def _keep(example: ClassExample, categories: Sequence[int], recipe: ClassifierRecipe) -> Kept:
    unknown = sorted(example.present.difference(categories))
    if unknown:
        raise InvalidLabel(f"image {example.image_id}: category {unknown[0]} is not in the vocabulary")
    classes = np.array([category_id in example.present for category_id in categories])
    return Kept(example.image_id, keep_for_training(example.pixels, recipe), classes)


def part_examples(kept: Iterable[Kept]) -> Examples:
    """Those that hold something and those that do not, by id, so that the order given has no influence."""
    ordered = sorted(kept, key=lambda item: item.image_id)
    holding = tuple(item for item in ordered if item.classes.any())
    return Examples(holding, tuple(item for item in ordered if not item.classes.any()))


@dataclass(frozen=True)
class ClassBatch:
    """What one iteration learns from: (B, 3, S, S) normalised images and (B, C) float targets, those of the first
    `holding` images with some 1, of the others 0 throughout."""

    images: Tensor
    targets: Tensor
    holding: int


def draw_class_batch(
    examples: Examples, recipe: ClassifierRecipe, seed: int, iteration: int, device: torch.device
) -> ClassBatch:
    """The batch of one iteration; every draw comes from (seed, iteration) alone."""
    rng = np.random.default_rng([seed, 1, iteration])
    holding = [examples.holding[place] for place in places_of(len(examples.holding), recipe.batch, seed, iteration)]
    views = training_views([item.image for item in holding], recipe, rng, device)
    parts = [views, *_of_nothing(examples, recipe, views, (seed, iteration), rng)]
    targets = torch.zeros(sum(map(len, parts)), len(holding[0].classes), device=device)
    targets[: len(holding)] = torch.from_numpy(np.stack([item.classes for item in holding])).to(targets)
    return ClassBatch(normalise(torch.cat(parts)), targets, len(holding))


def _of_nothing(
    examples: Examples, recipe: ClassifierRecipe, views: Tensor, draw: tuple[int, int], rng: np.random.Generator
) -> list[Tensor]:
    parts = []
    if examples.empty:
        seed, iteration = draw
        places = places_of(len(examples.empty), recipe.batch, seed, iteration)
        images = [examples.empty[place].image for place in places]
        parts.append(training_views(images, recipe, rng, views.device))
    lacking = min(len(views), recipe.batch - examples.fewest_without)
    if lacking > 0:
        parts.append(scrambled(views[:lacking], rng))
    return parts
