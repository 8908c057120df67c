"""The open images of a ranking, walked from the best on without a scan.

A bit per image says whether it is open; a count per block of 1,024 images says whether a block holds an open one, so
that long runs of labeled or leased images are stepped over: finding the next open image among a million touches at
most two blocks and the thousand counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from selection.ranking import RankedImages

BLOCK = 1024


class Candidate(NamedTuple):
    """An open image: why it stands where it does, and its predicted IoU, `None` where nothing was scored."""

    image_id: str
    reason: str
    score: float | None


class Candidates:
    """The images of a ranking, each open or closed; all are open at first."""

    def __init__(self, ranked: RankedImages) -> None:
        self._ranked = ranked
        self._names = ranked.ids[ranked.by_id]
        self._open = np.ones(len(ranked.ids), dtype=np.bool_)
        starts = np.arange(0, len(ranked.ids), BLOCK)
        self._open_in_block = np.minimum(BLOCK, len(ranked.ids) - starts).astype(np.int64)

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, image_id: str) -> bool:
        return self._place(image_id) is not None

    @property
    def target_iou(self) -> float | None:
        """The beta by which they were ranked, `None` for strategies without one."""
        return self._ranked.target_iou

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

    def close_all(self, image_ids: Collection[str] | NDArray[np.bytes_]) -> None:
        """Take many images out at once; ids that are no candidates are passed over. Arrays ascend, which is quicker."""
        if not len(self) or not len(image_ids):
            return
        names = image_ids if isinstance(image_ids, np.ndarray) else np.array(sorted(image_ids), dtype=np.bytes_)
        rows = np.minimum(np.searchsorted(self._names, names), len(self) - 1)
        known = rows[self._names[rows] == names]
        self._open[self._ranked.by_id[known]] = False
        self._open_in_block = np.add.reduceat(self._open, np.arange(0, len(self), BLOCK), dtype=np.int64)

    def ids(self) -> Iterator[str]:
        """Ids of the open images, best first. Do not close or reopen images until the walk is done with."""
        return (self._ranked.ids[place].decode() for place in self._open_places())

    def __iter__(self) -> Iterator[Candidate]:
        """Open images, best first. Do not close or reopen images until the walk is done with."""
        return map(self._candidate, self._open_places())

    def _candidate(self, place: int) -> Candidate:
        ranked = self._ranked
        score = None if ranked.scores is None else float(ranked.scores[place])
        return Candidate(ranked.ids[place].decode(), ranked.reason(place), score)

    def _open_places(self) -> Iterator[int]:
        place = self._next_open(0)
        while place < len(self):
            yield place
            place = self._next_open(place + 1)

    def _next_open(self, place: int) -> int:
        """First open place at or after `place`; the length if there is none."""
        if place >= len(self._open):
            return len(self._open)
        block = place // BLOCK
        end = min((block + 1) * BLOCK, len(self._open))
        if self._open_in_block[block]:
            nearest = place + int(self._open[place:end].argmax())
            if self._open[nearest]:
                return nearest
        later = self._open_in_block[block + 1 :]
        if not later.any():
            return len(self._open)
        start = (block + 1 + int((later > 0).argmax())) * BLOCK
        return start + int(self._open[start : start + BLOCK].argmax())

    def _place(self, image_id: str) -> int | None:
        name = image_id.encode()
        row = int(np.searchsorted(self._names, np.bytes_(name)))
        if row < len(self._names) and self._names[row] == name:
            return int(self._ranked.by_id[row])
        return None

    def _mark(self, image_id: str, *, now_open: bool) -> bool:
        place = self._place(image_id)
        if place is None or self._open[place] == now_open:
            return False
        self._open[place] = now_open
        self._open_in_block[place // BLOCK] += 1 if now_open else -1
        return True
