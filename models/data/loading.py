"""Pictures at the network's size, a batch at a time, decoded in a thread while the network works."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.data.samples import resize_image
from models.data.windows import Window, windows

AHEAD = 2  # batches decoded before they are asked for


Resize = Callable[[NDArray[np.uint8], int], NDArray[np.uint8]]
"""(H, W, 3) and S to (S, S, 3)."""


class Loadable(Protocol):
    """Whatever has pixels: `load` gives (H, W, 3) uint8 RGB, upright; it is called once, in a thread."""

    @property
    def load(self) -> Callable[[], NDArray[np.uint8]]:
        """Reads the picture."""


Item = TypeVar("Item", bound=Loadable)
Made = TypeVar("Made")


@dataclass(frozen=True)
class Loaded(Generic[Item]):
    """A picture at the network's size (S, S, 3) uint8, and its own height and width."""

    item: Item
    small: NDArray[np.uint8]
    size: tuple[int, int]


def load_batches(
    items: Sequence[Item], image_size: int, batch_size: int, resize: Resize = resize_image
) -> Iterator[list[Loaded[Item]]]:
    """The items in their order, resized to (image_size, image_size), in batches; a few batches are read ahead."""

    def load(item: Item) -> Loaded[Item]:
        pixels = item.load()
        return Loaded(item, resize(pixels, image_size), (pixels.shape[0], pixels.shape[1]))

    loaded = _ahead(load, items, AHEAD * batch_size)
    while batch := list(islice(loaded, batch_size)):
        yield batch


def load_windows(
    items: Sequence[Item], side: int, image_size: int, batch_size: int
) -> Iterator[list[tuple[Loaded[Item], Window]]]:
    """As `load_batches`, of every window of the items, those of one item one after the other.

    Args:
        side: of a window, in pixels of the picture, see `models.data.windows.windows`.
    """

    def load(item: Item) -> list[tuple[Loaded[Item], Window]]:
        pixels = item.load()
        size = (pixels.shape[0], pixels.shape[1])
        return [
            (Loaded(item, resize_image(window.of(pixels), image_size), size), window)
            for window in windows(size, side, image_size)
        ]

    loaded = chain.from_iterable(_ahead(load, items, 1 if side else AHEAD * batch_size))
    while batch := list(islice(loaded, batch_size)):
        yield batch


def _ahead(load: Callable[[Item], Made], items: Sequence[Item], number: int) -> Iterator[Made]:
    """What `load` makes of the items, in their order; it works in a thread, up to so many items ahead."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        remaining = iter(items)
        waiting = deque(thread.submit(load, item) for item in islice(remaining, number))
        try:
            while waiting:
                made = waiting.popleft().result()
                waiting += [thread.submit(load, item) for item in islice(remaining, 1)]
                yield made
        finally:
            thread.shutdown(cancel_futures=True)
