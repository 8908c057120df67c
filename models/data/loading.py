"""Pictures at the network's size, a batch at a time, decoded in a thread while the network works."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.data.samples import resize_image

AHEAD = 2  # batches decoded before they are asked for


Resize = Callable[[NDArray[np.uint8], int], NDArray[np.uint8]]
"""(H, W, 3) and S to (S, S, 3)."""


class Loadable(Protocol):
    """Whatever has pixels: `load` gives (H, W, 3) uint8 RGB, upright; it is called once, in a thread."""

    @property
    def load(self) -> Callable[[], NDArray[np.uint8]]:
        """Reads the picture."""


Item = TypeVar("Item", bound=Loadable)


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

    batches = [items[start : start + batch_size] for start in range(0, len(items), batch_size)]
    with ThreadPoolExecutor(max_workers=1) as thread:
        waiting = [[thread.submit(load, item) for item in batch] for batch in batches[:AHEAD]]
        try:
            for number in range(len(batches)):
                ready = [future.result() for future in waiting.pop(0)]
                waiting += [[thread.submit(load, item) for item in batch] for batch in batches[number + AHEAD :][:1]]
                yield ready
        finally:
            thread.shutdown(cancel_futures=True)
