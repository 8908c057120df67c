"""A fitted annotation network in one file, see `models.fitted`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from maskloop.errors import UnsupportedPrompts
from maskloop.values import ObjectProposal
from models.annotation.network import AnnotationNetwork, build_network
from models.annotation.predict import predict_images
from models.annotation.recipe import Recipe
from models.data.samples import ImageToScore
from models.encoders.features import ImageEncoder
from models.fitted import FittedNetwork, provenance
from models.predictor import PROMPTABLE, Prediction, PromptedImage


@dataclass(frozen=True)
class FittedModel(FittedNetwork[AnnotationNetwork, Recipe]):
    """A trained annotation network with its head."""

    FORMAT: ClassVar[str] = "maskloop.model.1"

    @property
    def needs_counts(self) -> bool:
        """As `Predictor.needs_counts`; the recipe says so."""
        return self.recipe.needs_counts

    def most_objects(self, size: tuple[int, int]) -> int:
        """The recipe's steps, whatever the image."""
        return self.recipe.steps

    def propose(self, images: Sequence[PromptedImage]) -> list[tuple[ObjectProposal, ...]]:
        """Raises UnsupportedPrompts: a recurrent network finds one object after the other, and cannot be shown one."""
        raise UnsupportedPrompts(
            f"a network of the recipe `{self.recipe.name}` takes no prompts; {PROMPTABLE}", field="model_version"
        )

    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        return predict_images(
            self.network,
            self.categories,
            self.recipe,
            self.calibrator,
            images,
            device=device,
            batch_size=batch_size,
        )

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe = Recipe.from_dict(description["recipe"])
        network = build_network(recipe, len(description["categories"]))
        network.load_state_dict(dict(tensors))
        network = network.to(device)
        if device.type == "cuda":
            network = network.to(memory_format=torch.channels_last)
        return cls(network=network.eval(), recipe=recipe, **provenance(description))


def model_encoder(model: FittedModel) -> ImageEncoder:
    """A trained model's encoder: its features are those of its predictions."""
    return ImageEncoder(model.network.encoder, model.recipe.image_size, first_taps=0)
