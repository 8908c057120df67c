"""Pictures to the taps of a frozen encoder: from the feature store where they are, else encoded and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidConfig
from models.data.loading import load_batches
from models.data.samples import image_tensor
from models.encoders.feature_store import EncodedPicture, FeatureStore, Taps, feature_key
from models.encoders.pretrained import STRIDES, PretrainedEncoder, build_pretrained, weights_identity

VERSION = 1
"""Of the taps' arithmetic; raised when a change makes them others."""


class Picture(Protocol):
    """Whatever has pixels: `load` gives (H, W, 3) uint8 RGB, upright. `content` is a hash of it, "" for not known."""

    @property
    def load(self) -> Callable[[], NDArray[np.uint8]]:
        """Reads the picture."""

    @property
    def content(self) -> str:
        """Hash of its file."""


Item = TypeVar("Item", bound=Picture)


@dataclass(frozen=True)
class FrozenEncoder:
    """An encoder that is built when the first picture has to be encoded, and the store of what it made before.

    Args:
        name, weights: see `models.encoders.pretrained.build_pretrained`.
        image_size: side of the square it sees, in pixels, a multiple of 32.
        store: of taps.
        device: where it computes.
        known_channels: of its taps; `None` to ask it.
        fine: whether taps at 1/2 come before the others.
        known_identity: of the weights that a network was trained on, see `models.encoders.pretrained.weights_identity`;
            others are refused. `None` for whatever is there.
    """

    name: str
    weights: str
    image_size: int
    store: FeatureStore
    device: torch.device
    known_channels: tuple[int, ...] | None = None
    fine: bool = False
    known_identity: str | None = None

    @cached_property
    def encoder(self) -> PretrainedEncoder:
        """On its device; random weights are always the same ones.

        Raises:
            InvalidConfig: the weights are not there, or not those that are wanted.
        """
        found = weights_identity(self.name, self.weights)
        if found != self.identity:
            raise InvalidConfig(f"weights {self.weights} are not those that this model was trained on", field="weights")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            built = build_pretrained(self.name, self.weights)
        return built.to(self.device).to(memory_format=torch.channels_last)

    @cached_property
    def identity(self) -> str:
        """Of the weights."""
        return self.known_identity or weights_identity(self.name, self.weights)

    @property
    def channels(self) -> tuple[int, ...]:
        """Of the taps, finest first."""
        return self.known_channels or (self.encoder.all_channels if self.fine else self.encoder.channels)

    @cached_property
    def shapes(self) -> list[tuple[int, ...]]:
        """(channels, h, w) of each tap."""
        strides = [2] * (len(self.channels) - len(STRIDES)) + list(STRIDES)
        sides = [self.image_size // stride for stride in strides]
        return [(number, side, side) for number, side in zip(self.channels, sides, strict=True)]

    def key(self, content: str, view: int = 0) -> str:
        """What a picture's view is kept under."""
        return feature_key(VERSION, self.name, self.identity, self.image_size, self.fine, content, view)

    def encoded(self, pictures: Sequence[Item], batch_size: int) -> Iterator[list[tuple[Item, EncodedPicture]]]:
        """The pictures with their taps, in batches; those that are kept first, the others in their order after them."""
        kept: list[tuple[Item, EncodedPicture]] = []
        missing: list[Item] = []
        for picture in pictures:
            known = self.store.read(self.key(picture.content), self.shapes) if picture.content else None
            if known is None:
                missing.append(picture)
                continue
            kept.append((picture, known))
            if len(kept) == batch_size:
                yield kept
                kept = []
        if kept:
            yield kept
        for batch in load_batches(missing, self.image_size, batch_size):
            taps = self.encode(image_tensor([loaded.small for loaded in batch], self.device))
            made = [
                (loaded.item, EncodedPicture(values, loaded.size)) for loaded, values in zip(batch, taps, strict=True)
            ]
            for picture, encoded in made:
                if picture.content:
                    self.store.keep(self.key(picture.content), encoded)
            yield made

    @torch.inference_mode()
    def encode(self, images: Tensor) -> list[Taps]:
        """(B, 3, S, S) in [0, 1] to each picture's taps, float16.

        Computed in float32 everywhere: bfloat16, where a processor has it, halves the time, but moves the deepest taps
        by 8 % on average, so that a network would be another one on another machine.
        """
        pixels = images.contiguous(memory_format=torch.channels_last)
        taps = [tap.half().contiguous().cpu().numpy() for tap in self.encoder(pixels, fine=self.fine)]
        return [tuple(tap[row] for tap in taps) for row in range(len(images))]

    def tensors(self, taken: Sequence[Taps]) -> list[Tensor]:
        """Taps of B pictures to (B, channels, h, w) float32 each, on the device."""
        return join_taps(taken, self.device)


def join_taps(taken: Sequence[Taps], device: torch.device) -> list[Tensor]:
    """Taps of B pictures to (B, channels, h, w) float32 each, channels last, on the device."""
    return [
        torch.from_numpy(np.stack([taps[level] for taps in taken]))
        .to(device)
        .to(torch.float32, memory_format=torch.channels_last)
        for level in range(len(taken[0]))
    ]
