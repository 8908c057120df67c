"""What is to be bought next, as values: each is asked for its next batch again after every purchase."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from maskloop.loop.record.ledger import Ledger
from maskloop.values import Budget, Split, SupervisionKind

FIRST_IMAGES = 5
MOST_INITIAL = 100
ANOTHER_BATCH = 0.3
"""Share of a round's seconds that must be left for another batch in it."""


class Goal(Protocol):
    """Something to buy, batch after batch."""

    def next_batch(self, ledger: Ledger) -> Budget | None:
        """How much to buy next, given what was bought so far; `None` when the goal is reached."""


@dataclass(frozen=True)
class FirstBatchGoal:
    """The first batch, or the test images that people label before it.

    Args:
        wanted: how much of it there is to be.
        is_asked: whether a person named that size; otherwise `FIRST_IMAGES` images come first, to learn what an image
            costs (fewer to test on where the seconds should buy fewer), and there are at most `MOST_INITIAL`.
        expected_full_s: seconds of a full label before any is known.
        most_images: of a goal in seconds that nobody named.
        for_split: TEST for the test images.
    """

    wanted: Budget
    is_asked: bool
    expected_full_s: float
    most_images: int = MOST_INITIAL
    for_split: Split | None = None

    def next_batch(self, ledger: Ledger) -> Budget | None:
        """The images that are missing; of a goal in seconds half of what its rest should buy."""
        bought, spent_s = ledger.bought(self.for_split)
        if self.wanted.images is not None:
            return whole_images(min(self.wanted.images - bought, ledger.left_images))
        if bought < self._first and not self.is_asked:
            return whole_images(self._first - bought)
        left_s, mean_s = (self.wanted.seconds or 0.0) - spent_s, ledger.mean_full_s(self.expected_full_s)
        if left_s < mean_s / 2:
            return None
        # No more than doubles what is known, so that five unusually cheap images cannot spend the budget unseen.
        most = math.inf if self.is_asked else self.most_images - bought
        return whole_images(min(max(bought, FIRST_IMAGES), max(1, math.floor(left_s / mean_s / 2)), most))

    @property
    def _first(self) -> int:
        """Images that come first where nobody named a size; to test on, no more than their seconds should buy."""
        most = min(FIRST_IMAGES, self.most_images)
        if self.for_split is None or self.wanted.seconds is None:
            return most
        return min(most, max(1, round(self.wanted.seconds / self.expected_full_s)))


@dataclass(frozen=True)
class KindGoal:
    """Labels of one kind, such as counts or boxes, until the campaign has spent `end_s` seconds on them; one should
    take `expected_s`."""

    kind: SupervisionKind
    end_s: float
    expected_s: float

    def next_batch(self, ledger: Ledger) -> Budget | None:
        """The seconds that are missing; `None` when they buy less than one label."""
        left_s = min(self.end_s - ledger.spent_on(self.kind), ledger.left_s)
        return Budget(seconds=left_s) if left_s >= self.expected_s else None


@dataclass(frozen=True)
class ImageLevelGoal:
    """Image-level labels, until the campaign has spent `end_s` seconds on them; one takes `expected_s`."""

    end_s: float
    expected_s: float

    def next_batch(self, ledger: Ledger) -> Budget | None:
        """The images that are missing; `None` when the seconds buy less than one."""
        left_s = min(self.end_s - ledger.spent_on(SupervisionKind.IMAGE_LEVEL), ledger.left_s)
        return whole_images(left_s / self.expected_s)


@dataclass(frozen=True)
class OodCheckGoal:
    """Checks of candidate OoD images, until the campaign has spent `end_s` seconds on them.

    Args:
        end_s: seconds of all rounds.
        check_s: seconds of one check.
        batch_images: most images of one batch; each batch of answers changes which images come next.
    """

    end_s: float
    check_s: float
    batch_images: int

    def next_batch(self, ledger: Ledger) -> Budget | None:
        """The images that are missing, up to `batch_images`."""
        left_s = self.end_s - ledger.spent_on(SupervisionKind.OOD_CHECK)
        return whole_images(min(round(left_s / self.check_s), self.batch_images))


@dataclass(frozen=True)
class RoundGoal:
    """The full labels of one round.

    A wish for seconds is met by a batch that bought something and took nearly as long; labels that took far less than
    planned, as proposals were better than expected, leave room for another batch. When the wish is all that the budget
    has left, it is met only when nothing affordable remains.

    Args:
        wish: of the round.
        labeled_before: images labeled before it.
        spent_before_s: seconds spent before it.
        is_everything: whether the wish is for all seconds that are left.
    """

    wish: Budget
    labeled_before: int
    spent_before_s: float
    is_everything: bool

    def next_batch(self, ledger: Ledger) -> Budget | None:
        """What is missing of the wish."""
        bought = len(ledger.labeled) - self.labeled_before
        if self.wish.images is not None:
            return whole_images(min(self.wish.images - bought, ledger.left_images))
        if self.is_everything:
            return Budget(seconds=ledger.left_s) if ledger.left_s > 0 else None
        if not bought:
            return self.wish
        wanted_s = self.wish.seconds or 0.0
        left_s = wanted_s - (ledger.spent_s - self.spent_before_s)
        return Budget(seconds=left_s) if left_s > ANOTHER_BATCH * wanted_s else None


def whole_images(number: float) -> Budget | None:
    """A budget of so many images; `None` for less than one."""
    return Budget(images=int(number)) if number >= 1 else None
