"""What trainings on frozen features have in common, whatever their network: views, their draws, and the optimiser."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import nn

from models.features import views
from models.features.recipe import PretrainedRecipe
from models.features.views import LabeledView
from models.training.epochs import places_of
from models.training.fingerprint import TrainingInputs
from models.training.loop import Batch, LoopSettings, Network, Task

Labels = Sequence[Sequence[LabeledView]]
"""The views of each labeled image."""
OnTop = tuple[tuple[Labels, int], ...]


@dataclass(frozen=True)
class FeatureTraining(Task[Network, Batch]):
    """A training on frozen features.

    Args:
        labels: views of every image that each epoch goes through.
        on_top: views of other images, and how many of them every batch gets as well.
        classes: of the vocabulary.
    """

    labels: Labels
    on_top: OnTop
    classes: int
    recipe: PretrainedRecipe

    @classmethod
    def of(cls, network: Network, labels: Labels, classes: int, recipe: PretrainedRecipe, on_top: OnTop = ()) -> Self:
        """The recipe's training of `network`."""
        settings = LoopSettings(recipe.warmup, "cosine", recipe.clip, recipe.checkpoint_every, mixed_precision=False)
        return cls(network, settings, labels, on_top, classes, recipe)

    @staticmethod
    @abstractmethod
    def versions() -> dict[str, int]:
        """Of the parts of the code that decide what a training comes to, see `models.training.fingerprint`."""

    def inputs(self) -> TrainingInputs:
        """All views in their order, whatever their ids."""
        options = {**self.recipe.shaping(), "on top": [number for _, number in self.on_top]}
        kinds = (self.labels, *(labels for labels, _ in self.on_top))
        return TrainingInputs(options, views.tensors_of(kinds), self.versions())

    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW."""
        return adamw(self.recipe, (self.network, self.recipe.rate))

    def chosen(self, seed: int, iteration: int, rng: np.random.Generator) -> list[LabeledView]:
        """One view of each image that an iteration sees."""
        return [
            labels[place][int(rng.integers(len(labels[place])))]
            for labels, number in ((self.labels, self.recipe.batch), *self.on_top)
            for place in places_of(len(labels), number, seed, iteration)
        ]


def adamw(recipe: PretrainedRecipe, *parts: tuple[nn.Module, float]) -> torch.optim.Optimizer:
    """The recipe's AdamW of some networks, each with its rate."""
    groups = [{"params": list(network.parameters()), "rate": rate} for network, rate in parts]
    return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)
