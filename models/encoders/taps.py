"""Pictures to the taps of a frozen encoder: from the feature store where they are, else encoded and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidConfig
from models.data.loading import load_windows
from models.data.samples import check_size, image_tensor, resize_image
from models.data.windows import Window, windows
from models.encoders.feature_store import EncodedPicture, FeatureStore, Taps, feature_key
from models.encoders.pretrained import (
    STRIDES,
    PretrainedEncoder,
    build_pretrained,
    rebuild_pretrained,
    state_identity,
    weights_identity,
)

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
class EncodedWindow(Generic[Item]):
    """A window of a picture as the encoder sees it.

    Args:
        picture: its taps, and the size of the whole picture.
        last: whether it is the last of its picture.
    """

    item: Item
    window: Window
    picture: EncodedPicture
    last: bool


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
        tile: side of the windows that it sees of larger pictures, in pixels; 0 for pictures as they are.
        known_identity: of the weights that a network was trained on, see `models.encoders.pretrained.weights_identity`;
            others are refused. `None` for whatever is there.
        tuned: state dict of the encoder where it learnt from labels; `None` where it is what `weights` says.
        watch: told after every batch how many windows of a picture were encoded, and how many it has.
    """

    name: str
    weights: str
    image_size: int
    store: FeatureStore
    device: torch.device
    known_channels: tuple[int, ...] | None = None
    fine: bool = False
    known_identity: str | None = None
    tile: int = 0
    tuned: Mapping[str, Tensor] | None = field(default=None, compare=False, repr=False)  # the identity tells it
    watch: Callable[[int, int], None] | None = field(default=None, compare=False, repr=False)

    @cached_property
    def encoder(self) -> PretrainedEncoder:
        """On its device; random weights are always the same ones.

        Raises:
            InvalidConfig: the weights are not there, or not those that are wanted.
        """
        if self.tuned is None and weights_identity(self.name, self.weights) != self.identity:
            raise InvalidConfig(f"weights {self.weights} are not those that this model was trained on", field="weights")
        with torch.random.fork_rng(devices=[]), torch.inference_mode(mode=False):
            torch.manual_seed(0)
            built = (
                build_pretrained(self.name, self.weights)
                if self.tuned is None
                else rebuild_pretrained(self.name, self.tuned)
            )
        return built.to(self.device).to(memory_format=torch.channels_last)

    @cached_property
    def identity(self) -> str:
        """Of the weights."""
        return self.known_identity or weights_identity(self.name, self.weights)

    def with_weights(self, encoder: PretrainedEncoder) -> Self:
        """The same with weights that were learnt, frozen from now on: neither finds what was kept of the other."""
        state = {key: value.cpu() for key, value in encoder.state_dict().items()}
        return replace(self, tuned=state, known_channels=self.channels, known_identity=state_identity(state))

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

    def encoded(self, pictures: Sequence[Item], batch_size: int) -> Iterator[list[EncodedWindow[Item]]]:
        """The pictures' windows with their taps, in batches; those of one picture one after the other.

        Pictures of which all is kept come first, the others in their order after them.
        """
        missing: list[Item] = []
        kept = chain.from_iterable(self._kept(pictures, missing))
        while batch := list(islice(kept, batch_size)):
            yield batch
        for loaded in load_windows(missing, self.tile, self.image_size, batch_size):
            taps = self.encode(image_tensor([one.small for one, _ in loaded], self.device))
            made = [
                EncodedWindow(one.item, window, EncodedPicture(values, one.size), self._is_last(window, one.size))
                for (one, window), values in zip(loaded, taps, strict=True)
            ]
            for one in made:
                if one.item.content:
                    self.store.keep(self._window_key(one.item.content, one.window), one.picture)
            if self.watch:
                last = made[-1]
                seen = windows(last.picture.size, self.tile, self.image_size)
                self.watch(seen.index(last.window) + 1, len(seen))
            yield made

    def looked(self, item: Item, size: tuple[int, int], wanted: Sequence[Window]) -> list[EncodedPicture]:
        """Some windows of one picture, in their order. Its pixels are read where one is not kept.

        They are encoded one at a time: what is made of a window does not depend on the others that are wanted.

        Args:
            size: height and width of the picture.
            wanted: of `models.data.windows.windows`.

        Raises:
            InvalidImage: the picture is of another size.
        """
        keys = [self._window_key(item.content, window) if item.content else "" for window in wanted]
        kept = [self.store.read(key, self.shapes) if key else None for key in keys]
        for picture in kept:
            if picture is not None:
                check_size(picture.size, size)
        if None not in kept:
            return [picture for picture in kept if picture is not None]
        pixels = item.load()
        check_size((pixels.shape[0], pixels.shape[1]), size)
        return [
            self._window_of(pixels, window, key) if picture is None else picture
            for window, key, picture in zip(wanted, keys, kept, strict=True)
        ]

    def _window_of(self, pixels: NDArray[np.uint8], window: Window, key: str) -> EncodedPicture:
        """One window of a picture, encoded alone and kept under `key`, if that is not ""."""
        small = resize_image(window.of(pixels), self.image_size)
        taps = self.encode(image_tensor([small], self.device))[0]
        made = EncodedPicture(taps, (pixels.shape[0], pixels.shape[1]))
        if key:
            self.store.keep(key, made)
        return made

    def _kept(self, pictures: Sequence[Item], missing: list[Item]) -> Iterator[list[EncodedWindow[Item]]]:
        """All windows of each picture that has them in the store; the others are added to `missing`.

        What is kept of a picture's first window tells how large the picture is, and so which its windows are.
        """
        for picture in pictures:
            found = self._kept_windows(picture) if picture.content else None
            if found is None:
                missing.append(picture)
            else:
                yield found

    def _kept_windows(self, item: Item) -> list[EncodedWindow[Item]] | None:
        first = self.store.read(self._window_key(item.content, None), self.shapes)
        if first is None:
            return None
        found: list[EncodedWindow[Item]] = []
        for window in windows(first.size, self.tile, self.image_size):
            key = self._window_key(item.content, window)
            picture = self.store.read(key, self.shapes) if found else first
            if picture is None:
                return None
            found.append(EncodedWindow(item, window, picture, self._is_last(window, first.size)))
        return found

    def _window_key(self, content: str, window: Window | None) -> str:
        """Of the first window where it is `None`."""
        if not self.tile:
            return self.key(content)
        return self.key(f"{content} {self.tile} {window.top if window else 0} {window.left if window else 0}")

    def _is_last(self, window: Window, size: tuple[int, int]) -> bool:
        return (window.top + window.height, window.left + window.width) == size

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
