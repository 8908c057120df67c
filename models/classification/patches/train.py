"""Training of the classifier of patches.

Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from maskloop.errors import InvalidArgument, InvalidLabel
from models.classification.patches import views
from models.classification.patches.cutting import Patch
from models.classification.patches.model import FittedPatchClassifier
from models.classification.patches.network import PatchClassifier, build_patch_classifier
from models.classification.patches.recipe import PatchRecipe
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic, drawn_from
from models.training.epochs import places_of
from models.training.fingerprint import TrainingInputs
from models.training.loop import LoopSettings, Progress, Task, run

VERSION = 1
"""Of network, loss, optimiser and batches; raised when a change makes trainings come to other weights."""


def train_patches(
    patches: Sequence[Patch],
    classes: int,
    recipe: PatchRecipe,
    *,
    seed: int,
    device: torch.device,
    resume_path: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
) -> FittedPatchClassifier:
    """Train the recipe's classifier on patches whose classes are known.

    Args:
        patches: their order has no influence.
        classes: C.
        resume_path, progress, cache: see `models.training.loop.run`.

    Raises:
        InvalidArgument: there is no patch, or one of them twice.
        InvalidLabel: a patch holds a class that is not of C.
        InvalidConfig: the encoder's weights do not exist or do not fit.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    task = PatchTask.of(patches, classes, recipe, seed=seed, device=device)
    iterations = recipe.iterations(len(task.patches))
    network = run(task, iterations, seed, resume_path=resume_path, cache=cache, progress=progress)
    return FittedPatchClassifier(network, recipe, classes, seed, Arithmetic.of(device))


@dataclass(frozen=True)
class PatchBatch:
    """(B, 3, S, S) normalised images, (B, C) float targets, and the seed of what dropout drops."""

    images: Tensor
    targets: Tensor
    draw: int


@dataclass(frozen=True)
class PatchTask(Task[PatchClassifier, PatchBatch]):
    """Training of the whole classifier, but for the encoder's norms."""

    patches: tuple[Patch, ...]
    classes: int
    recipe: PatchRecipe

    @classmethod
    def of(
        cls, patches: Sequence[Patch], classes: int, recipe: PatchRecipe, *, seed: int, device: torch.device
    ) -> PatchTask:
        """The recipe's training of a new network; errors as `train_patches`."""
        ordered = sorted(patches, key=_place)
        if not ordered or len(set(map(_place, ordered))) < len(ordered):
            raise InvalidArgument("there is no patch to learn from, or one is there twice", field="patches")
        for item in ordered:
            if not all(0 <= index < classes for index in item.present):
                raise InvalidLabel(f"image {item.image_id}: a patch holds {item.present}, of {classes} classes")
        network = build_patch_classifier(recipe, classes, weights=recipe.weights, seed=seed).to(device)
        settings = LoopSettings(decay="poly", checkpoint_every=recipe.checkpoint_every, horizon=recipe.horizon)
        return cls(network, settings, tuple(ordered), classes, recipe)

    def inputs(self) -> TrainingInputs:
        """All patches in their order, whatever their images' ids."""
        data: dict[str, Tensor] = {}
        for place, item in enumerate(self.patches):
            data[f"{place} pixels"] = torch.tensor(np.array(item.pixels))
            data[f"{place} present"] = torch.tensor(item.present, dtype=torch.int64)
        return TrainingInputs(self.recipe.shaping(), data, versions())

    def optimizer(self) -> torch.optim.Optimizer:
        """The recipe's."""
        recipe, network = self.recipe, self.network
        trunk = [parameter for parameter in network.encoder.parameters() if parameter.requires_grad]
        groups = [
            {"params": trunk, "rate": recipe.rate},
            {"params": list(network.head.parameters()), "rate": recipe.head_factor * recipe.rate},
        ]
        if recipe.optimizer == "sgd":
            momentum, decay = recipe.sgd
            return torch.optim.SGD(groups, lr=recipe.rate, momentum=momentum, weight_decay=decay)
        return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)

    def batch(self, seed: int, iteration: int) -> PatchBatch:
        """Views of some patches."""
        rng = np.random.default_rng([seed, 1, iteration])
        chosen = [self.patches[place] for place in places_of(len(self.patches), self.recipe.batch, seed, iteration)]
        shown = [views.training_view(item.pixels, self.recipe, rng) for item in chosen]
        targets = torch.zeros(len(chosen), self.classes)
        for row, item in enumerate(chosen):
            targets[row, list(item.present)] = 1
        draw = int(rng.integers(2**62))
        return PatchBatch(views.network_input(shown, self.recipe, self.device), targets.to(self.device), draw)

    def loss(self, batch: PatchBatch, done: float) -> Tensor:
        """Binary cross-entropy with logits, the mean over patches and classes."""
        with drawn_from(batch.draw, self.device):
            logits = self.network(batch.images)
        return F.binary_cross_entropy_with_logits(logits.float(), batch.targets)


def versions() -> dict[str, int]:
    """Of the parts of the code that decide what these trainings come to, see `models.training.fingerprint`."""
    return {"patches": VERSION, "patch views": views.VERSION}


def _place(item: Patch) -> tuple[str, int, int]:
    return item.image_id, item.window.top, item.window.left
