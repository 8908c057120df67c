"""Points: one on every object of the vocabulary (Bearman et al., *What's the point*, ECCV 2016)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from maskloop.errors import InvalidLabel
from maskloop.values.labels.counts import Counts, check_number
from maskloop.values.labels.kind import LabelContent, SupervisionKind
from maskloop.values.labels.objects import ObjectLabel
from maskloop.values.projects import Category, Image
from maskloop.values.proposals import Prompt, PromptPoint


@dataclass(frozen=True)
class Point:
    """A place on one object.

    Args:
        category_id: of the project's vocabulary.
        x, y: pixels from the left and the upper edge of the upright image, 0 or more; edges lie between pixels.

    Raises:
        InvalidLabel: a number that is not finite or below 0.
    """

    category_id: int
    x: float
    y: float

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if not all(math.isfinite(value) and value >= 0 for value in (self.x, self.y)):
            raise InvalidLabel(f"{self} is no point of an image", field="points")

    def __str__(self) -> str:
        return f"({self.x:g}, {self.y:g})"

    @classmethod
    def on(cls, item: ObjectLabel) -> Self:
        """The object's pixel that is nearest to the mean of its pixels, the first of several."""
        rows, columns = item.mask.to_array().nonzero()
        nearest = ((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2).argmin()
        return cls(item.category_id, columns[nearest] + 0.5, rows[nearest] + 0.5)

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Check it against its image; messages begin with `where`.

        Raises:
            InvalidLabel: too many of them, a category outside the vocabulary, or a point that is not inside the image.
        """
        if all(category.id != self.category_id for category in vocabulary):
            raise InvalidLabel(
                f"{where}: project {image.project_id} has no category {self.category_id}", field="points.category_id"
            )
        if self.x > image.width or self.y > image.height:
            raise InvalidLabel(
                f"{where}: {self} is not inside the image of {image.width} x {image.height}", field="points"
            )


@dataclass(frozen=True)
class PointsLabel(LabelContent):
    """A point on each object of an image; without any it says that the image holds none."""

    kind = SupervisionKind.POINTS
    done_by = (SupervisionKind.POINTS, SupervisionKind.SCRIBBLES, SupervisionKind.BOXES, SupervisionKind.FULL)
    in_random_order = True
    builds_on_counts = True
    tells_how_many = True

    points: tuple[Point, ...] = ()

    @classmethod
    def of(cls, objects: tuple[ObjectLabel, ...]) -> PointsLabel:
        """A point on each of the objects; a crowd is none."""
        return cls(tuple(Point.on(item) for item in objects if not item.crowd))

    @property
    def marks(self) -> int:
        """How many there are."""
        return len(self.points)

    @property
    def shown(self) -> Counts:
        """How many objects of each category are pointed at."""
        return Counts(Counter(item.category_id for item in self.points))

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """Its points."""
        return tuple(Prompt(each.category_id, points=(PromptPoint(each.x, each.y),)) for each in self.points)

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Check each point; messages name it by its place, from 0.

        Raises:
            InvalidLabel: too many of them, a category outside the vocabulary, or a point that is not inside the image.
        """
        check_number(len(self.points), "points", where)
        for place, item in enumerate(self.points):
            item.check(vocabulary, image, f"{where}, point {place}")
