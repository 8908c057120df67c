"""An order of images, best first, with the reason for each: what every strategy makes of a pool."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from selection.pool import Floats, Pool


@dataclass(frozen=True)
class Ranking:
    """The order a strategy puts a pool's rows in.

    Args:
        places: (k,) int64 rows of the pool, distinct, best first; fewer than the pool has where only the best were
            ranked.
        values: (k,) float64, what the reason tells of each.
        reasons: format strings of `value`, such as "entropy {value:.2f}, highest first".
        which: (k,) uint8, the place in `reasons` of each one's reason.
        target_iou: the beta that was used, `None` for strategies without one.
    """

    places: NDArray[np.int64]
    values: Floats
    reasons: tuple[str, ...]
    which: NDArray[np.uint8]
    target_iou: float | None = None

    @classmethod
    def by_key(cls, keys: Floats, values: Floats, reason: str, target_iou: float | None = None) -> Self:
        """All rows, those with the lowest of `keys` (n,) first, ties by id; one reason for all."""
        places = _ascending(keys)
        return cls.of(places, values[places], reason, target_iou)

    @classmethod
    def of(cls, places: NDArray[np.int64], values: Floats, reason: str, target_iou: float | None = None) -> Self:
        """These rows in this order; one reason for all."""
        return cls(places, values, (reason,), np.zeros(len(places), np.uint8), target_iou)

    def taken(self, order: NDArray[np.int64], told: str = "") -> Self:
        """What stands at these places of this ranking, in this order; `told` is added to every reason."""
        reasons = tuple(f"{reason}{told}" for reason in self.reasons)
        return replace(
            self, places=self.places[order], values=self.values[order], reasons=reasons, which=self.which[order]
        )

    def then(self, later: Ranking) -> Self:
        """This ranking, and another after it."""
        return replace(
            self,
            places=np.concatenate([self.places, later.places]),
            values=np.concatenate([self.values, later.values]),
            reasons=self.reasons + later.reasons,
            which=np.concatenate([self.which, later.which + np.uint8(len(self.reasons))]),
            target_iou=later.target_iou if self.target_iou is None else self.target_iou,
        )


@dataclass(frozen=True)
class RankedImages:
    """A ranking by ids, which outlives its pool.

    Args:
        ids: (k,) bytes, best first.
        by_id: (k,) int64, the order of `ids`.
        values, reasons, which, target_iou: see `Ranking`.
        scores: (k,) predicted IoU in [0, 1]; `None` where nothing was scored.
    """

    ids: NDArray[np.bytes_]
    by_id: NDArray[np.int64]
    values: Floats
    reasons: tuple[str, ...]
    which: NDArray[np.unsignedinteger]
    scores: Floats | None
    target_iou: float | None

    @classmethod
    def of(cls, pool: Pool, ranking: Ranking) -> Self:
        """The images of the ranking's rows."""
        places = ranking.places
        return cls(
            ids=pool.ids[places],
            by_id=_places_by_row(places, len(pool)),
            values=ranking.values,
            reasons=ranking.reasons,
            which=ranking.which,
            scores=None if pool.scores is None else pool.scores[places],
            target_iou=ranking.target_iou,
        )

    def followed_by(self, ids: NDArray[np.bytes_], reason: str) -> RankedImages:
        """This ranking, and after it those of `ids` (n,) that it lacks, in order of their ids, without scores."""
        more = np.setdiff1d(ids, self.ids)
        if not len(more):
            return self
        which = np.full(len(more), len(self.reasons), np.min_scalar_type(len(self.reasons)))
        all_ids = np.concatenate([self.ids, more])
        return replace(
            self,
            ids=all_ids,
            by_id=np.argsort(all_ids, kind="stable"),
            values=np.concatenate([self.values, np.zeros(len(more), self.values.dtype)]),
            reasons=(*self.reasons, reason),
            which=np.concatenate([self.which, which]),
            scores=None if self.scores is None else np.concatenate([self.scores, np.full(len(more), np.nan)]),
        )

    def reason(self, place: int) -> str:
        """Why the image at a place of the ranking is there, for a person."""
        template = self.reasons[int(self.which[place])]
        return template.format(value=self.values[place])


def _ascending(keys: Floats) -> NDArray[np.int64]:
    """The stable order of keys; a sort that is not stable is several times quicker, and the same without ties."""
    places = np.argsort(keys)
    ordered = keys[places]
    return np.argsort(keys, kind="stable") if (ordered[1:] == ordered[:-1]).any() else places


def _places_by_row(rows: NDArray[np.int64], pool: int) -> NDArray[np.int64]:
    """(k,) the places of k distinct rows of a pool in the order of the rows, by which the ids ascend; no sort."""
    place_of_row = np.full(pool, -1, dtype=np.int64)
    place_of_row[rows] = np.arange(len(rows))
    return place_of_row[place_of_row >= 0]
