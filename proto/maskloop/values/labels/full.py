"""Full labels: every object of the vocabulary, outlined (Bellver et al., "Full")."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.values.labels.counts import Counts
from maskloop.values.labels.kind import LabelContent, SupervisionKind
from maskloop.values.labels.objects import ObjectLabel
from maskloop.values.projects import Category, Image


@dataclass(frozen=True)
class FullLabel(LabelContent):
    """All objects of an image, outlined; without any it says: nothing here."""

    kind = SupervisionKind.FULL
    done_by = (SupervisionKind.FULL,)
    counted_by_budget = True
    builds_on_counts = True

    objects: tuple[ObjectLabel, ...] = ()

    @classmethod
    def of(cls, objects: tuple[ObjectLabel, ...]) -> FullLabel:
        """The objects as they are."""
        return cls(objects)

    @property
    def shown(self) -> Counts:
        """How many objects of each category are outlined."""
        return Counts.of(self.objects)

    @property
    def outline_length(self) -> float:
        """How long the outlines of all objects are together, in sides of a square of the image's area; crowds cost
        nothing."""
        return math.fsum(item.outline_length for item in self.objects if not item.crowd)

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Check each object; messages name it by its place, from 0.

        Raises:
            InvalidLabel: a category outside the vocabulary.
            InvalidMask: a mask of another size than the image, or without a pixel.
        """
        for place, item in enumerate(self.objects):
            item.check(vocabulary, image, f"{where}, object {place}")
