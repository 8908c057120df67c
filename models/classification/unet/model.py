"""Trained U-Nets in one file, see `models.training.model_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.classification.unet.network import UnetClassifier, build_unet
from models.classification.unet.recipe import UnetRecipe
from models.training.determinism import Arithmetic
from models.training.model_file import InOneFile


@dataclass(frozen=True)
class FittedUnet(InOneFile):
    """The trained networks of some classes, and where they came from.

    Args:
        networks: in eval mode; one a category, or one of all of them.
        categories: ids, in the order of networks or of logits.
        seed: of the training.
        snapshot: ids of the images it was given, sorted.
        metrics: "held_out_f" and the categories of each network that was chosen by it, in [0, 1].
        arithmetic: of the process that trained it.
    """

    FORMAT: ClassVar[str] = "maskloop.unet.1"

    networks: tuple[UnetClassifier, ...]
    recipe: UnetRecipe
    categories: tuple[int, ...]
    seed: int
    snapshot: tuple[str, ...]
    metrics: Mapping[str, float]
    arithmetic: Arithmetic | None = None

    def network_of(self, category_id: int) -> tuple[UnetClassifier, int]:
        """The network that knows a category, and the category's class index there.

        Raises:
            InvalidArgument: none does.
        """
        if category_id not in self.categories:
            raise InvalidArgument(f"category {category_id} was not learnt", field="category_id")
        place = self.categories.index(category_id)
        return (self.networks[0], place) if self.recipe.joint else (self.networks[place], 0)

    def _description(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_dict(),
            "categories": self.categories,
            "seed": self.seed,
            "snapshot": self.snapshot,
            "metrics": dict(self.metrics),
            "arithmetic": self.arithmetic.to_dict() if self.arithmetic else None,
        }

    def _tensors(self) -> dict[str, Tensor]:
        return {
            f"{place}.{name}": value
            for place, network in enumerate(self.networks)
            for name, value in network.state_dict().items()
        }

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe, categories = UnetRecipe.from_dict(description["recipe"]), tuple(description["categories"])
        networks = []
        for place in range(1 if recipe.joint else len(categories)):
            network = build_unet(recipe, len(categories) if recipe.joint else 1)
            prefix = f"{place}."
            own = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
            network.load_state_dict(own)
            networks.append(network.requires_grad_(requires_grad=False).to(device).eval())
        return cls(
            tuple(networks),
            recipe,
            categories,
            description["seed"],
            tuple(description["snapshot"]),
            description["metrics"],
            Arithmetic.from_dict(description["arithmetic"]),
        )
