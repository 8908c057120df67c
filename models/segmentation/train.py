"""Training of the segmentation network on masks that may be wrong, each pixel weighed.

Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from maskloop.errors import InvalidArgument, InvalidLabel
from models.metrics.semantic import UNKNOWN
from models.segmentation import views
from models.segmentation.model import FittedSegmentation
from models.segmentation.network import SegmentationNetwork, build_segmentation, sized
from models.segmentation.pixel_weights import weighted_loss
from models.segmentation.recipe import SegmentationRecipe
from models.segmentation.views import LabeledPixels, SegmentationBatch
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic, drawn_from
from models.training.fingerprint import TrainingInputs
from models.training.loop import LoopSettings, Progress, Task, run

VERSION = 1
"""Of network, loss and optimiser; raised when a change makes trainings come to other weights."""


def train_segmentation(
    examples: Sequence[LabeledPixels],
    classes: int,
    recipe: SegmentationRecipe,
    *,
    seed: int,
    device: torch.device,
    resume_path: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
) -> FittedSegmentation:
    """Train the recipe's network on images with a label for every pixel.

    Args:
        examples: their order has no influence.
        classes: C, 2 or more.
        resume_path, progress, cache: see `models.training.loop.run`.

    Raises:
        InvalidArgument: there is no image, or one is there twice, or there are fewer than two classes.
        InvalidLabel: a pixel is of a class that is not of C.
        InvalidConfig: the encoder's weights do not exist or do not fit.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    task = SegmentationTask.of(examples, classes, recipe, seed=seed, device=device)
    network = run(task, recipe.iterations, seed, resume_path=resume_path, cache=cache, progress=progress)
    return FittedSegmentation(network, recipe, classes, seed, Arithmetic.of(device))


@dataclass(frozen=True)
class SegmentationTask(Task[SegmentationNetwork, SegmentationBatch]):
    """Training of encoder and both heads."""

    tiles: tuple[LabeledPixels, ...]
    recipe: SegmentationRecipe

    @classmethod
    def of(
        cls,
        examples: Sequence[LabeledPixels],
        classes: int,
        recipe: SegmentationRecipe,
        *,
        seed: int,
        device: torch.device,
    ) -> SegmentationTask:
        """The recipe's training of a new network; errors as `train_segmentation`."""
        ordered = tuple(sorted(examples, key=lambda item: item.image_id))
        if not ordered or len({item.image_id for item in ordered}) < len(ordered):
            raise InvalidArgument("there is no image to learn from, or one is there twice", field="examples")
        if classes < 2:
            raise InvalidArgument(f"{classes} classes; at least 2 are needed", field="classes")
        for item in ordered:
            beyond = np.setdiff1d(item.labels[item.labels >= classes], [UNKNOWN])
            if beyond.size:
                raise InvalidLabel(f"image {item.image_id}: pixels are of class {beyond[0]}, of {classes}")
        network = build_segmentation(recipe, classes, weights=recipe.weights, seed=seed).to(device)
        settings = LoopSettings(
            decay="poly", checkpoint_every=recipe.checkpoint_every, least=recipe.min_rate / recipe.rate
        )
        return cls(network, settings, views.all_tiles(ordered, recipe), recipe)

    def inputs(self) -> TrainingInputs:
        """All tiles in their order, whatever their images' ids."""
        data: dict[str, Tensor] = {}
        for place, item in enumerate(self.tiles):
            data[f"{place} pixels"] = torch.tensor(np.array(item.pixels))
            data[f"{place} labels"] = torch.tensor(np.array(item.labels))
        return TrainingInputs(self.recipe.shaping(), data, versions())

    def optimizer(self) -> torch.optim.Optimizer:
        """The recipe's."""
        recipe, network = self.recipe, self.network
        trunk = [parameter for parameter in network.encoder.parameters() if parameter.requires_grad]
        heads = [*network.head.parameters(), *network.auxiliary.parameters()]
        groups = [
            {"params": trunk, "rate": recipe.rate},
            {"params": heads, "rate": recipe.head_factor * recipe.rate},
        ]
        if recipe.optimizer == "sgd":
            return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
        return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)

    def batch(self, seed: int, iteration: int) -> SegmentationBatch:
        """See `models.segmentation.views.draw_segmentation_batch`."""
        return views.draw_segmentation_batch(self.tiles, self.recipe, seed, iteration, self.device)

    def loss(self, batch: SegmentationBatch, done: float) -> Tensor:
        """Of both heads, their logits at the labels' size."""
        recipe, official = self.recipe, self.recipe.compat == "official"
        with drawn_from(batch.draw, self.device):
            heads = self.network.both(batch.images)
        main, auxiliary = (
            weighted_loss(recipe.weighing, sized(logits, batch.labels.shape[1:]), batch.labels, official=official)
            for logits in heads
        )
        return main + recipe.auxiliary * auxiliary


def versions() -> dict[str, int]:
    """Of the parts of the code that decide what these trainings come to, see `models.training.fingerprint`."""
    return {"segmentation": VERSION, "segmentation views": views.VERSION}
