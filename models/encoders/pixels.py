"""Pictures in the place of their taps, for a training whose encoder learns: nothing can be encoded before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from models.encoders.feature_store import FeatureStore, Taps, feature_key


@dataclass(frozen=True)
class Pixels:
    """The encoder that there is not: a picture is its own and only tap, at stride 1, in [0, 1].

    Views of labels lie in the store as taps do, so that a training holds as few of them in memory.

    Args:
        image_size: side of the square, in pixels.
        store: of pictures.
    """

    image_size: int
    store: FeatureStore

    device: ClassVar[torch.device] = torch.device("cpu")

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """(3, S, S)."""
        return [(3, self.image_size, self.image_size)]

    def key(self, content: str, view: int = 0) -> str:
        """What a picture's view is kept under."""
        return feature_key("pixels", self.image_size, content, view)

    def encode(self, images: Tensor) -> list[Taps]:
        """(B, 3, S, S) in [0, 1] to the same in float16, whose steps there are finer than a picture's own."""
        return [(picture,) for picture in images.half().numpy()]
