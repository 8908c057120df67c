"""Training of the image classifier: a rehearsal that measures it on images held out, then the training on all.

Every draw comes from (seed, iteration), and each stage leaves its state in a folder of its own, so a training that is
killed at any moment and called again with the same arguments ends bit for bit as if it had not been.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskloop.errors import FailedPrecondition, InvalidArgument
from models.annotation.train import Progress, learning_rate_share
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
from models.iou_head.calibrator import MIN_IMAGES, deal_folds
from models.training.determinism import repeatable
from models.training.fingerprint import training_fingerprint
from models.training.resume import load_progress, save_progress

POLY_POWER = 0.9
REHEARSED = 0.45  # of the progress shown


def train_classifier(
    examples: Iterable[ClassExample],
    categories: Sequence[int],
    recipe: ClassifierRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
) -> FittedClassifier:
    """Train the recipe's classifier on the images; no other is looked at.

    Args:
        examples: read once; their order has no influence. Pictures are not kept at full size.
        categories: the vocabulary's ids in the order of class indices.
        checkpoint_dir: where an unfinished training finds its stages again; `None` for nowhere.
        progress: called at every iteration with a fraction in [0, 1]; may raise to stop the training.

    Raises:
        InvalidArgument: no example holds a category, or two have one id.
        InvalidLabel: an example's category is not of the vocabulary.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    kept = keep_examples(examples, categories, recipe)
    _check(kept)
    stages = _Stages(recipe, len(categories), seed, device, checkpoint_dir, progress)
    seen, unseen = _hold_out(kept, recipe, seed)
    metrics = {"held_out_images": float(len(unseen))}
    if unseen:
        rehearsed = stages.train("rehearsal", part_examples(seen), (0.0, REHEARSED))
        metrics |= judge_classifier(rehearsed, recipe, unseen, device)
    network = stages.train("training", part_examples(kept), (REHEARSED if unseen else 0.0, 1.0))
    snapshot = tuple(sorted(item.image_id for item in kept))
    return FittedClassifier(network, recipe, tuple(categories), seed, snapshot, metrics)


def _check(kept: Sequence[Kept]) -> None:
    if not any(item.classes.any() for item in kept):
        raise InvalidArgument("there is no image that holds a category to train a classifier on", field="examples")
    if len({item.image_id for item in kept}) < len(kept):
        raise InvalidArgument("an image is there twice", field="examples")


def _hold_out(kept: Sequence[Kept], recipe: ClassifierRecipe, seed: int) -> tuple[list[Kept], list[Kept]]:
    """Those a rehearsal learns from and those it is judged by, by a seeded hash of the id; the latter hold nothing
    where there are too few."""
    if not recipe.held_out or len(kept) < MIN_IMAGES:
        return list(kept), []
    chosen = set(deal_folds([item.image_id for item in kept], round(1 / recipe.held_out), seed)[0])
    seen = [item for item in kept if item.image_id not in chosen]
    if not any(item.classes.any() for item in seen):
        return list(kept), []
    return seen, [item for item in kept if item.image_id in chosen]


@dataclass(frozen=True)
class _Stages:
    """One network after the other, each from the same initial weights."""

    recipe: ClassifierRecipe
    classes: int
    seed: int
    device: torch.device
    checkpoint_dir: Path | None
    progress: Progress

    def train(self, stage: str, examples: Examples, span: tuple[float, float]) -> ImageClassifier:
        """Trained in eval mode, on the device."""
        begin, end = span
        network = build_classifier(self.recipe, self.classes, weights=self.recipe.weights, seed=self.seed)
        network = network.to(self.device)
        identity = self._identity(network, examples)
        optimizer, iterations = _optimizer(network, self.recipe), self.recipe.iterations(len(examples.holding))
        path = self.checkpoint_dir / stage / "training.pt" if self.checkpoint_dir else None
        first = load_progress(path, identity, network, optimizer) if path else 0
        network.train()
        with repeatable(self.device):
            for iteration in range(first, iterations):
                loss = self._iterate(network, optimizer, examples, iteration, iterations)
                done = iteration + 1
                if path and (done % self.recipe.checkpoint_every == 0 or done == iterations):
                    save_progress(path, identity, network, optimizer, done)
                share = begin + (end - begin) * done / iterations
                self.progress(share, f"{stage}: iteration {done} of {iterations}, loss {loss:.3f}")
        return network.eval()

    def _iterate(
        self,
        network: ImageClassifier,
        optimizer: torch.optim.Optimizer,
        examples: Examples,
        iteration: int,
        iterations: int,
    ) -> float:
        share = rate_share(self.recipe, iteration, iterations)
        for group in optimizer.param_groups:
            group["lr"] = group["rate"] * share
        batch = draw_class_batch(examples, self.recipe, self.seed, iteration, self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda"):
            loss = classification_loss(network(batch.images), batch, self.recipe.nothing_weight)
        value = loss.item()
        if not math.isfinite(value):
            raise FailedPrecondition(f"the training loss is {value} at iteration {iteration}; a lower rate may help")
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(network.parameters(), self.recipe.clip)
        optimizer.step()
        return value

    def _identity(self, network: ImageClassifier, examples: Examples) -> str:
        data: dict[str, Tensor] = {}
        for item in (*examples.holding, *examples.empty):
            data[f"image {item.image_id}"] = torch.tensor(np.array(item.image))
            data[f"classes {item.image_id}"] = torch.tensor(item.classes)
        return training_fingerprint(network, data, self.recipe.to_dict(), self.seed, self.device)


def rate_share(recipe: ClassifierRecipe, iteration: int, iterations: int) -> float:
    """The share of a recipe's rates that holds at an iteration."""
    if recipe.schedule == "cosine" or iteration < recipe.warmup:
        return learning_rate_share(iteration, iterations, recipe.warmup, cosine=True)
    return float((1 - iteration / iterations) ** POLY_POWER)


def classification_loss(logits: Tensor, batch: ClassBatch, nothing_weight: float) -> Tensor:
    """Multi-label soft margin, a scalar: the mean over images and classes of binary cross-entropy with logits, of the
    images that hold something, and (times `nothing_weight`) of those that hold nothing."""
    losses = F.binary_cross_entropy_with_logits(logits.float(), batch.targets, reduction="none").mean(dim=1)
    loss = losses[: batch.holding].mean()
    if batch.holding < len(losses):
        loss = loss + nothing_weight * losses[batch.holding :].mean()
    return loss


def _optimizer(network: ImageClassifier, recipe: ClassifierRecipe) -> torch.optim.Optimizer:
    trunk = [parameter for parameter in network.encoder.parameters() if parameter.requires_grad]
    groups = [
        {"params": trunk, "rate": recipe.rate},
        {"params": list(network.head.parameters()), "rate": recipe.head_rate},
    ]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
    return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)
