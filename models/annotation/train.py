"""Training of the annotation network: first the segmentation, then, with everything frozen, the IoU branch.

Bellver et al., Mask-guided sample selection for semi-supervised instance segmentation, section 3.3 and Table 2.
Every draw comes from (seed, iteration), and model and optimiser are saved every few seconds, so a training that is
killed at any moment and called again with the same arguments ends bit for bit as if it had not been.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from maskloop.errors import FailedPrecondition, InvalidArgument
from models.annotation.batches import TrainingBatch, TrainingSet, collate, draw_batch, places_of
from models.annotation.centers import centre_targets, semantic_targets
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
from models.annotation.network import AnnotationNetwork, Decoded, build_network
from models.annotation.recipe import Recipe
from models.data.samples import Example, Prepared, normalise, prepare
from models.training.cache import KeptNetworks
from models.training.determinism import repeatable
from models.training.fingerprint import fingerprint
from models.training.resume import load_progress, save_progress

Progress = Callable[[float, str], None]
"""Called with a fraction in [0, 1] and a message; may raise to stop the training."""

IOU_PHASE_SHARE = 0.05  # of the progress shown


@dataclass(frozen=True)
class _Training:
    network: AnnotationNetwork
    data: TrainingSet
    recipe: Recipe
    seed: int
    device: torch.device
    progress: Progress
    iterations: int


def train_network(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    kept: KeptNetworks | None = None,
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
        kept: networks trained before, taken where they are what this training would come to, and joined by this one.
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
    training = _Training(network, data, recipe, seed, device, progress, iterations)
    identity = fingerprint(network, data, recipe, seed, device)
    if kept is None:
        _train(training, checkpoint_dir, identity)
    else:
        with kept.alone(identity, lambda: progress(0.0, "waiting for the same training elsewhere")):
            if not kept.restore(identity, network):
                _train(training, checkpoint_dir, identity)
                kept.keep(identity, network)
    progress(1.0, "trained")
    return network.eval()


def learning_rate_share(iteration: int, iterations: int, warmup: int, cosine: bool) -> float:
    """The share of a recipe's rate that holds at an iteration: a linear warm-up, then constant or half a cosine."""
    if iteration < warmup:
        return (iteration + 1) / warmup
    if not cosine:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (iteration - warmup) / max(1, iterations - warmup)))


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
    decoded = network(batch.images, steps, batch.seeds)
    targets, classes = _targets(decoded, batch.step_classes, batch.step_masks, seeds=recipe.seeds)
    loss = mask_loss(decoded.logits, targets, classes >= 0)
    if decoded.classes is not None and done >= recipe.class_from:
        loss = loss + recipe.class_weight * class_loss(decoded.classes, classes)
    if decoded.objectness is not None and done >= recipe.stop_from:
        objects = (batch.classes >= 0).sum(dim=1)
        loss = loss + recipe.stop_weight * objectness_loss(decoded.objectness, objects)
    if decoded.dense:
        vocabulary, side = decoded.dense.semantic.shape[1:3]
        solid = semantic_targets(batch.masks, batch.classes, vocabulary, side)
        peaks = centre_targets(batch.masks, batch.classes, vocabulary, side)
        loss = loss + recipe.semantic_weight * semantic_loss(decoded.dense.semantic, solid)
        loss = loss + recipe.centre_weight * centre_loss(decoded.dense.centres, peaks)
    if recipe.iou_training == "joint":
        iou = hard_iou(decoded.logits.detach() > 0, targets)
        loss = loss + iou_branch_loss(decoded.iou_output, iou, classes >= 0, recipe.iou_target)
    return loss


def _initial_network(recipe: Recipe, classes: int, seed: int) -> AnnotationNetwork:
    """Built on the CPU from a generator of its own, so that no other draw changes it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_network(recipe, classes, weights=recipe.weights)


def _train(training: _Training, checkpoint_dir: Path | None, identity: str) -> None:
    with repeatable(training.device):
        _train_segmentation(training, checkpoint_dir, identity)
        if training.recipe.iou_training == "frozen":
            _train_iou_branch(training)


def _train_segmentation(training: _Training, checkpoint_dir: Path | None, identity: str) -> None:
    network, recipe = training.network, training.recipe
    optimizer = build_optimizer(network, recipe)
    iterations = training.iterations
    path = checkpoint_dir / "training.pt" if checkpoint_dir else None
    first = load_progress(path, identity, network, optimizer) if path else 0
    network.train()
    for iteration in range(first, iterations):
        loss = _iterate(training, optimizer, iteration)
        if path and ((iteration + 1) % recipe.checkpoint_every == 0 or iteration + 1 == iterations):
            save_progress(path, identity, network, optimizer, iteration + 1)
        share = (iteration + 1) / iterations * (1 - IOU_PHASE_SHARE)
        training.progress(share, f"iteration {iteration + 1} of {iterations}, loss {loss:.3f}")


def _iterate(training: _Training, optimizer: torch.optim.Optimizer, iteration: int) -> float:
    network, recipe, device = training.network, training.recipe, training.device
    iterations = training.iterations
    share = learning_rate_share(iteration, iterations, recipe.warmup, recipe.cosine)
    for group in optimizer.param_groups:
        group["lr"] = group["rate"] * share
    batch = draw_batch(training.data, recipe, training.seed, iteration, device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        loss = segmentation_loss(network, batch, recipe, iteration / iterations)
    value = loss.item()
    if not math.isfinite(value):
        raise FailedPrecondition(f"the training loss is {value} at iteration {iteration}; a lower rate may help")
    optimizer.zero_grad(set_to_none=True)
    if loss.requires_grad:  # a batch of empty images has nothing to teach a network without seeds
        torch.autograd.backward(loss)
        if recipe.clip:
            nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        optimizer.step()
    return value


def _train_iou_branch(training: _Training) -> None:
    """The second phase. A frozen network's states do not change from epoch to epoch, so they are computed once."""
    network, recipe, prepared = training.network, training.recipe, training.data.drawn
    states, iou, there = _states_and_iou(training)
    optimizer = torch.optim.Adam(network.iou_branch.parameters(), lr=recipe.iou_rate)
    batches = -(-len(prepared) // recipe.batch)
    for iteration in range(recipe.iou_epochs * batches):
        places = places_of(len(prepared), recipe.batch, training.seed, iteration)
        output = network.iou_branch(states[places])
        loss = iou_branch_loss(output, iou[places], there[places], recipe.iou_target)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        share = 1 - IOU_PHASE_SHARE * 0.5 * (1 - (iteration + 1) / (recipe.iou_epochs * batches))
        training.progress(share, f"IoU branch, epoch {iteration // batches + 1} of {recipe.iou_epochs}")


@torch.no_grad()
def _states_and_iou(training: _Training) -> tuple[Tensor, Tensor, Tensor]:
    """Of every example's steps: states (N, T, F), true IoU (N, T) and whether the step is there (N, T)."""
    network, recipe, device = training.network.eval(), training.recipe, training.device
    prepared = training.data.drawn
    most = 1 + max(len(item.classes) for item in prepared)
    width = network.iou_branch.linear.in_features
    states = torch.zeros(len(prepared), most, width, device=device)
    iou = torch.zeros(len(prepared), most, device=device)
    there = torch.zeros(len(prepared), most, dtype=torch.bool, device=device)
    for start in range(0, len(prepared), recipe.batch):
        images, masks, classes = collate(prepared[start : start + recipe.batch], device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            decoded = network(normalise(images), _steps_to_make(network, classes, recipe.steps))
        targets, drawn = _targets(decoded, classes, masks, seeds=False)
        rows, steps = slice(start, start + len(images)), slice(0, drawn.shape[1])
        states[rows, steps] = decoded.states.float()
        iou[rows, steps] = hard_iou(decoded.logits > 0, targets)
        there[rows, steps] = drawn >= 0
        share = 1 - IOU_PHASE_SHARE * (1 - 0.5 * rows.stop / len(prepared))
        training.progress(share, "reading the frozen network's states")
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
