"""What labels cost: planned, and as people's clocks tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maskloop.values.labels import Counts, SupervisionKind
from maskloop.values.outline_price import OUTLINE_FLAT
from maskloop.values.review_prices import REVIEWS


@dataclass(frozen=True)
class SecondsEstimate:
    """Seconds of one step of labeling: planned by the cost model, and estimated from measured times with a 95 %
    interval `low_s` to `high_s`; `steps` of them were measured."""

    planned_s: float
    estimated_s: float
    low_s: float
    high_s: float
    steps: int = 0


@dataclass(frozen=True)
class KindCosts:
    """What labels of one kind take, by step.

    Args:
        kind: counts, points, scribbles, boxes or full.
        labels: first labels with a measured time.
        left_out: how many of them were not believed (a break, a clock that was never started).
        planned_s, measured_s: summed over those believed.
        class_check: to see whether a category is there.
        item: to count one category that is there, or to point at, to stroke, to box or to outline one object: the mean
            over those measured; without any, what the first of a category is planned to take.
        by_category: the same of one category, by its id; categories that no measured label shows are left out.
    """

    kind: SupervisionKind
    labels: int
    left_out: int
    planned_s: float
    measured_s: float
    class_check: SecondsEstimate
    item: SecondsEstimate
    by_category: Mapping[int, SecondsEstimate]

    def seconds(self, checks: int, items: Mapping[int, int]) -> float:
        """Estimated seconds of a label with so many class checks, and so many items by category."""
        items_s = (self.by_category.get(key, self.item).estimated_s * number for key, number in items.items())
        return checks * self.class_check.estimated_s + sum(items_s)


@dataclass(frozen=True)
class OutlineFit:
    """What outlines take by their length: seconds of each, and of each side that it is long (see `OutlinePrice`).

    Args:
        labels: full labels with a measured time.
        left_out: how many of them were not believed.
        mean_length: of an outline of those believed, in sides; 0 without one.
        fixed: of each outline, whatever its length.
        length: of each side; `steps` are whole sides.
        error, flat_error: how far measured seconds lie from those expected by all other labels, in the mean, as a
            share of the mean; by length, and where every outline takes the same. 0 without labels.
    """

    labels: int
    left_out: int
    mean_length: float
    fixed: SecondsEstimate
    length: SecondsEstimate
    error: float
    flat_error: float


@dataclass(frozen=True)
class ReviewFit:
    """What the steps of a review take; see `maskloop.costs.review_fit`.

    Args:
        labels: first full labels with a measured time that were made with proposals.
        left_out: how many of them were not believed.
        planned_s, measured_s: summed over those believed, counts included.
        drawn: of each object that was drawn.
        look: of each proposal that was looked at, with what it takes to remove it or give it another category.
        box: of each box.
        mended: of mending as much as a whole outline; `steps` are outlines' worth.
    """

    labels: int
    left_out: int
    planned_s: float
    measured_s: float
    drawn: SecondsEstimate
    look: SecondsEstimate
    box: SecondsEstimate
    mended: SecondsEstimate


def _as_planned(seconds: float) -> SecondsEstimate:
    return SecondsEstimate(seconds, seconds, 0.0, 2.4 * seconds)  # what `regression.PRIOR_SD` leaves open


NO_REVIEWS = ReviewFit(
    0,
    0,
    0.0,
    0.0,
    drawn=_as_planned(OUTLINE_FLAT.fixed_s),
    look=_as_planned(REVIEWS.look_s),
    box=_as_planned(REVIEWS.box_s),
    mended=_as_planned(OUTLINE_FLAT.fixed_s),
)
"""Of a project where nobody knows of any, as in reports of earlier versions."""


def _untold(kind: SupervisionKind) -> KindCosts:
    nothing = SecondsEstimate(0.0, 0.0, 0.0, 0.0)
    return KindCosts(kind, 0, 0, 0.0, 0.0, nothing, nothing, {})


NO_POINTS, NO_SCRIBBLES = _untold(SupervisionKind.POINTS), _untold(SupervisionKind.SCRIBBLES)
"""In reports of earlier versions, which knew of none."""


@dataclass(frozen=True)
class CostEstimates:
    """What labels of a project take, for its vocabulary of `categories` classes; the twin of `CostModel`.

    Each kind of label whose times are modelled has a field of its name. Full labels that were made with proposals are
    in `reviews` alone.
    """

    categories: int
    counts: KindCosts
    boxes: KindCosts
    full: KindCosts
    outlines: OutlineFit
    reviews: ReviewFit = NO_REVIEWS
    points: KindCosts = NO_POINTS
    scribbles: KindCosts = NO_SCRIBBLES

    @property
    def kinds(self) -> tuple[KindCosts, ...]:
        """The estimates of all kinds."""
        return self.counts, self.points, self.scribbles, self.boxes, self.full

    def counts_label(self, counts: Counts) -> float:
        """Estimated seconds to count an image with these counts."""
        return self.counts.seconds(self.categories, dict.fromkeys(counts.by_category, 1))

    def usual_full_label(self, categories_present: float, objects: float) -> float:
        """Estimated seconds a full label takes of an image with so much in it, of whatever categories."""
        checks = (self.categories - categories_present) * self.full.class_check.estimated_s
        return checks + objects * self.full.item.estimated_s

    def full_label(self, counts: Counts, counts_paid_s: float = 0.0) -> float:
        """Estimated seconds a full label of an image with these counts still takes when its counts were bought before.

        Never negative.
        """
        return max(0.0, self.full.seconds(self.categories - counts.categories, counts.by_category) - counts_paid_s)
