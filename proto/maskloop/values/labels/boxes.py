"""Boxes: where every object of the vocabulary is, without its outline."""

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
from maskloop.values.proposals import Prompt

ROUNDING_PX = 1e-6  # by which floats may leave the image


@dataclass(frozen=True)
class Box:
    """One object, boxed.

    Args:
        category_id: of the project's vocabulary.
        x, y: its left and upper edge in pixels of the upright image, 0 or more; edges lie between pixels.
        width, height: its size in pixels, more than 0; whole numbers and fractions alike.

    Raises:
        InvalidLabel: it is no box: a number that is not finite, or no width or height.
    """

    category_id: int
    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        for name in ("x", "y", "width", "height"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if not all(map(math.isfinite, self.corners)) or min(self.width, self.height) <= 0:
            raise InvalidLabel(f"{self} is no box", field="boxes")

    def __str__(self) -> str:
        return f"{self.width:g} x {self.height:g} pixels at ({self.x:g}, {self.y:g})"

    @classmethod
    def around(cls, item: ObjectLabel) -> Self:
        """The tight box of an outlined object.

        Raises:
            InvalidLabel: its mask is empty.
        """
        return cls(item.category_id, *item.mask.box)

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower edge in pixels."""
        return self.x, self.y, self.x + self.width, self.y + self.height

    def crop(self, x: float, y: float, width: float, height: float) -> Box | None:
        """What a window of the image shows of it, counted from the window's corner (x, y); `None` if nothing.

        The whole image, `crop(0, 0, width, height)`, cuts off what sticks out of it.
        """
        left, upper, right, lower = self.corners
        left, right = (min(max(edge - x, 0.0), float(width)) for edge in (left, right))
        upper, lower = (min(max(edge - y, 0.0), float(height)) for edge in (upper, lower))
        if left >= right or upper >= lower:
            return None
        return Box(self.category_id, left, upper, right - left, lower - upper)

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Check it against its image; messages begin with `where`.

        Raises:
            InvalidLabel: a category outside the vocabulary, or a box that is not inside the image.
        """
        if all(category.id != self.category_id for category in vocabulary):
            raise InvalidLabel(
                f"{where}: project {image.project_id} has no category {self.category_id}", field="boxes.category_id"
            )
        left, upper, right, lower = self.corners
        outside = max(-left, -upper, right - image.width, lower - image.height)
        if outside > ROUNDING_PX:
            raise InvalidLabel(
                f"{where}: {self} is not inside the image of {image.width} x {image.height}", field="boxes"
            )


@dataclass(frozen=True)
class BoxesLabel(LabelContent):
    """All objects of an image, boxed; without any it says that the image holds none.

    It is kept, listed and exported. Networks on frozen features learn from it. It is no full label, and says of no
    pixel in a box what it is.
    """

    kind = SupervisionKind.BOXES
    done_by = (SupervisionKind.BOXES, SupervisionKind.FULL)
    in_random_order = True
    builds_on_counts = True
    tells_how_many = True

    boxes: tuple[Box, ...] = ()

    @classmethod
    def of(cls, objects: tuple[ObjectLabel, ...]) -> BoxesLabel:
        """The tight boxes of the objects; a crowd is none."""
        return cls(tuple(Box.around(item) for item in objects if not item.crowd))

    @property
    def marks(self) -> int:
        """How many there are."""
        return len(self.boxes)

    @property
    def shown(self) -> Counts:
        """How many objects of each category are boxed."""
        return Counts(Counter(item.category_id for item in self.boxes))

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """Its boxes."""
        return tuple(Prompt(each.category_id, (each.x, each.y, each.width, each.height)) for each in self.boxes)

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Check each box; messages name it by its place, from 0.

        Raises:
            InvalidLabel: a category outside the vocabulary, or a box that is not inside the image.
        """
        check_number(len(self.boxes), "boxes", where)
        for place, item in enumerate(self.boxes):
            item.check(vocabulary, image, f"{where}, box {place}")
