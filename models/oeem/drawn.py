"""A bounded draw among parts of images that come one by one: none gives a second part before all gave one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from models.data.windows import Window

Part = TypeVar("Part")


@dataclass
class Drawn(Generic[Part]):
    """Parts of images, of which at most `most` are kept; which, the seed says, and not the order in which they come.

    Args:
        most: parts in all.
        of_each: parts of one image.
    """

    seed: int
    most: int
    of_each: int
    _kept: list[tuple[tuple[int, bytes], Part]] = field(default_factory=list)

    def offer(self, image_id: str, windows: Sequence[Window], part: Callable[[Window], Part | None]) -> None:
        """Some of an image's parts.

        Args:
            windows: where they are.
            part: makes the part of a window, when it is drawn; `None` for none.
        """
        keys = sorted((self._draw(image_id, window), window) for window in windows)[: self.of_each]
        for rank, (key, window) in enumerate(keys):
            made = part(window)
            if made is not None:
                self._kept.append(((rank, key), made))
        if len(self._kept) > 2 * self.most:
            self._kept = self._first()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those that are kept, in the order of the draw."""
        return tuple(part for _, part in self._first())

    def _first(self) -> list[tuple[tuple[int, bytes], Part]]:
        return sorted(self._kept, key=lambda item: item[0])[: self.most]

    def _draw(self, image_id: str, window: Window) -> bytes:
        return hashlib.sha256(f"{self.seed}:{image_id}:{window.top}:{window.left}".encode()).digest()
