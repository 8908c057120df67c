"""Full labels: every object of the vocabulary, outlined (Bellver et al., "Full")."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from maskloop.errors import InvalidLabel
from maskloop.values.labels.counts import Counts, check_number
from maskloop.values.labels.kind import LabelContent, Prices, SupervisionKind
from maskloop.values.labels.objects import ObjectLabel
from maskloop.values.labels.review import Review, check_named
from maskloop.values.projects import Category, Image


@dataclass(frozen=True)
class FullLabel(LabelContent):
    """All objects of an image, outlined; without any it says: nothing here.

    `review` says what became of a model's proposals; `None` where there were none to begin with.
    """

    kind = SupervisionKind.FULL
    done_by = (SupervisionKind.FULL,)
    counted_by_budget = True
    builds_on_counts = True
    tells_how_many = True

    objects: tuple[ObjectLabel, ...] = ()
    review: Review | None = None

    @classmethod
    def of(cls, objects: tuple[ObjectLabel, ...]) -> FullLabel:
        """The objects as they are."""
        return cls(objects)

    @property
    def marks(self) -> int:
        """How many there are."""
        return len(self.objects)

    @property
    def shown(self) -> Counts:
        """How many objects of each category are outlined."""
        return Counts.of(self.objects)

    @property
    def outline_length(self) -> float:
        """How long the outlines of all objects are together, in sides of a square of the image's area; crowds cost
        nothing."""
        return math.fsum(item.outline_length for item in self.objects if not item.crowd)

    @property
    def without_review(self) -> FullLabel:
        """What it says of the image alone, however it came about."""
        return FullLabel(tuple(replace(item, origin=None) for item in self.objects))

    @property
    def named_proposals(self) -> tuple[str, ...]:
        """Ids of the proposals that it names: those its objects began as, then the rejected ones."""
        begun = (item.origin.proposal_id for item in self.objects if item.origin and item.origin.proposal_id)
        return (*begun, *(each.proposal_id for each in self.review.rejected)) if self.review else tuple(begun)

    def cost_s(self, prices: Prices, counts_paid_s: float = 0.0) -> float:
        """Planned seconds of this label, given what its image's counts have cost before: drawn objects are outlined,
        the others looked at and mended, and rejected proposals removed."""
        if self.review is None:
            return super().cost_s(prices, counts_paid_s)
        single = [item for item in self.objects if not item.crowd]
        begun = [(item.origin, item.outline_length) for item in single if item.origin and item.origin.proposal_id]
        drawn = [item.outline_length for item in single if not (item.origin and item.origin.proposal_id)]
        whole_s = prices.label_s(self.kind, self.shown.categories, len(drawn), math.fsum(drawn))
        reviewed_s = math.fsum(prices.begun_s(origin, length) for origin, length in begun)
        rejected_s = math.fsum(map(prices.rejected_s, self.review.rejected))
        return max(0.0, whole_s + reviewed_s + rejected_s - counts_paid_s)

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Check each object; messages name it by its place, from 0.

        Raises:
            InvalidLabel: too many of them, a category outside the vocabulary, or a review that contradicts itself.
            InvalidMask: a mask of another size than the image, or without a pixel.
        """
        check_number(len(self.objects), "objects", where)
        for place, item in enumerate(self.objects):
            item.check(vocabulary, image, f"{where}, object {place}")
            if item.origin is not None and item.crowd:
                raise InvalidLabel(f"{where}, object {place}: a crowd began as no proposal", field="objects.origin")
            if item.origin is not None and self.review is None:
                raise InvalidLabel(
                    f"{where}, object {place}: it began as a proposal, and the label names no model version",
                    field="full.review",
                )
        if self.review is not None and not self.review.model_version:
            raise InvalidLabel(f"{where}: the review names no model version", field="full.review.model_version")
        check_named(self.named_proposals, where)
