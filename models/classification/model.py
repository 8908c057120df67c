"""A trained classifier in one file, see `models.training.model_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from models.classification.network import ImageClassifier, build_classifier
from models.classification.recipe import ClassifierRecipe
from models.classification.views import reading_view
from models.encoders.features import ImageEncoder
from models.training.determinism import Arithmetic
from models.training.model_file import InOneFile


@dataclass(frozen=True)
class FittedClassifier(InOneFile):
    """A trained classifier, and where it came from.

    Args:
        network: in eval mode.
        categories: the vocabulary's ids in the order of class indices.
        seed: of the training.
        snapshot: ids of the images it learnt from, sorted.
        metrics: what the held-out fit measured on the images held out of it.
        names: of the categories, in their order; empty if nobody told them.
        arithmetic: of the process that trained it; `None` for classifiers of versions that did not record it.
    """

    FORMAT: ClassVar[str] = "maskloop.classifier.1"

    network: ImageClassifier
    recipe: ClassifierRecipe
    categories: tuple[int, ...]
    seed: int
    snapshot: tuple[str, ...]
    metrics: Mapping[str, float]
    names: tuple[str, ...] = ()
    arithmetic: Arithmetic | None = None

    @property
    def head(self) -> Tensor:
        """(C, D) float32 on the CPU: logits are `features @ head.T`."""
        return self.network.head.weight.detach().flatten(1).float().cpu()

    @property
    def encoder(self) -> ImageEncoder:
        """Reads images into the features that `head` is for, by `models.encoders.features.encode_images`."""
        return ImageEncoder(self.network.encoder, self.recipe.image_size, 0, reading_view(self.recipe))

    def _description(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_dict(),
            "categories": self.categories,
            "seed": self.seed,
            "snapshot": self.snapshot,
            "metrics": dict(self.metrics),
            "names": self.names,
            "arithmetic": self.arithmetic.to_dict() if self.arithmetic else None,
        }

    def _tensors(self) -> dict[str, Tensor]:
        return self.network.state_dict()

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe = ClassifierRecipe.from_dict(description["recipe"])
        network = build_classifier(recipe, len(description["categories"]))
        network.load_state_dict(dict(tensors))
        return cls(
            network.to(device).eval(),
            recipe,
            tuple(description["categories"]),
            description["seed"],
            tuple(description["snapshot"]),
            description["metrics"],
            tuple(description["names"]),
            Arithmetic.from_dict(description.get("arithmetic")),
        )
