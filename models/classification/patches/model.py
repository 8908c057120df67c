"""A trained classifier of patches in one file, see `models.training.model_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from models.classification.patches.network import PatchClassifier, build_patch_classifier
from models.classification.patches.recipe import PatchRecipe
from models.training.determinism import Arithmetic
from models.training.model_file import InOneFile


@dataclass(frozen=True)
class FittedPatchClassifier(InOneFile):
    """A trained classifier of patches, and where it came from.

    Args:
        network: in eval mode.
        classes: C.
        seed: of the training.
        arithmetic: of the process that trained it.
    """

    FORMAT: ClassVar[str] = "maskloop.patch-classifier.1"

    network: PatchClassifier
    recipe: PatchRecipe
    classes: int
    seed: int
    arithmetic: Arithmetic | None = None

    def _description(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_dict(),
            "classes": self.classes,
            "seed": self.seed,
            "arithmetic": self.arithmetic.to_dict() if self.arithmetic else None,
        }

    def _tensors(self) -> dict[str, Tensor]:
        return self.network.state_dict()

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe, classes = PatchRecipe.from_dict(description["recipe"]), int(description["classes"])
        network = build_patch_classifier(recipe, classes)
        network.load_state_dict(dict(tensors))
        arithmetic = Arithmetic.from_dict(description["arithmetic"])
        return cls(network.to(device).eval(), recipe, classes, description["seed"], arithmetic)
