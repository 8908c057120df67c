"""Which examples an iteration sees, and how.

Every draw comes from (seed, iteration) alone, so that any iteration can be redone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from models.annotation.centers import object_seeds
from models.annotation.recipe import Recipe
from models.data.augmentation import augment
from models.data.samples import Prepared, image_tensor, normalise
from models.training.epochs import places_of

SEED_NOISE = 0.1  # deviation of a training seed from the middle, in square roots of the object's area


@dataclass(frozen=True)
class TrainingSet:
    """What a training learns from, prepared for its recipe.

    Args:
        drawn: images that every epoch goes through, in the order that is drawn from.
        on_top: other images, and how many of them every batch gets as well, in epochs of their own.
    """

    drawn: Sequence[Prepared]
    on_top: tuple[tuple[Sequence[Prepared], int], ...] = ()

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        labeled: Sequence[Prepared],
        *,
        pseudo: Sequence[Prepared] = (),
        empty: Sequence[Prepared] = (),
    ) -> TrainingSet:
        """Labeled images, and those with pseudo-labels or known to hold nothing as the recipe's shares say."""
        beside = ((pseudo, recipe.pseudo_images), (empty, recipe.empty_images))
        drawn = labeled if recipe.pseudo_images else [*labeled, *pseudo]
        return cls(drawn, tuple((images, number) for images, number in beside if images and number))


@dataclass(frozen=True)
class TrainingBatch:
    """What one iteration learns from.

    Args:
        images: (B, 3, S, S) normalised.
        masks: (B, N, S, S) bool, all objects, those of an image first and padding after them.
        classes: (B, N) int64, -1 for padding.
        steps: (B, T) int64 places in `masks` of the objects to decode, padding included.
        seeds: (B, T, 2) of the objects to decode, `None` for recipes without.
        ignored: (B, S, S) bool, pixels of crowds, of which nothing is learnt; `None` for no pixel.
    """

    images: Tensor
    masks: Tensor
    classes: Tensor
    steps: Tensor
    seeds: Tensor | None
    ignored: Tensor | None = None

    @property
    def step_masks(self) -> Tensor:
        """(B, T, S, S) bool."""
        return self.masks[torch.arange(len(self.steps), device=self.steps.device)[:, None], self.steps]

    @property
    def step_classes(self) -> Tensor:
        """(B, T) int64, -1 for no step."""
        return self.classes.gather(1, self.steps)


def draw_batch(data: TrainingSet, recipe: Recipe, seed: int, iteration: int, device: torch.device) -> TrainingBatch:
    """The batch of one iteration: every epoch a new order, cut into near-equal batches."""
    chosen = [
        images[place]
        for images, number in ((data.drawn, recipe.batch), *data.on_top)
        for place in places_of(len(images), number, seed, iteration)
    ]
    rng = np.random.default_rng([seed, 1, iteration])
    images, masks, classes, ignored = random_views(chosen, recipe.augment, rng, device)
    if not recipe.seeds:
        everything = torch.arange(classes.shape[1], device=device).expand(len(classes), -1)
        return TrainingBatch(normalise(images), masks, classes, everything, None, ignored)
    steps = _some_steps(classes, recipe.train_steps, rng)
    batch = TrainingBatch(normalise(images), masks, classes, steps, None, ignored)
    noise = torch.from_numpy(rng.normal(scale=SEED_NOISE, size=(*steps.shape, 2))).float().to(device)
    return replace(batch, seeds=object_seeds(batch.step_masks, noise))


def random_views(
    chosen: Sequence[Prepared], kind: str, rng: np.random.Generator, device: torch.device
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """One view of each image, see `augment`: images, masks, classes and what is ignored, as `TrainingBatch` has them,
    but for the images (B, 3, S, S) in [0, 1]."""
    images, masks, classes = collate(chosen, device)
    ignored = collate_ignored(chosen, device)
    if ignored is None:
        images, masks = augment(images, masks, kind, rng)
    else:
        images, moved = augment(images, torch.cat([masks, ignored[:, None]], dim=1), kind, rng)
        masks, ignored = moved[:, :-1], moved[:, -1]
    return images, *without_empty(masks, classes), ignored


def collate_ignored(chosen: Sequence[Prepared], device: torch.device) -> Tensor | None:
    """(B, S, S) bool pixels of crowds; `None` where no image has any."""
    if all(item.ignored is None for item in chosen):
        return None
    side = chosen[0].image.shape[0]
    nothing = np.zeros((side, side), dtype=np.bool_)
    stacked = np.stack([nothing if item.ignored is None else item.ignored for item in chosen])
    return torch.from_numpy(stacked).to(device)


def collate(chosen: Sequence[Prepared], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Images (B, 3, S, S) in [0, 1], masks (B, N, S, S) bool and classes (B, N), padded to the most objects."""
    most, side = max(len(item.classes) for item in chosen), chosen[0].image.shape[0]
    masks = np.zeros((len(chosen), most, side, side), dtype=np.bool_)
    classes = np.full((len(chosen), most), -1, dtype=np.int64)
    for row, item in enumerate(chosen):
        masks[row, : len(item.classes)], classes[row, : len(item.classes)] = item.masks, item.classes
    pixels = image_tensor([item.image for item in chosen], device)
    return pixels, torch.from_numpy(masks).to(device), torch.from_numpy(classes).to(device)


def without_empty(masks: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Drop objects that the view has left without a pixel; the others keep their order."""
    gone = ~masks.any(dim=3).any(dim=2) | (classes < 0)
    order = gone.int().argsort(dim=1, stable=True)
    rows = torch.arange(len(masks), device=masks.device)[:, None]
    return masks[rows, order], classes.masked_fill(gone, -1).gather(1, order)


def _some_steps(classes: Tensor, most: int, rng: np.random.Generator) -> Tensor:
    """(B, T) places of at most `most` objects of each image, drawn at random, in class order."""
    chance = torch.from_numpy(rng.random(tuple(classes.shape))).to(classes.device).masked_fill(classes < 0, 2.0)
    drawn = chance.argsort(dim=1, stable=True)[:, :most]
    of_class = classes.gather(1, drawn)
    return drawn.gather(1, of_class.masked_fill(of_class < 0, torch.iinfo(torch.int64).max).argsort(dim=1, stable=True))
