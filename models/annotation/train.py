"""Training of the annotation network: first the segmentation, then, with everything frozen, the IoU branch.

Bellver et al., Mask-guided sample selection for semi-supervised instance segmentation, section 3.3 and Table 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.annotation.batches import TrainingBatch, TrainingSet, collate, collate_ignored, draw_batch
from models.annotation.centers import centre_targets, known_cells, semantic_targets
from models.annotation.losses import (
    centre_loss,
    class_loss,
    hard_iou,
    iou_branch_loss,
    mask_loss,
    objectness_loss,
    semantic_loss,
)
from models.annotation.matching import match_across_classes, match_objects
from models.annotation.network import AnnotationNetwork, Decoded, IoUBranch, build_network
from models.annotation.recipe import Recipe
from models.data import augmentation
from models.data.samples import Example, Prepared, normalise, prepare
from models.training.cache import NetworkCache
from models.training.epochs import places_of
from models.training.fingerprint import TrainingInputs
from models.training.loop import Decay, LoopSettings, Progress, Task, part_of, run

VERSION = 1
"""Of network, encoder, targets, losses and batches; raised when a change makes trainings come to other weights."""


def train_network(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
    start: AnnotationNetwork | None = None,
    pseudo: Sequence[Prepared] = (),
    empty: Sequence[Prepared] = (),
) -> AnnotationNetwork:
    """Train the recipe's network; returned in eval mode, on `device`.

    Args:
        examples: what to learn from; their order has no influence beyond the order of draws.
        categories: the vocabulary's ids in the order of class indices.
        checkpoint_dir: where an unfinished training leaves its state and finds it again; `None` for nowhere.
        progress: called at every iteration.
        cache: networks trained before, see `models.training.loop.run`.
        start: a network of the same recipe and vocabulary that the training goes on from, for `Recipe.warm_share` of
            the iterations; it stays as it is. `None` for the recipe's initial weights.
        pseudo: images with pseudo-labels, prepared for this recipe; see `Recipe.pseudo_share`.
        empty: images known to hold nothing, prepared likewise; see `Recipe.empty_share`.

    Raises:
        InvalidArgument: there is no example.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    if not examples:
        raise InvalidArgument("there is no labeled image to train on", field="examples")
    labeled = [prepare(example, categories, recipe.image_size, recipe.steps) for example in examples]
    data = TrainingSet.of(recipe, labeled, pseudo=pseudo, empty=empty)
    network = _initial_network(recipe, len(categories), seed).to(device)
    if start is not None:
        network.load_state_dict(start.state_dict())
    if device.type == "cuda":
        network = network.to(memory_format=torch.channels_last)
    iterations = recipe.iterations(len(data.drawn), warm=start is not None)
    path = checkpoint_dir / "training.pt" if checkpoint_dir else None
    task = Segmentation.of(network, data, recipe)
    trained = run(task, iterations, seed, resume_path=path, cache=cache, progress=progress)
    progress(1.0, "trained")
    return trained


@dataclass(frozen=True)
class Segmentation(Task[AnnotationNetwork, TrainingBatch]):
    """All of the network; the IoU branch only where it is trained jointly, else afterwards."""

    data: TrainingSet
    recipe: Recipe

    finish_share: ClassVar[float] = 0.05

    @classmethod
    def of(cls, network: AnnotationNetwork, data: TrainingSet, recipe: Recipe) -> Segmentation:
        """The recipe's training of `network` on `data`."""
        decay: Decay = "cosine" if recipe.cosine else "constant"
        settings = LoopSettings(recipe.warmup, decay, recipe.clip, recipe.checkpoint_every)
        return cls(network, settings, data, recipe)

    def inputs(self) -> TrainingInputs:
        """All images in their order, whatever their ids."""
        tensors: dict[str, Tensor] = {}
        for kind, images in enumerate((self.data.drawn, *(images for images, _ in self.data.on_top))):
            for place, item in enumerate(images):
                parts = {"image": item.image, "masks": item.masks, "classes": item.classes}
                if item.ignored is not None:
                    parts["ignored"] = item.ignored
                tensors |= {f"{kind} {place} {part}": torch.tensor(values) for part, values in parts.items()}
        on_top = [number for _, number in self.data.on_top]
        return TrainingInputs({**self.recipe.shaping(), "on top": on_top}, tensors, versions())

    def optimizer(self) -> torch.optim.Optimizer:
        """See `build_optimizer`."""
        return build_optimizer(self.network, self.recipe)

    def batch(self, seed: int, iteration: int) -> TrainingBatch:
        """See `models.annotation.batches.draw_batch`."""
        return draw_batch(self.data, self.recipe, seed, iteration, self.device)

    def loss(self, batch: TrainingBatch, done: float) -> Tensor:
        """See `segmentation_loss`."""
        return segmentation_loss(self.network, batch, self.recipe, done)

    def finish(self, seed: int, progress: Progress) -> None:
        """Train the IoU branch of the frozen network, unless it was trained jointly."""
        if self.recipe.iou_training == "frozen":
            states, iou, there = _states_and_iou(self, part_of(progress, 0.0, 0.5))
            branch = IoUBranchTask.of(self.network.iou_branch, states, iou, there, self.recipe)
            run(branch, branch.iterations, seed, resume_path=None, cache=None, progress=part_of(progress, 0.5, 1.0))


@dataclass(frozen=True)
class IoUBranchTask(Task[IoUBranch, list[int]]):
    """The second phase. A frozen network's states do not change from epoch to epoch, so they are computed once.

    Args:
        states: (N, T, F) decoder states of every example's steps.
        iou: (N, T) true IoU of the steps' masks.
        there: (N, T) bool, whether the step is there.
    """

    states: Tensor
    iou: Tensor
    there: Tensor
    recipe: Recipe

    @classmethod
    def of(cls, branch: IoUBranch, states: Tensor, iou: Tensor, there: Tensor, recipe: Recipe) -> IoUBranchTask:
        """The recipe's training of the branch; always in full precision."""
        return cls(branch, LoopSettings(mixed_precision=False), states, iou, there, recipe)

    @property
    def batches(self) -> int:
        """Of one epoch."""
        return -(-len(self.states) // self.recipe.batch)

    @property
    def iterations(self) -> int:
        """Of all epochs."""
        return self.recipe.iou_epochs * self.batches

    def inputs(self) -> TrainingInputs:
        """States and IoUs."""
        tensors = {"states": self.states, "iou": self.iou, "there": self.there}
        return TrainingInputs(self.recipe.shaping(), tensors, versions())

    def optimizer(self) -> torch.optim.Optimizer:
        """Adam, as published."""
        groups = [{"params": list(self.network.parameters()), "rate": self.recipe.iou_rate}]
        return torch.optim.Adam(groups, lr=self.recipe.iou_rate)

    def batch(self, seed: int, iteration: int) -> list[int]:
        """Places of examples."""
        return places_of(len(self.states), self.recipe.batch, seed, iteration)

    def loss(self, batch: list[int], done: float) -> Tensor:
        """See `models.annotation.losses.iou_branch_loss`."""
        output = self.network(self.states[batch])
        return iou_branch_loss(output, self.iou[batch], self.there[batch], self.recipe.iou_target)

    def describe(self, done: int, iterations: int, loss: float) -> str:
        """By epochs, which are many and short."""
        return f"IoU branch, epoch {(done - 1) // self.batches + 1} of {self.recipe.iou_epochs}, loss {loss:.3f}"


def versions() -> dict[str, int]:
    """Of the parts of the code that decide what these trainings come to, see `models.training.fingerprint`."""
    return {"annotation": VERSION, "augmentation": augmentation.VERSION}


def build_optimizer(network: AnnotationNetwork, recipe: Recipe) -> torch.optim.Optimizer:
    """One optimiser with two rates, the same as two optimisers: the encoder's trunk and everything else.

    The IoU branch is left to its own phase unless it is trained jointly.
    """
    trunk = list(network.encoder.parameters())
    apart = {id(parameter) for parameter in trunk}
    if recipe.iou_training == "frozen":
        apart |= {id(parameter) for parameter in network.iou_branch.parameters()}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in apart]
    kind: type[torch.optim.Adam] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimizer]
    groups = [{"params": trunk, "rate": recipe.encoder_rate}, {"params": rest, "rate": recipe.rate}]
    return kind(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)


def segmentation_loss(network: AnnotationNetwork, batch: TrainingBatch, recipe: Recipe, done: float = 1.0) -> Tensor:
    """The loss of one iteration, a scalar.

    Args:
        done: share of the iterations that is behind, in [0, 1]; RSIS learns classes and objectness later than masks.
    """
    steps = _steps_to_make(network, batch.step_classes, recipe.steps)
    decoded = _unless_ignored(network(batch.images, steps, batch.seeds), batch.ignored)
    targets, classes = _targets(decoded, batch.step_classes, batch.step_masks, seeds=recipe.seeds)
    loss = mask_loss(decoded.logits, targets, classes >= 0)
    if decoded.classes is not None and done >= recipe.class_from:
        loss = loss + recipe.class_weight * class_loss(decoded.classes, classes)
    if decoded.objectness is not None and done >= recipe.stop_from:
        objects = (batch.classes >= 0).sum(dim=1)
        crowded = None if batch.ignored is None else batch.ignored.flatten(1).any(dim=1)
        loss = loss + recipe.stop_weight * objectness_loss(decoded.objectness, objects, crowded)
    if decoded.dense:
        vocabulary, side = decoded.dense.semantic.shape[1:3]
        solid = semantic_targets(batch.masks, batch.classes, vocabulary, side)
        peaks = centre_targets(batch.masks, batch.classes, vocabulary, side)
        known = None if batch.ignored is None else known_cells(batch.ignored, side)
        loss = loss + recipe.semantic_weight * semantic_loss(decoded.dense.semantic, solid, known)
        loss = loss + recipe.centre_weight * centre_loss(decoded.dense.centres, peaks, known)
    if recipe.iou_training == "joint":
        iou = hard_iou(decoded.logits.detach() > 0, targets)
        loss = loss + iou_branch_loss(decoded.iou_output, iou, classes >= 0, recipe.iou_target)
    return loss


def _unless_ignored(decoded: Decoded, ignored: Tensor | None) -> Decoded:
    """Logits without what is drawn on ignored pixels (B, S, S): no probability there, no gradient, no overlap."""
    if ignored is None:
        return decoded
    return replace(decoded, logits=decoded.logits.masked_fill(ignored[:, None], -torch.inf))


def _initial_network(recipe: Recipe, classes: int, seed: int) -> AnnotationNetwork:
    """Built on the CPU from a generator of its own, so that no other draw changes it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_network(recipe, classes, weights=recipe.weights)


@torch.no_grad()
def _states_and_iou(task: Segmentation, progress: Progress) -> tuple[Tensor, Tensor, Tensor]:
    """Of every example's steps: states (N, T, F), true IoU (N, T) and whether the step is there (N, T)."""
    network, recipe, device, prepared = task.network.eval(), task.recipe, task.device, task.data.drawn
    most = 1 + max(len(item.classes) for item in prepared)
    states = torch.zeros(len(prepared), most, network.iou_branch.linear.in_features, device=device)
    iou = torch.zeros(len(prepared), most, device=device)
    there = torch.zeros(len(prepared), most, dtype=torch.bool, device=device)
    for start in range(0, len(prepared), recipe.batch):
        chosen = prepared[start : start + recipe.batch]
        images, masks, classes = collate(chosen, device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            decoded = network(normalise(images), _steps_to_make(network, classes, recipe.steps))
        decoded = _unless_ignored(decoded, collate_ignored(chosen, device))
        targets, drawn = _targets(decoded, classes, masks, seeds=False)
        rows, steps = slice(start, start + len(images)), slice(0, drawn.shape[1])
        states[rows, steps] = decoded.states.float()
        iou[rows, steps] = hard_iou(decoded.logits > 0, targets)
        there[rows, steps] = drawn >= 0
        progress(rows.stop / len(prepared), "reading the frozen network's states")
    return states, iou, there


def _steps_to_make(network: AnnotationNetwork, classes: Tensor, most: int) -> Tensor:
    """The classes to feed, (B, T); without any, as many steps in all images as the most objects, and the one after."""
    if network.heads is None:
        return classes
    needed = int((classes >= 0).sum(dim=1).max()) + 1
    return classes.new_zeros(len(classes), min(needed, most))


def _targets(decoded: Decoded, classes: Tensor, masks: Tensor, *, seeds: bool) -> tuple[Tensor, Tensor]:
    """What each step is to draw, (B, T, S, S), and of which class, (B, T), -1 for nothing."""
    if seeds:
        return masks, classes
    rows = torch.arange(len(masks), device=masks.device)[:, None]
    if decoded.classes is None:
        return masks[rows, match_objects(decoded.logits.detach(), classes, masks)], classes
    order = match_across_classes(decoded.logits.detach(), masks, classes >= 0)
    if not masks.shape[1]:
        return torch.zeros_like(decoded.logits, dtype=torch.bool), order
    return masks[rows, order] & (order >= 0)[..., None, None], classes[rows, order].masked_fill(order < 0, -1)
