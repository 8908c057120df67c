"""What a label is expected to cost before it is made: exact where labels tell how many objects there are, else a mean.

Outlines that are priced by length are taken for as long as those of the labels so far, also where a model proposes
masks: how many objects there are is not taken from proposals either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from maskloop.costs.cost_model import CostModel
from maskloop.costs.estimates import estimate_costs
from maskloop.values import (
    LABEL_KINDS,
    MEAN_OUTLINE_LENGTH,
    Assist,
    Assistance,
    Counts,
    LabelContent,
    Project,
    SupervisionKind,
)
from selection.select import Quote
from service.pool.assisted_costs import Shown, assisted_quote, scale_of
from service.store import Transaction
from service.store.campaigns import FullLabelTotals, full_label_totals
from service.store.labels.labels import CountedImage, told_images
from service.store.labels.timed_labels import latest_reviews, timed_labels
from service.store.tables.columns import whole_ms

# Means over the training images of Pascal VOC (Bellver et al., section 4.2), until a project has its own.
OBJECTS_AN_IMAGE = 2.8
CATEGORIES_AN_IMAGE = 1.5
NOTHING_KNOWN = FullLabelTotals()
LEAST_S = 1.0  # of any label, where images are compared by their worth a second
REVIEWS_READ = 200  # latest reviews by which the expectation is scaled
LOOK_AHEAD = 32  # images whose counts are read at once, unless the caller knows how many it needs
MOST_READ = 10_000


def expected(costs: CostModel, kind: SupervisionKind, totals: FullLabelTotals) -> Quote:
    """The quote of an image of which nothing is known.

    Args:
        costs: the project's cost model.
        kind: one of `LABEL_KINDS`.
        totals: what the full labels that the project's campaigns paid for showed.
    """
    content = LABEL_KINDS[kind]
    known = totals if content.builds_on_counts else NOTHING_KNOWN
    categories, objects = _usual(known, costs.categories)
    usual_s = content.price_s(costs, categories, objects, outline_length=objects * _mean_length(known))
    return Quote(whole_ms(usual_s), whole_ms(content.price_s(costs, 0, 0)))


def usual_cost_s(costs: CostModel, kind: SupervisionKind, totals: FullLabelTotals) -> float:
    """Planned seconds of a label of any kind, of an image that holds as much as those that were outlined so far."""
    categories, objects = _usual(totals, costs.categories)
    price_s = LABEL_KINDS[kind].price_s(costs, categories, objects, outline_length=objects * _mean_length(totals))
    return float(whole_ms(price_s))


def drawn_cost_s(tx: Transaction, project: Project) -> Callable[[Counts | None, float], float]:
    """Seconds that a full label should take, given an image's counts (`None`: unknown) and what was paid for them.

    As people's clocks tell, where their time was measured; else as planned. At least `LEAST_S`.
    """
    estimates = estimate_costs(CostModel.of(project), timed_labels(tx, project.id))
    unknown_s = whole_ms(estimates.usual_full_label(*_usual(full_label_totals(tx, project.id), estimates.categories)))

    def cost_s(counts: Counts | None, paid_s: float) -> float:
        return unknown_s if counts is None else max(LEAST_S, whole_ms(estimates.full_label(counts, paid_s)))

    return cost_s


@dataclass(frozen=True)
class Helped:
    """How people are helped.

    Args:
        assistance: by what, and by which model version.
        shown: what they see of an image, by its id; `None` of one of which nothing is known.
    """

    assistance: Assistance
    shown: Callable[[str], Shown | None]


def reviewed_cost_s(tx: Transaction, project: Project, helped: Helped) -> Callable[[str, Counts | None, float], float]:
    """Seconds that reviewing what a model proposes should take, given an image, its counts and what was paid for them.

    Of an image that the model has not scored, those of drawing. At least `LEAST_S`.
    """
    costs = CostModel.of(project)
    reviews = _Reviewed.of(tx, project, costs, full_label_totals(tx, project.id), helped.assistance.assist)
    drawn = drawn_cost_s(tx, project)

    def cost_s(image_id: str, counts: Counts | None, paid_s: float) -> float:
        shown = helped.shown(image_id)
        if shown is None:
            return drawn(counts, paid_s)
        counted = None if counts is None else CountedImage(counts.categories, counts.objects, paid_s)
        return max(LEAST_S, reviews.quote(shown, counted).cost_s)

    return cost_s


@dataclass(frozen=True)
class _Reviewed:
    """What reviews in a project are expected to take.

    Args:
        costs: its cost model.
        usual: categories present and objects that an image should hold.
        outline_s: of one object.
        assist: how people are helped.
        scale: what the latest reviews took beside what had been expected of them.
    """

    costs: CostModel
    usual: tuple[float, float]
    outline_s: float
    assist: Assist
    scale: float

    @classmethod
    def of(
        cls, tx: Transaction, project: Project, costs: CostModel, totals: FullLabelTotals, assist: Assist
    ) -> _Reviewed:
        usual = _usual(totals, costs.categories)
        outline_s = costs.outline.fixed_s + costs.outline.length_s * _mean_length(totals)
        scale = scale_of(latest_reviews(tx, project.id, REVIEWS_READ), costs, assist, usual[1], outline_s)
        return cls(costs, usual, outline_s, assist, scale)

    def quote(self, shown: Shown, counted: CountedImage | None) -> Quote:
        categories, objects = self.usual if counted is None else (counted.categories, counted.objects)
        return assisted_quote(
            self.costs,
            shown,
            self.assist,
            categories=categories,
            objects=objects,
            outline_s=self.outline_s,
            scale=self.scale,
            counts_paid_s=0.0 if counted is None else counted.paid_s,
        )


def quotes(
    tx: Transaction,
    project: Project,
    kind: SupervisionKind,
    ahead: Iterator[str],
    *,
    at_once: int,
    helped: Helped | None = None,
) -> Callable[[str], Quote]:
    """What each image's label of this kind is expected to cost.

    Args:
        tx: reads what was counted or located.
        project: the project.
        kind: one of `LABEL_KINDS`.
        ahead: the images that will be asked about, in that order.
        at_once: of how many of them labels are read together at first; of twice as many each time.
        helped: how people are helped; `None` where they draw.
    """
    costs = CostModel.of(project)

    @cache
    def totals() -> FullLabelTotals:
        return full_label_totals(tx, project.id)

    @cache
    def unknown() -> Quote:
        return expected(costs, kind, totals())

    @cache
    def reviewed(assist: Assist) -> _Reviewed:
        return _Reviewed.of(tx, project, costs, totals(), assist)

    content = LABEL_KINDS[kind]
    if not content.builds_on_counts:
        return lambda image_id: unknown()
    known: dict[str, Quote] = {}
    read_next = at_once

    def quote(image_id: str) -> Quote:
        nonlocal read_next
        if image_id not in known:
            coming = list(islice(ahead, read_next))
            read_next = min(2 * read_next, MOST_READ)
            told = told_images(tx, project.id, coming)
            for coming_id in coming:
                image = told.get(coming_id)
                known[coming_id] = unknown() if image is None else _of_counted(costs, content, image, totals())
                shown = helped.shown(coming_id) if helped is not None else None
                if helped is not None and shown is not None:
                    known[coming_id] = reviewed(helped.assistance.assist).quote(shown, image)
        return known[image_id]

    return quote


def _usual(totals: FullLabelTotals, categories: int) -> tuple[float, float]:
    """Categories present and objects that an image is expected to hold, in a vocabulary of so many categories."""
    if totals.labels:
        return totals.categories / totals.labels, totals.objects / totals.labels
    return min(categories, CATEGORIES_AN_IMAGE), OBJECTS_AN_IMAGE


def _mean_length(totals: FullLabelTotals) -> float:
    """Sides that an outline is expected to be long."""
    return totals.length / totals.objects if totals.objects else MEAN_OUTLINE_LENGTH


def _of_counted(costs: CostModel, content: type[LabelContent], counted: CountedImage, totals: FullLabelTotals) -> Quote:
    """Exact, unless outlines are priced by their length, which counts do not tell."""
    length = counted.objects * _mean_length(totals)
    cost_s, least_s = (
        whole_ms(content.price_s(costs, counted.categories, counted.objects, counted.paid_s, outline_length))
        for outline_length in (length, 0.0)
    )
    return Quote(cost_s, least_s)
