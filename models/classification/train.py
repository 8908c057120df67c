"""Training of the image classifier: a held-out fit that measures it, then the training on all images.

Each of the two starts from the same initial weights and leaves its state in a folder of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.classification.data import (
    ClassBatch,
    ClassExample,
    Examples,
    Kept,
    draw_class_batch,
    keep_examples,
    part_examples,
)
from models.classification.metrics import judge_classifier
from models.classification.model import FittedClassifier
from models.classification.network import ImageClassifier, build_classifier
from models.classification.recipe import ClassifierRecipe
from models.data import augmentation
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.fingerprint import TrainingInputs
from models.training.holdout import hold_out
from models.training.loop import Decay, LoopSettings, Progress, Task, part_of, run

VERSION = 2
"""Of network, encoder, views, loss and batches; raised when a change makes trainings come to other weights."""
HELD_OUT_FIT = 0.45  # of the progress shown


def train_classifier(
    examples: Iterable[ClassExample],
    categories: Sequence[int],
    recipe: ClassifierRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
) -> FittedClassifier:
    """Train the recipe's classifier on the images; no other is looked at.

    Args:
        examples: read once; their order has no influence. Pictures are not kept at full size.
        categories: the vocabulary's ids in the order of class indices.
        checkpoint_dir: where an unfinished training finds its stages again; `None` for nowhere.
        progress: called at every iteration with a fraction in [0, 1]; may raise to stop the training.
        cache: networks trained before, see `models.training.loop.run`.

    Raises:
        InvalidArgument: no example holds a category, or two have one id.
        InvalidLabel: an example's category is not of the vocabulary.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    kept = keep_examples(examples, categories, recipe)
    _check(kept)
    stages = _Stages(recipe, len(categories), seed, device, checkpoint_dir, progress, cache)
    learnt, held_out = _hold_out(kept, recipe, seed)
    metrics = {"held_out_images": float(len(held_out))}
    if held_out:
        network = stages.train("held-out fit", part_examples(learnt), 0.0, HELD_OUT_FIT)
        metrics |= judge_classifier(network, recipe, held_out, device)
    network = stages.train("training", part_examples(kept), HELD_OUT_FIT if held_out else 0.0, 1.0)
    snapshot = tuple(sorted(item.image_id for item in kept))
    return FittedClassifier(
        network, recipe, tuple(categories), seed, snapshot, metrics, arithmetic=Arithmetic.of(device)
    )


def _check(kept: Sequence[Kept]) -> None:
    if not any(item.classes.any() for item in kept):
        raise InvalidArgument("there is no image that holds a category to train a classifier on", field="examples")
    if len({item.image_id for item in kept}) < len(kept):
        raise InvalidArgument("an image is there twice", field="examples")


def _hold_out(kept: Sequence[Kept], recipe: ClassifierRecipe, seed: int) -> tuple[list[Kept], list[Kept]]:
    """See `models.training.holdout.hold_out`; nothing is held out either where what is left would hold no category."""
    learnt, held_out = hold_out(kept, recipe.held_out, seed)
    return (learnt, held_out) if any(item.classes.any() for item in learnt) else (list(kept), [])


@dataclass(frozen=True)
class _Stages:
    """What the held-out fit and the training have in common: fields as in `train_classifier`."""

    recipe: ClassifierRecipe
    classes: int
    seed: int
    device: torch.device
    checkpoint_dir: Path | None
    progress: Progress
    cache: NetworkCache | None

    def train(self, stage: str, examples: Examples, begin: float, end: float) -> ImageClassifier:
        """Train on these; `begin` to `end` is the stage's part of the progress."""
        network = build_classifier(self.recipe, self.classes, weights=self.recipe.weights, seed=self.seed)
        task = Classification.of(network.to(self.device), examples, self.recipe)
        path = self.checkpoint_dir / stage.replace(" ", "-") / "training.pt" if self.checkpoint_dir else None
        progress = part_of(self.progress, begin, end, f"{stage}: ")
        iterations = self.recipe.iterations(len(examples.holding))
        return run(task, iterations, self.seed, resume_path=path, cache=self.cache, progress=progress)


@dataclass(frozen=True)
class Classification(Task[ImageClassifier, ClassBatch]):
    """Training of the whole classifier."""

    examples: Examples
    recipe: ClassifierRecipe

    @classmethod
    def of(cls, network: ImageClassifier, examples: Examples, recipe: ClassifierRecipe) -> Classification:
        """The recipe's training of `network` on the examples."""
        return cls(network, cls.settings_of(recipe), examples, recipe)

    @staticmethod
    def settings_of(recipe: ClassifierRecipe) -> LoopSettings:
        """How trainings of the recipe are run."""
        decay: Decay = "cosine" if recipe.schedule == "cosine" else "poly"
        return LoopSettings(recipe.warmup, decay, recipe.clip, recipe.checkpoint_every)

    def inputs(self) -> TrainingInputs:
        """All images in their order, whatever their ids."""
        data: dict[str, Tensor] = {}
        for kind, items in (("holding", self.examples.holding), ("empty", self.examples.empty)):
            for place, item in enumerate(items):
                data[f"{kind} {place} image"] = torch.tensor(np.array(item.image))
                data[f"{kind} {place} classes"] = torch.tensor(item.classes)
        return TrainingInputs(self.recipe.shaping(), data, versions())

    def optimizer(self) -> torch.optim.Optimizer:
        """The recipe's, with a rate for the encoder and one for the head."""
        recipe, network = self.recipe, self.network
        trunk = [parameter for parameter in network.encoder.parameters() if parameter.requires_grad]
        groups = [
            {"params": trunk, "rate": recipe.rate},
            {"params": list(network.head.parameters()), "rate": recipe.head_rate},
        ]
        if recipe.optimizer == "sgd":
            return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
        return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)

    def batch(self, seed: int, iteration: int) -> ClassBatch:
        """See `models.classification.data.draw_class_batch`."""
        return draw_class_batch(self.examples, self.recipe, seed, iteration, self.device)

    def loss(self, batch: ClassBatch, done: float) -> Tensor:
        """See `classification_loss`."""
        return classification_loss(self.network(batch.images), batch, self.recipe.nothing_weight)


def versions() -> dict[str, int]:
    """Of the parts of the code that decide what these trainings come to, see `models.training.fingerprint`."""
    return {"classification": VERSION, "augmentation": augmentation.VERSION}


def classification_loss(logits: Tensor, batch: ClassBatch, nothing_weight: float) -> Tensor:
    """Multi-label soft margin, a scalar: the mean over images and classes of binary cross-entropy with logits, of the
    images that hold something, and (times `nothing_weight`) of those that hold nothing."""
    losses = F.binary_cross_entropy_with_logits(logits.float(), batch.targets, reduction="none").mean(dim=1)
    loss = losses[: batch.holding].mean()
    if batch.holding < len(losses):
        loss = loss + nothing_weight * losses[batch.holding :].mean()
    return loss
