"""A trained segmentation network in one file, see `models.training.model_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.segmentation.network import SegmentationNetwork, build_segmentation
from models.segmentation.predict import SCALES, Reading, image_probabilities
from models.segmentation.recipe import SegmentationRecipe
from models.training.determinism import Arithmetic
from models.training.model_file import InOneFile


@dataclass(frozen=True)
class FittedSegmentation(InOneFile):
    """A trained network, and where it came from.

    Args:
        network: in eval mode.
        classes: C.
        seed: of the training.
        arithmetic: of the process that trained it.
    """

    FORMAT: ClassVar[str] = "maskloop.segmentation.1"

    network: SegmentationNetwork
    recipe: SegmentationRecipe
    classes: int
    seed: int
    arithmetic: Arithmetic | None = None

    def reading(self, scales: tuple[float, ...] = SCALES, *, flips: bool = True) -> Reading:
        """By the recipe's tiles and windows; errors as of `Reading`."""
        recipe = self.recipe
        return Reading(scales, flips, recipe.tile, recipe.tile_stride, recipe.window, recipe.window_stride)

    def probabilities(self, pixels: NDArray[np.uint8], reading: Reading | None = None) -> NDArray[np.float32]:
        """(C, H, W) float32 in [0, 1] of an image (H, W, 3) uint8 RGB; pixels add up to 1.

        Args:
            reading: `None` for the recipe's, at all scales.
        """
        device = next(self.network.parameters()).device
        shares = image_probabilities(self.network, pixels, reading or self.reading(), device)
        return shares.cpu().numpy()

    def labels(self, pixels: NDArray[np.uint8], reading: Reading | None = None) -> NDArray[np.uint8]:
        """(H, W) uint8 class indices; arguments as `probabilities`."""
        said: NDArray[np.uint8] = self.probabilities(pixels, reading).argmax(axis=0).astype(np.uint8)
        return said

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
        recipe, classes = SegmentationRecipe.from_dict(description["recipe"]), int(description["classes"])
        network = build_segmentation(recipe, classes)
        network.load_state_dict(dict(tensors))
        arithmetic = Arithmetic.from_dict(description["arithmetic"])
        return cls(network.to(device).eval(), recipe, classes, description["seed"], arithmetic)
