"""Other images than the one that a classifier is fitted to: random crops of such that share no class with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.classification.recipe import ClassifierRecipe
from models.classification.views import training_views
from models.data.samples import normalise
from models.training.readings import Readings


@dataclass(frozen=True)
class LabeledCrops:
    """(n, 3, S, S) normalised images, and class indices of each."""

    images: Tensor
    classes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class RibCrops(Readings):
    """Where other crops are cut from, and how: resized, mirrored and framed as in the training of the classifier.

    Args:
        images: (H, W, 3) uint8 RGB each, of any sizes.
        classes: class indices of each. An image that holds none has no logit that counts, and is never drawn.
        seed: of every draw.
        number: of different images that are drawn; all that share no class where there are fewer. The paper counts 20
            together with the image that they are drawn for, the authors' program 20 besides it (15 for COCO).
        side: of a crop in pixels, a multiple of 32.
        shortest, longest: what an image's longer side is resized to, drawn between these two.

    Raises:
        InvalidArgument: not as many images as classes, or a negative number.
        InvalidConfig: an impossible size.
    """

    images: Sequence[NDArray[np.uint8]]
    classes: Sequence[Sequence[int]]
    seed: int = 0
    number: int = 20
    side: int = 512
    shortest: int = 320
    longest: int = 640

    PAPER: ClassVar[Mapping[str, Any]] = {"number": 19}

    def __post_init__(self) -> None:
        if len(self.images) != len(self.classes):
            raise InvalidArgument(f"{len(self.images)} images came with classes of {len(self.classes)}", field="others")
        if self.number < 0:
            raise InvalidArgument(f"{self.number} crops cannot be drawn", field="number")
        _ = self.recipe  # which checks the sizes

    @cached_property
    def recipe(self) -> ClassifierRecipe:
        """Of the crops."""
        return ClassifierRecipe(image_size=self.side, shortest=self.shortest, longest=self.longest)

    def draw(self, pixels: NDArray[np.uint8], classes: Sequence[int], step: int, device: torch.device) -> LabeledCrops:
        """Crops for a step of fitting to an image: they follow from the seed, the image's pixels and the step alone.

        Args:
            pixels: (H, W, 3) uint8 RGB, the image.
            classes: that it is labeled with.
        """
        digest = hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).digest()
        rng = np.random.default_rng([self.seed, int.from_bytes(digest[:8], "big"), step])
        apart = [place for place, held in enumerate(self.classes) if held and not set(held) & set(classes)]
        drawn = [int(place) for place in rng.permutation(apart)[: self.number]]
        if not drawn:
            return LabeledCrops(torch.zeros(0, 3, self.side, self.side, device=device), ())
        views = training_views([self.images[place] for place in drawn], self.recipe, rng, device)
        return LabeledCrops(normalise(views), tuple(tuple(self.classes[place]) for place in drawn))
