"""Batches with their past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from maskloop.values.campaigns import Batch, Pick


class PickState(StrEnum):
    """What became of a pick."""

    OPEN = "open"  # leased
    LABELED = "labeled"
    RELEASED = "released"
    SKIPPED = "skipped"
    EXPIRED = "expired"


@dataclass(frozen=True)
class BatchRecord:
    """A batch with all its picks, and what became of each, by image id."""

    batch: Batch
    states: Mapping[str, PickState]

    def pick(self, image_id: str) -> Pick | None:
        """The pick of an image, `None` if the batch never held it."""
        return next((pick for pick in self.batch.picks if pick.image_id == image_id), None)

    def in_state(self, *states: PickState) -> list[Pick]:
        """Picks in one of the states, in the order of selection."""
        return [pick for pick in self.batch.picks if self.states[pick.image_id] in states]

    def held(self) -> Batch:
        """The batch with only the images that are still leased."""
        return replace(self.batch, picks=tuple(self.in_state(PickState.OPEN)))
