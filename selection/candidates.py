"""The open images of one score table, sorted once, walked outward from a target without a scan.

Keys are sorted when the table is loaded. A bit per image says whether it is open; a count per block of 1,024 images
says whether a block holds an open one, so that long runs of labeled or leased images are stepped over: finding the
next open image among a million touches at most two blocks and the thousand counts.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument

BLOCK = 1024


class Candidates:
    """Image ids ordered by a key, each open or closed; all are open at first.

    Args:
        ids: image ids, distinct, ASCII.
        keys: (n,) float64, one finite number an image, in the order of `ids`.

    Raises:
        InvalidArgument: a key is not finite, an id comes twice, or the lengths differ.
    """

    def __init__(self, ids: Sequence[str], keys: NDArray[np.float64]) -> None:
        if len(ids) != len(keys):
            raise InvalidArgument(f"{len(ids)} image ids came with {len(keys)} keys")
        names = np.asarray(ids, dtype=np.bytes_) if len(ids) else np.empty(0, dtype="S1")
        values = np.asarray(keys, dtype=np.float64)
        wrong = np.flatnonzero(~np.isfinite(values))
        if wrong.size:
            raise InvalidArgument(f"image {ids[wrong[0]]} has the score {values[wrong[0]]}, which is no number")
        by_id = np.argsort(names, kind="stable")
        self._names = names[by_id]
        repeated = np.flatnonzero(self._names[1:] == self._names[:-1])
        if repeated.size:
            raise InvalidArgument(f"image {self._names[repeated[0]].decode()} is a candidate twice")
        by_key = np.argsort(values[by_id], kind="stable")
        self._keys = values[by_id][by_key]
        self._name_at = by_key
        self._place_of = np.empty_like(by_key)
        self._place_of[by_key] = np.arange(len(by_key))
        self._open = np.ones(len(by_key), dtype=np.bool_)
        starts = np.arange(0, len(by_key), BLOCK)
        self._open_in_block = np.minimum(BLOCK, len(by_key) - starts).astype(np.int64)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, image_id: str) -> bool:
        return self._place(image_id) is not None

    @property
    def open_count(self) -> int:
        """Number of open images."""
        return int(self._open_in_block.sum())

    def is_open(self, image_id: str) -> bool:
        """Whether the image is a candidate and open."""
        place = self._place(image_id)
        return place is not None and bool(self._open[place])

    def close(self, image_id: str) -> bool:
        """Take an image out of the walk. Returns whether it was open; an id that is no candidate is not."""
        return self._mark(image_id, now_open=False)

    def reopen(self, image_id: str) -> bool:
        """Put an image back. Returns whether it was closed; an id that is no candidate is not."""
        return self._mark(image_id, now_open=True)

    def close_all(self, image_ids: Collection[str]) -> None:
        """Take many images out at once; ids that are no candidates are passed over."""
        if not len(self) or not image_ids:
            return
        names = np.array(sorted(image_ids), dtype=np.bytes_)
        rows = np.minimum(np.searchsorted(self._names, names), len(self) - 1)
        found = rows[self._names[rows] == names]
        self._open[self._place_of[found]] = False
        self._open_in_block = np.add.reduceat(self._open, np.arange(0, len(self), BLOCK), dtype=np.int64)

    def nearest(self, target: float) -> Iterator[tuple[str, float]]:
        """Open images as (id, key), nearest to `target` first, equally near ones by id.

        The walk reads the marks as it goes: do not close or reopen images until it is done with.
        """
        middle = int(np.searchsorted(self._keys, target, side="left"))
        walks = (self._upward(middle, target), self._downward(middle - 1, target))
        for _, name, key in heapq.merge(*walks):
            yield name.decode(), key

    def _upward(self, place: int, target: float) -> Iterator[tuple[float, bytes, float]]:
        at = self._next_open(place)
        while at < len(self._keys):
            yield self._step(at, target)
            at = self._next_open(at + 1)

    def _downward(self, place: int, target: float) -> Iterator[tuple[float, bytes, float]]:
        """Downward by key, but upward by id among equal keys."""
        last = self._last_open(place)
        while last >= 0:
            first = int(np.searchsorted(self._keys, self._keys[last], side="left"))
            at = self._next_open(first)
            while at <= last:
                yield self._step(at, target)
                at = self._next_open(at + 1)
            last = self._last_open(first - 1)

    def _step(self, place: int, target: float) -> tuple[float, bytes, float]:
        key = float(self._keys[place])
        return abs(key - target), bytes(self._names[self._name_at[place]]), key

    def _next_open(self, place: int) -> int:
        """First open place at or after `place`; the length if there is none."""
        if place >= len(self._open):
            return len(self._open)
        block = place // BLOCK
        end = min((block + 1) * BLOCK, len(self._open))
        if self._open_in_block[block]:
            found = int(self._open[place:end].argmax())
            if self._open[place + found]:
                return place + found
        later = self._open_in_block[block + 1 :]
        if not later.any():
            return len(self._open)
        start = (block + 1 + int((later > 0).argmax())) * BLOCK
        return start + int(self._open[start : start + BLOCK].argmax())

    def _last_open(self, place: int) -> int:
        """Last open place at or before `place`; -1 if there is none."""
        if place < 0:
            return -1
        block = place // BLOCK
        start = block * BLOCK
        if self._open_in_block[block]:
            found = int(self._open[start : place + 1][::-1].argmax())
            if self._open[place - found]:
                return place - found
        earlier = self._open_in_block[:block]
        if not earlier.any():
            return -1
        start = (block - 1 - int((earlier[::-1] > 0).argmax())) * BLOCK
        return start + BLOCK - 1 - int(self._open[start : start + BLOCK][::-1].argmax())

    def _place(self, image_id: str) -> int | None:
        name = image_id.encode()
        row = int(np.searchsorted(self._names, np.bytes_(name)))
        if row < len(self._names) and self._names[row] == name:
            return int(self._place_of[row])
        return None

    def _mark(self, image_id: str, *, now_open: bool) -> bool:
        place = self._place(image_id)
        if place is None or self._open[place] == now_open:
            return False
        self._open[place] = now_open
        self._open_in_block[place // BLOCK] += 1 if now_open else -1
        return True
