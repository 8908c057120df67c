"""The face of every refinement: an image and its class maps in, labels and probabilities of its pixels out.

Nothing here depends on how the maps were made: those of `models.localization.maps.ClassMaps` fit, and any others of the
same form. What refinements share is here as well: the row of the ground beside the maps, and labels as class indices.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument

GROUND = 0
UNKNOWN = 255
MOST_CLASSES = UNKNOWN - 1


class MapsToRefine(Protocol):
    """Where an image of H x W pixels shows each of its n classes."""

    @property
    def classes(self) -> tuple[int, ...]:
        """Class indices, in the order of the maps."""

    @property
    def strided(self) -> Tensor:
        """(n, ceil(H / 4), ceil(W / 4)) float32 in [0, 1]."""

    @property
    def whole(self) -> Tensor:
        """(n, H, W) float32 in [0, 1]."""


@dataclass(frozen=True)
class Refined:
    """What a refinement makes of an image's class maps.

    Args:
        classes: class indices, in the order of the maps.
        labels: (H, W) int32: 0 for the ground, 1 + class index, 255 for unknown, which few methods say.
        probabilities: (n + 1, H, W) float32 in [0, 1], the ground's first; each pixel's add up to 1.
    """

    classes: tuple[int, ...]
    labels: NDArray[np.int32]
    probabilities: NDArray[np.float32]


class Refiner(ABC):
    """A way of making class maps exact; its fields are its options, and its network where it has one."""

    @abstractmethod
    def refine(self, image: NDArray[np.uint8], maps: MapsToRefine) -> Refined:
        """Labels and probabilities of each pixel.

        Args:
            image: (H, W, 3) uint8 RGB.
            maps: of the image.

        Raises:
            InvalidArgument: the maps are not of the image's size, or of no class.
        """


class Ground(ABC):
    """How much speaks for the ground, beside how much speaks for each class."""

    @abstractmethod
    def beside(self, maps: Tensor) -> Tensor:
        """(..., h, w) in [0, 1] from maps (..., n, h, w) in [0, 1]."""

    def before(self, maps: Tensor) -> Tensor:
        """(..., n + 1, h, w): the ground, then the maps."""
        return torch.cat([self.beside(maps)[..., None, :, :], maps], dim=-3)


@dataclass(frozen=True)
class ConstantGround(Ground):
    """The same everywhere: a threshold that a class has to pass.

    Args:
        threshold: in [0, 1].
    """

    threshold: float

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InvalidArgument(f"a threshold in [0, 1] is needed, not {self.threshold}", field="threshold")

    def beside(self, maps: Tensor) -> Tensor:
        """See `Ground.beside`."""
        return torch.full_like(maps[..., 0, :, :], self.threshold)


@dataclass(frozen=True)
class PoweredGround(Ground):
    """(1 - largest map)^alpha (Ahn, Kwak, *Learning pixel-level semantic affinity with image-level supervision*, 2018).

    Args:
        alpha: above 0; the larger, the less ground.
    """

    alpha: float

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise InvalidArgument(f"an alpha above 0 is needed, not {self.alpha}", field="alpha")

    def beside(self, maps: Tensor) -> Tensor:
        """See `Ground.beside`."""
        return (1 - maps.amax(dim=-3)).clamp(min=0) ** self.alpha


def check_maps(image: NDArray[np.uint8], maps: MapsToRefine) -> None:
    """Check what a refinement is asked.

    Raises:
        InvalidArgument: the image is none, or the maps are not of its size, or of no class, or of too many.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InvalidArgument(f"an image (H, W, 3) uint8 is needed, not {image.shape} {image.dtype}", field="image")
    wanted = (len(maps.classes), *image.shape[:2])
    if not maps.classes or tuple(maps.whole.shape) != wanted:
        raise InvalidArgument(
            f"maps {tuple(maps.whole.shape)} came with {len(maps.classes)} classes and an image of "
            f"{image.shape[0]} x {image.shape[1]} pixels",
            field="maps",
        )
    if not all(0 <= index < MOST_CLASSES for index in maps.classes):
        raise InvalidArgument(f"classes from 0 to {MOST_CLASSES - 1} are needed, not {maps.classes}", field="classes")


def class_labels(rows: NDArray[np.integer], classes: Sequence[int]) -> NDArray[np.int32]:
    """Labels from rows of (n + 1, H, W) maps: row 0 is the ground, row 1 + k the k-th class; 255 stays.

    Args:
        rows: of any shape, 0 to n or 255.
        classes: class indices of the n maps.
    """
    table = np.full(UNKNOWN + 1, UNKNOWN, dtype=np.int32)
    table[: len(classes) + 1] = [GROUND, *(1 + index for index in classes)]
    labels: NDArray[np.int32] = table[rows]
    return labels
