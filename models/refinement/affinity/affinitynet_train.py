"""Training of PSA's affinities on images with seed labels.

Ahn, Kwak, *Learning pixel-level semantic affinity with image-level supervision for weakly supervised semantic
segmentation*, CVPR 2018, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from models.encoders.backbones import Encoder
from models.refinement.affinity import seed_views
from models.refinement.affinity.affinitynet import STRIDE, AffinityNetwork, joint_loss
from models.refinement.affinity.pairs import affinity_losses, pair_labels
from models.refinement.affinity.recipes import PsaTraining
from models.refinement.affinity.seed_views import (
    CutOptions,
    SeedBatch,
    SeedExample,
    draw_seed_batch,
    example_tensors,
    ordered,
    pooled_labels,
)
from models.training.cache import NetworkCache
from models.training.fingerprint import TrainingInputs
from models.training.loop import LoopSettings, Progress, Task, run

VERSION = 2
"""Of network, loss and optimiser; raised when a change makes trainings come to other weights."""


def train_affinity(
    examples: Sequence[SeedExample],
    encoder: Encoder,
    recipe: PsaTraining,
    *,
    seed: int,
    device: torch.device,
    resume_path: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
) -> AffinityNetwork:
    """Train a network of affinities on a copy of the encoder.

    Args:
        examples: their order has no influence.
        encoder: trained before, such as a classifier's.
        resume_path, progress, cache: see `models.training.loop.run`.

    Returns:
        The network in eval mode.

    Raises:
        InvalidArgument: there is no example, or an image is there twice.
        InvalidConfig: the encoder has no tap at stride 8 in its place.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    network = build_affinity(encoder, recipe, seed).to(device)
    task = AffinityTask(
        network, LoopSettings(decay="poly", checkpoint_every=recipe.checkpoint_every), ordered(examples), recipe
    )
    iterations = recipe.iterations(len(examples))
    return run(task, iterations, seed, resume_path=resume_path, cache=cache, progress=progress)


def build_affinity(encoder: Encoder, recipe: PsaTraining, seed: int) -> AffinityNetwork:
    """The recipe's network on a copy of the encoder, the rest with initial weights from a generator of its own.

    Norms of the encoder and its stem are not trained.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = AffinityNetwork(deepcopy(encoder), radius=recipe.radius, distance=recipe.distance)
    network.encoder.requires_grad_()
    network.encoder.freeze_stem()
    for module in network.encoder.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.requires_grad_(False)
    return network


@dataclass(frozen=True)
class AffinityTask(Task[AffinityNetwork, SeedBatch]):
    """Cuts of images, and the loss of their pairs."""

    examples: tuple[SeedExample, ...]
    recipe: PsaTraining

    def inputs(self) -> TrainingInputs:
        """All images in their order, whatever their ids."""
        versions = {"affinitynet": VERSION, "seed views": seed_views.VERSION}
        return TrainingInputs(self.recipe.shaping(), example_tensors(self.examples), versions)

    def optimizer(self) -> torch.optim.Optimizer:
        """SGD: the encoder's weights at the recipe's rate, its biases at twice that and without decay, the rest at ten
        times that."""
        recipe = self.recipe
        trained = [parameter for parameter in self.network.encoder.parameters() if parameter.requires_grad]
        new = [*self.network.reduced.parameters(), *self.network.joined.parameters()]
        groups = [
            {"params": [one for one in trained if one.ndim > 1], "rate": recipe.rate},
            {"params": [one for one in trained if one.ndim <= 1], "rate": 2 * recipe.rate, "weight_decay": 0.0},
            {"params": new, "rate": recipe.head_factor * recipe.rate},
        ]
        return torch.optim.SGD(
            [group for group in groups if group["params"]],
            lr=recipe.rate,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
        )

    def batch(self, seed: int, iteration: int) -> SeedBatch:
        """Cuts at the images' own scale."""
        options = CutOptions(self.recipe.crop, self.recipe.batch, (1.0, 1.0), partial(pooled_labels, stride=STRIDE))
        return draw_seed_batch(self.examples, options, seed, iteration, self.device)

    def loss(self, batch: SeedBatch, done: float) -> Tensor:
        """See `models.refinement.affinity.affinitynet.joint_loss`."""
        pairs = pair_labels(batch.labels, self.recipe.radius)
        return joint_loss(affinity_losses(self.network.affinity(batch.images), pairs), self.recipe.loss)
