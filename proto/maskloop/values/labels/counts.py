"""Counts: how many objects of each category an image holds (Bellver et al., "IL+C")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from maskloop.errors import InvalidLabel
from maskloop.values.labels.kind import LabelContent, SupervisionKind
from maskloop.values.labels.objects import ObjectLabel
from maskloop.values.limits import MOST_OBJECTS
from maskloop.values.projects import Category, Image


def check_number(number: int, what: str, where: str) -> None:
    """Raises InvalidLabel where a label shows more than `MOST_OBJECTS`, such as points; the message begins with
    `where`."""
    if number > MOST_OBJECTS:
        raise InvalidLabel(f"{where}: {number:,} {what}; at most {MOST_OBJECTS:,} are taken", field=what)


@dataclass(frozen=True)
class Counts(LabelContent):
    """How many objects of each category an image holds; categories with none are left out.

    Points, strokes and boxes tell as much, and make no counts needless: networks that are told how many objects there
    are read labels of kind counts alone, and would pass over an image without them.
    """

    kind = SupervisionKind.COUNTS
    done_by = (SupervisionKind.COUNTS, SupervisionKind.FULL)
    in_random_order = True
    tells_how_many = True

    by_category: Mapping[int, int]

    def __post_init__(self) -> None:
        for category_id, count in self.by_category.items():
            if count < 0:
                raise InvalidLabel(f"category {category_id} is counted {count} times", field="counts")
        kept = {key: count for key, count in sorted(self.by_category.items()) if count}
        object.__setattr__(self, "by_category", kept)

    def within(self, category_ids: Iterable[int]) -> Counts:
        """Those of some categories alone."""
        known = set(category_ids)
        return Counts({key: count for key, count in self.by_category.items() if key in known})

    @classmethod
    def of(cls, objects: Iterable[ObjectLabel]) -> Counts:
        """Counts of outlined objects; a crowd is none, as nobody told how many it holds."""
        return cls(Counter(item.category_id for item in objects if not item.crowd))

    @property
    def shown(self) -> Counts:
        """Itself."""
        return self

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

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Raises InvalidLabel where a category is none of the vocabulary, or counted more than MOST_OBJECTS times."""
        known = {category.id for category in vocabulary}
        for category_id, count in self.by_category.items():
            if category_id not in known:
                raise InvalidLabel(
                    f"{where}: project {image.project_id} has no category {category_id}", field="labels.counts"
                )
            if count > MOST_OBJECTS:
                raise InvalidLabel(
                    f"{where}: {count} objects of category {category_id}; at most {MOST_OBJECTS} are taken",
                    field="labels.counts",
                )
