"""What people say of images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maskloop.errors import InvalidLabel
from maskloop.masks import Mask


class SupervisionKind(StrEnum):
    """What a person says of an image, cheapest first."""

    IMAGE_LEVEL = "image_level"
    COUNTS = "counts"
    POINTS = "points"
    SCRIBBLES = "scribbles"
    BOXES = "boxes"
    FULL = "full"
    OOD_CHECK = "ood_check"


@dataclass(frozen=True)
class ObjectLabel:
    """One object a person outlined, or a model proposed."""

    category_id: int
    mask: Mask


@dataclass(frozen=True)
class Counts:
    """How many objects of each category an image holds; categories with none are left out."""

    by_category: Mapping[int, int]

    def __post_init__(self) -> None:
        for category_id, count in self.by_category.items():
            if count < 0:
                raise InvalidLabel(f"category {category_id} is counted {count} times", field="counts")
        kept = {key: count for key, count in sorted(self.by_category.items()) if count}
        object.__setattr__(self, "by_category", kept)

    @classmethod
    def of(cls, objects: tuple[ObjectLabel, ...]) -> Counts:
        """Counts of outlined objects."""
        found: dict[int, int] = {}
        for item in objects:
            found[item.category_id] = found.get(item.category_id, 0) + 1
        return cls(found)

    @property
    def objects(self) -> int:
        """Number of objects."""
        return sum(self.by_category.values())

    @property
    def categories(self) -> int:
        """Number of categories present."""
        return len(self.by_category)

    def sequence(self) -> tuple[int, ...]:
        """The category of each decoding step, sorted by id, as often as counted (Bellver et al., section 3.2)."""
        return tuple(key for key, count in self.by_category.items() for _ in range(count))


@dataclass(frozen=True)
class OodAnswer:
    """What a person says of a candidate out-of-distribution image: which category is there after all, 0 for none."""

    category_id: int = 0

    @property
    def is_ood(self) -> bool:
        """Whether the image holds nothing of the vocabulary, as it was believed."""
        return not self.category_id

    @property
    def counts(self) -> Counts:
        """One object of the category, so far as anybody looked."""
        return Counts({} if self.is_ood else {self.category_id: 1})


@dataclass(frozen=True)
class LabelDraft:
    """What a person submits of one image.

    `counts` goes with kind COUNTS, `objects` with FULL (an empty tuple says: nothing here), `answer` with OOD_CHECK.
    `supersedes` is the id of the label this one corrects, "" for a first label. `seconds_spent` is measured time,
    `None` if unknown.
    """

    image_id: str
    kind: SupervisionKind
    counts: Counts | None = None
    objects: tuple[ObjectLabel, ...] = ()
    answer: OodAnswer | None = None
    seconds_spent: float | None = None
    supersedes: str = ""

    def __post_init__(self) -> None:
        if self.kind is SupervisionKind.COUNTS and self.counts is None:
            raise InvalidLabel(
                f"image {self.image_id}: a label of kind counts carries no counts", field="labels.counts"
            )
        if self.kind is SupervisionKind.OOD_CHECK and self.answer is None:
            raise InvalidLabel(
                f"image {self.image_id}: a label of kind ood_check carries no answer", field="labels.ood_check"
            )
        if self.seconds_spent is not None and not (0 <= self.seconds_spent < math.inf):
            raise InvalidLabel(
                f"image {self.image_id}: seconds_spent is {self.seconds_spent}", field="labels.seconds_spent"
            )

    @property
    def shown(self) -> Counts:
        """The objects it shows, in numbers."""
        return _shown(self.counts, self.objects, self.answer)


@dataclass(frozen=True)
class Label:
    """An accepted label. `cost_s` is its planned cost; `superseded_by` the id of its correction, "" if current."""

    id: str
    project_id: str
    image_id: str
    kind: SupervisionKind
    annotator: str
    cost_s: float
    created_at: datetime
    counts: Counts | None = None
    objects: tuple[ObjectLabel, ...] = ()
    answer: OodAnswer | None = None
    seconds_spent: float | None = None
    campaign_id: str = ""
    supersedes: str = ""
    superseded_by: str = ""

    @property
    def shown(self) -> Counts:
        """The objects it shows, in numbers."""
        return _shown(self.counts, self.objects, self.answer)


def _shown(counts: Counts | None, objects: tuple[ObjectLabel, ...], answer: OodAnswer | None) -> Counts:
    if counts is not None:
        return counts
    return Counts.of(objects) if answer is None else answer.counts
