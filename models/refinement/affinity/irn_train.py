"""Training of IRN's two branches on images with seed labels.

Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with inter-pixel relations*, CVPR 2019, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from models.encoders.backbones import Encoder
from models.refinement.affinity import seed_views
from models.refinement.affinity.irn_losses import irn_losses
from models.refinement.affinity.irn_network import STRIDE, IrnNetwork
from models.refinement.affinity.recipes import IrnTraining
from models.refinement.affinity.seed_views import (
    CutOptions,
    SeedBatch,
    SeedExample,
    cut_at,
    draw_seed_batch,
    example_tensors,
    nearest_labels,
    network_input,
    ordered,
)
from models.training.cache import NetworkCache
from models.training.fingerprint import TrainingInputs
from models.training.loop import LoopSettings, Progress, Task, run

VERSION = 1
"""Of network, losses and optimiser; raised when a change makes trainings come to other weights."""


def train_irn(
    examples: Sequence[SeedExample],
    encoder: Encoder,
    recipe: IrnTraining,
    *,
    seed: int,
    device: torch.device,
    resume_path: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
) -> IrnNetwork:
    """Train a network of edges and displacements on a frozen copy of the encoder.

    Args:
        examples: their order has no influence.
        encoder: trained before; the authors take one that has seen ImageNet alone.
        resume_path, progress, cache: see `models.training.loop.run`.

    Returns:
        The network in eval mode.

    Raises:
        InvalidArgument: there is no example, or an image is there twice.
        InvalidConfig: the encoder's first taps are not at strides 2, 4 and 8.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    network = build_irn(encoder, seed).to(device)
    # bfloat16 has steps of 1/16 among displacements of 8 cells and more
    settings = LoopSettings(decay="poly", checkpoint_every=recipe.checkpoint_every, mixed_precision=False)
    task = IrnTask(network, settings, ordered(examples), recipe)
    iterations = recipe.iterations(len(examples))
    return run(task, iterations, seed, resume_path=resume_path, cache=cache, progress=progress)


def build_irn(encoder: Encoder, seed: int) -> IrnNetwork:
    """The network on a copy of the encoder, the rest with initial weights from a generator of its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return IrnNetwork(deepcopy(encoder))


@dataclass(frozen=True)
class IrnTask(Task[IrnNetwork, SeedBatch]):
    """Cuts of images at random scales, the losses of their pairs, and at last the mean displacement."""

    examples: tuple[SeedExample, ...]
    recipe: IrnTraining

    finish_share: ClassVar[float] = 0.1

    def inputs(self) -> TrainingInputs:
        """All images in their order, whatever their ids."""
        versions = {"irn": VERSION, "seed views": seed_views.VERSION}
        return TrainingInputs(self.recipe.shaping(), example_tensors(self.examples), versions)

    def optimizer(self) -> torch.optim.Optimizer:
        """SGD, the branch of displacements at its own rate."""
        recipe, network = self.recipe, self.network
        edges = (network.edge, network.edge_joined)
        fields = (network.field, network.field_coarse, network.field_joined)
        groups = [
            {"params": [one for part in parts for one in part.parameters()], "rate": rate}
            for parts, rate in ((edges, recipe.rate), (fields, recipe.displacement_factor * recipe.rate))
        ]
        return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay)

    def batch(self, seed: int, iteration: int) -> SeedBatch:
        """Cuts at random scales."""
        recipe = self.recipe
        scales, grid = (recipe.smallest, recipe.largest), partial(nearest_labels, stride=STRIDE)
        options = CutOptions(recipe.crop, recipe.batch, scales, grid)
        return draw_seed_batch(self.examples, options, seed, iteration, self.device)

    def loss(self, batch: SeedBatch, done: float) -> Tensor:
        """See `models.refinement.affinity.irn_losses`."""
        edges, displacement = self.network(batch.images)
        return irn_losses(edges, displacement, batch.labels, self.recipe.radius).total

    @torch.no_grad()
    def finish(self, seed: int, progress: Progress) -> None:
        """Keep the mean displacement over all images, each cut from its upper left corner on.

        Displacements are learnt from their differences alone, and may all be off by the same.
        """
        network = self.network.train()  # in which nothing is taken out of displacements
        total = torch.zeros_like(network.mean_displacement)
        for done, item in enumerate(self.examples, start=1):
            cut = cut_at(item.pixels, item.labels, self.recipe.crop, (0, 0))
            total += network(network_input([cut], self.device))[1].float().mean(dim=(0, 2, 3))
            progress(done / len(self.examples), f"displacements of image {done} of {len(self.examples)}")
        network.mean_displacement.copy_(total / len(self.examples))
