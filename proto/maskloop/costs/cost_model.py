"""What a label costs in seconds of annotator time.

Bellver, Salvador, Torres, Giro-i-Nieto, *Mask-guided sample selection for semi-supervised instance segmentation*,
section 4.2 (constants after Bearman et al. and Papadopoulos et al.): one second to say whether a category is present,
1.48 s for each category that is counted, 79 s for an outlined object, 7 s for a box by extreme clicks. The latter is
measured by Papadopoulos, Uijlings, Keller, Ferrari, *Extreme clicking for efficient object annotation*, ICCV 2017.

Points and scribbles: Lee, *Label-efficient learning for object recognition*, Table 2.1, prints 22.2 and 34.9 s an image
of Pascal VOC (20 classes, 1.5 of them present). Where absent classes are checked at 1 s each, that leaves
(22.2 - 18.5) / 1.5 = 2.47 s for a point and (34.9 - 18.5) / 1.5 = 10.93 s for a scribble on each present class.

These numbers are of one object a class, and we ask for every object. Bearman, Russakovsky, Ferrari, Fei-Fei, *What's
the point: semantic segmentation with point supervision*, ECCV 2016, section 4, measured 2.4 s for the first point of a
class and 0.9 s for each further object of it: 23.3 s an image of Pascal VOC with its 2.8 objects pointed at. So a
further point is planned at 0.9 s. Of a further stroke nobody says anything. Finding the object is no more than a second
of its 10.93; the rest is drawing, which every object takes anew. So each stroke is planned at all of it: an assumption.
Strokes on the ground are asked of nobody, and planned at nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from maskloop.costs.corrections import saved_share
from maskloop.values import (
    MEAN_OUTLINE_LENGTH,
    OUTLINE_FLAT,
    REVIEWS,
    Counts,
    FullLabel,
    Origin,
    OutlinePrice,
    Project,
    Rejection,
    ReviewPrices,
    SupervisionKind,
    Verdict,
)

SECONDS_A_CLASS_CHECK = 1.0
SECONDS_A_COUNTED_CLASS = 1.48
SECONDS_A_MASK = OUTLINE_FLAT.fixed_s
SECONDS_A_BOX = 7.0
SECONDS_A_FIRST_POINT = 2.47
SECONDS_A_FURTHER_POINT = 0.9
SECONDS_A_SCRIBBLE = 10.93


class Checked(StrEnum):
    """Which classes are looked for, at SECONDS_A_CLASS_CHECK each."""

    EVERY = "every"
    ABSENT = "absent"  # the present ones show in what is drawn
    ONE = "one"


@dataclass(frozen=True)
class Price:
    """Planned seconds of a label of one kind, by step.

    Args:
        checked: the classes that are looked for.
        category_s: of each category present; of kinds that look at single objects what its first takes beyond others.
        object_s: of each object.
        length_s: of each side that an object's outline is long; see `OutlinePrice`.
    """

    checked: Checked
    category_s: float = 0.0
    object_s: float = 0.0
    length_s: float = 0.0

    def checks(self, categories: int, present: float) -> float:
        """Class checks of an image with so many of the vocabulary's categories in it."""
        if self.checked is Checked.ONE:
            return 1
        return categories if self.checked is Checked.EVERY else categories - present

    @property
    def is_of_objects(self) -> bool:
        """Whether its items are objects; else they are the categories present."""
        return bool(self.object_s or self.length_s)

    def item_s(self, length: float = MEAN_OUTLINE_LENGTH) -> float:
        """Seconds of an item that is the first of its category, an object's outline being so many sides long; 0 where
        only classes are checked."""
        return self.items_s(1, length)

    def items_s(self, number: float, length: float = MEAN_OUTLINE_LENGTH) -> float:
        """Seconds of so many items of one category, which is there."""
        return self.category_s + (self.object_s + self.length_s * length) * number

    def items(self, shown: Counts) -> Mapping[int, int]:
        """How many there are, by category: the category itself, or its objects."""
        return shown.by_category if self.is_of_objects else dict.fromkeys(shown.by_category, 1)


LABEL_PRICES: Mapping[SupervisionKind, Price] = {
    SupervisionKind.IMAGE_LEVEL: Price(Checked.EVERY),
    SupervisionKind.COUNTS: Price(Checked.EVERY, category_s=SECONDS_A_COUNTED_CLASS),
    SupervisionKind.POINTS: Price(
        Checked.ABSENT,
        category_s=SECONDS_A_FIRST_POINT - SECONDS_A_FURTHER_POINT,
        object_s=SECONDS_A_FURTHER_POINT,
    ),
    SupervisionKind.SCRIBBLES: Price(Checked.ABSENT, object_s=SECONDS_A_SCRIBBLE),
    SupervisionKind.BOXES: Price(Checked.ABSENT, object_s=SECONDS_A_BOX),
    SupervisionKind.FULL: Price(Checked.ABSENT, object_s=SECONDS_A_MASK),
    # One look: does the image hold what the classifier takes it for (Lee, section 2.5.2), a class check.
    SupervisionKind.OOD_CHECK: Price(Checked.ONE),
}


@dataclass(frozen=True)
class CostModel:
    """Planned seconds of an image's labels, for a vocabulary of `categories` classes: C, with c of them present and m
    objects in the image. The outline of an object takes what `outline` says, and a review of proposals what `reviews`
    says."""

    categories: int
    outline: OutlinePrice = OUTLINE_FLAT
    reviews: ReviewPrices = REVIEWS

    @classmethod
    def of(cls, project: Project) -> CostModel:
        """The project's."""
        return cls(len(project.categories), project.outline_price, project.review_prices)

    def price(self, kind: SupervisionKind) -> Price:
        """The price of a kind: `LABEL_PRICES`, its outlines at this model's."""
        price = LABEL_PRICES[kind]
        if kind is not SupervisionKind.FULL:
            return price
        return replace(price, object_s=self.outline.fixed_s, length_s=self.outline.length_s)

    def label_s(
        self, kind: SupervisionKind, categories_present: float, objects: float, outline_length: float | None = None
    ) -> float:
        """Seconds of a label of any kind.

        Args:
            kind: of the label.
            categories_present: categories in the image.
            objects: objects in the image.
            outline_length: of all objects together, in sides; `None` where nobody knows, for that of mean objects.
        """
        price = self.price(kind)
        checks_s = price.checks(self.categories, categories_present) * SECONDS_A_CLASS_CHECK
        length = objects * MEAN_OUTLINE_LENGTH if outline_length is None else outline_length
        return checks_s + price.category_s * categories_present + price.object_s * objects + price.length_s * length

    def image_level(self) -> float:
        """IL = C: every class is checked."""
        return self.label_s(SupervisionKind.IMAGE_LEVEL, 0, 0)

    def counts(self, categories_present: float) -> float:
        """IL+C = C + 1.48 c: every class is checked, those present are counted."""
        return self.label_s(SupervisionKind.COUNTS, categories_present, 0)

    def points(self, categories_present: float, objects: float) -> float:
        """(C - c) + 2.47 c + 0.9 (m - c): absent classes are checked, every object of the others is pointed at."""
        return self.label_s(SupervisionKind.POINTS, categories_present, objects)

    def scribbles(self, categories_present: float, objects: float) -> float:
        """(C - c) + 10.93 m: absent classes are checked, every object has a stroke."""
        return self.label_s(SupervisionKind.SCRIBBLES, categories_present, objects)

    def boxes(self, categories_present: float, objects: float) -> float:
        """BB = (C - c) + 7 m: absent classes are checked, present ones show in their boxes."""
        return self.label_s(SupervisionKind.BOXES, categories_present, objects)

    def full(self, categories_present: float, objects: float) -> float:
        """Full = (C - c) + 79 m; by length, of mean objects."""
        return self.label_s(SupervisionKind.FULL, categories_present, objects)

    def full_label(self, counts: Counts, counts_paid_s: float = 0.0) -> float:
        """Seconds a full label of an image with these counts still costs when its counts were bought before.

        Its objects are taken for mean ones; `FullLabel.cost_s` knows their outlines.

        Never negative: the counts of an empty image cost no less than looking at it.
        """
        return FullLabel.price_s(self, counts.categories, counts.objects, counts_paid_s)

    def counts_label(self, counts: Counts) -> float:
        """Seconds to count an image with these counts."""
        return counts.cost_s(self)

    def begun_s(self, origin: Origin, outline_length: float) -> float:
        """Seconds of an object that began as a proposal: a look, a box where it was prompted, and the part of an
        outline that the proposal did not save. It saved none where nobody knows how far it was off."""
        outline_s = self.outline.fixed_s + self.outline.length_s * outline_length
        seconds = self.reviews.look_s + origin.prompted * self.reviews.box_s
        seconds += origin.reclassified * self.reviews.reclassify_s
        if origin.verdict is not Verdict.ACCEPTED and origin.iou != 1:  # a mask that stays needs no mending
            seconds += outline_s * (1 - saved_share(origin.iou or 0.0, self.reviews.correction))
        return seconds

    def rejected_s(self, rejection: Rejection) -> float:
        """Seconds of a proposal that was rejected: a look, to remove it, and its box where it was prompted."""
        return self.reviews.look_s + self.reviews.reject_s + rejection.prompted * self.reviews.box_s

    def ood_check(self) -> float:
        """Seconds of one look at a candidate out-of-distribution image."""
        return self.label_s(SupervisionKind.OOD_CHECK, 0, 0)

    def cheapest_full(self) -> float:
        """Seconds of the cheapest full label: that of an image with nothing in it."""
        return self.full(0, 0)
