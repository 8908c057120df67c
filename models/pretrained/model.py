"""A fitted network that looks at regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from maskloop.values import ObjectProposal
from models.data.samples import ImageToScore
from models.data.windows import windows
from models.features.model import FittedOnFeatures, encoder_of, evidence_of, network_tensors
from models.features.recipe import PretrainedRecipe
from models.fitted import provenance
from models.predictor import Prediction, PromptedImage
from models.pretrained.network import PyramidNetwork
from models.pretrained.predict import predict_images
from models.pretrained.prompts import propose


@dataclass(frozen=True)
class FittedPretrained(FittedOnFeatures[PyramidNetwork]):
    """A network that looks at regions."""

    FORMAT: ClassVar[str] = "maskloop.pretrained.1"

    def most_objects(self, size: tuple[int, int]) -> int:
        """The recipe's candidates of each window that the image is seen through."""
        seen = windows(size, self.encoder.tile, self.encoder.image_size)
        return self.recipe.most_objects * len(seen)

    def propose(self, images: Sequence[PromptedImage]) -> list[tuple[ObjectProposal, ...]]:
        """As `Predictor.propose`, see `models.pretrained.prompts`."""
        return propose(self.network, self.encoder, images, categories=self.categories, calibrator=self.calibrator)

    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        return predict_images(
            self.network,
            self.encoder,
            images,
            categories=self.categories,
            recipe=self.recipe,
            calibrator=self.calibrator,
            batch_size=batch_size,
        )

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe = PretrainedRecipe.from_dict(description["recipe"])
        channels = tuple(description["channels"])
        network = PyramidNetwork(channels, len(description["categories"]), *recipe.build_arguments())
        network.load_state_dict(network_tensors(tensors))
        return cls(
            network=network.to(device).to(memory_format=torch.channels_last).eval(),
            recipe=recipe,
            channels=channels,
            evidence=evidence_of(description, tensors),
            encoder=encoder_of(description, tensors, recipe, device),
            **provenance(description),
        )
