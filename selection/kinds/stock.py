"""Images by what is labeled of them, and what seconds add to that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from maskloop.errors import InvalidArgument
from maskloop.values import SupervisionKind
from selection.kinds.curves import Floats


@dataclass(frozen=True)
class Stock:
    """What there is of a pool, in images, and what more would take. Expectations may be fractions.

    Args:
        kinds: the K weaker kinds.
        full: outlined images to learn from.
        weak: (K,) images that nobody outlined, by the kind that says most of each.
        open_full: images that could still be outlined.
        open_weak: (K,) images that could still be labeled so.
        full_s: seconds that an outlined image should take, more than 0.
        weak_s: (K,) the same of the weaker kinds.

    Raises:
        InvalidArgument: a number is negative or not finite, or a label is free.
    """

    kinds: tuple[SupervisionKind, ...]
    full: float
    weak: Floats
    open_full: float
    open_weak: Floats
    full_s: float
    weak_s: Floats

    def __post_init__(self) -> None:
        numbers = np.concatenate([[self.full, self.open_full], self.weak, self.open_weak])
        seconds = np.concatenate([[self.full_s], self.weak_s])
        if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
            raise InvalidArgument(f"a stock of {numbers} images cannot be", field="images")
        if not (np.isfinite(seconds).all() and (seconds > 0).all()):
            raise InvalidArgument(f"labels of {seconds} s cannot be", field="seconds")

    def affordable(self, shares: Floats, seconds: float) -> Floats:
        """(K,) images of the weaker kinds that their (K,) shares of the seconds buy, as far as there are any."""
        return np.minimum(shares * seconds / self.weak_s, self.open_weak)

    def after(self, shares: Floats, seconds: float) -> Stock:
        """The stock once so many seconds are spent.

        What weaker kinds cannot spend is for outlines. Of the images that are outlined, as many are expected to have a
        weaker label as of all that are open; of these the outline says more.

        Args:
            shares: (K,) of the seconds, in [0, 1], together 1 or less; the rest is for outlines.
            seconds: 0 or more.
        """
        new = self.affordable(shares, seconds)
        outlined = min(max(0.0, seconds - float(new @ self.weak_s)) / self.full_s, self.open_full)
        kept = 1 - outlined / self.open_full if self.open_full else 1.0
        return replace(
            self,
            full=self.full + outlined,
            weak=(self.weak + new) * kept,
            open_full=self.open_full - outlined,
            open_weak=(self.open_weak - new) * kept,
        )
