"""A trained classifier of patches in one file, see `models.training.model_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from models.classification.patches.network import PatchClassifier, build_patch_classifier
from models.classification.patches.recipe import PatchRecipe
from models.training.determinism import Arithmetic
from models.training.model_file import read_model, write_model

FORMAT = "maskloop.patch-classifier.1"


@dataclass(frozen=True)
class FittedPatchClassifier:
    """A trained classifier of patches, and where it came from.

    Args:
        network: in eval mode.
        classes: C.
        seed: of the training.
        arithmetic: of the process that trained it.
    """

    network: PatchClassifier
    recipe: PatchRecipe
    classes: int
    seed: int
    arithmetic: Arithmetic | None = None

    def save(self, path: Path) -> None:
        """Write the classifier to `path`, whole or not at all.

        Raises:
            StorageFull: the disk is full; what was at `path` is kept.
        """
        description = {
            "recipe": self.recipe.to_dict(),
            "classes": self.classes,
            "seed": self.seed,
            "arithmetic": self.arithmetic.to_dict() if self.arithmetic else None,
        }
        write_model(path, FORMAT, description, self.network.state_dict())

    @classmethod
    def load(cls, path: Path, device: torch.device) -> Self:
        """Read a classifier that `save` wrote onto `device`.

        Raises:
            ModelNotFound: there is no file at `path`.
            InvalidArgument: the file is damaged, or no classifier of patches of ours.
        """
        return read_model(path, FORMAT, lambda description, tensors: cls._build(description, tensors, device))

    @classmethod
    def _build(cls, description: dict[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe, classes = PatchRecipe.from_dict(description["recipe"]), int(description["classes"])
        network = build_patch_classifier(recipe, classes)
        network.load_state_dict(dict(tensors))
        arithmetic = Arithmetic.from_dict(description["arithmetic"])
        return cls(network.to(device).eval(), recipe, classes, description["seed"], arithmetic)
