"""Training of FickleNet: as the image classifier's, with another draw of what windows see in every iteration.

As remembered of the paper: Adam, rate 1e-3 halved every 10 epochs, 10 images of 321 x 321. A recipe comes close with
`optimizer="adamw"`, `weight_decay=0`, `rate=1e-3`, `head_rate=1e-3`, `batch=10`, `image_size=320`; the loop has no
halving.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.classification.data import ClassBatch, ClassExample, keep_examples, part_examples
from models.classification.recipe import ClassifierRecipe
from models.classification.train import Classification, classification_loss
from models.localization.fickle_head import FickleClassifier, WindowDropout, build_fickle
from models.training.cache import NetworkCache
from models.training.fingerprint import TrainingInputs
from models.training.loop import Progress, run

VERSION = 1
"""Of the head and of its draws; raised when a change makes trainings come to other weights."""


def train_fickle(
    examples: Iterable[ClassExample],
    categories: Sequence[int],
    recipe: ClassifierRecipe,
    dropout: WindowDropout,
    *,
    seed: int,
    device: torch.device,
    resume_path: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
) -> FickleClassifier:
    """Train the recipe's encoder and such a head on the images; in eval mode, on `device`.

    Args:
        categories: the vocabulary's ids in the order of class indices.
        resume_path, progress, cache: see `models.training.loop.run`.

    Raises:
        InvalidArgument: no example holds a category.
        InvalidLabel: an example's category is not of the vocabulary.
        FailedPrecondition: the loss is no longer finite.
    """
    parted = part_examples(keep_examples(examples, categories, recipe))
    if not parted.holding:
        raise InvalidArgument("there is no image that holds a category to train a classifier on", field="examples")
    network = build_fickle(recipe, len(categories), dropout, weights=recipe.weights, seed=seed).to(device)
    task = FickleTraining(network, Classification.settings_of(recipe), parted, recipe)
    iterations = recipe.iterations(len(parted.holding))
    run(task, iterations, seed, resume_path=resume_path, cache=cache, progress=progress)
    return network


@dataclass(frozen=True)
class FickleBatch(ClassBatch):
    """Args: draw: seed of what windows do not see."""

    draw: int


@dataclass(frozen=True)
class FickleTraining(Classification):
    """Training of a `FickleClassifier`."""

    def inputs(self) -> TrainingInputs:
        """As the classifier's, and the dropout."""
        assert isinstance(self.network, FickleClassifier)
        inputs = super().inputs().with_part("fickle", VERSION)
        return replace(inputs, options={**inputs.options, "dropout": asdict(self.network.dropout)})

    def batch(self, seed: int, iteration: int) -> FickleBatch:
        """As the classifier's, with a draw of its own."""
        batch = super().batch(seed, iteration)
        draw = int(np.random.default_rng([seed, 2, iteration]).integers(2**62))
        return FickleBatch(batch.images, batch.targets, batch.holding, draw)

    def loss(self, batch: ClassBatch, done: float) -> Tensor:
        """See `classification_loss`."""
        assert isinstance(batch, FickleBatch)
        generator = torch.Generator().manual_seed(batch.draw)
        return classification_loss(self.network(batch.images, generator), batch, self.recipe.nothing_weight)
