"""How many objects of each category images hold, as a JSON file: {"a.jpg": {"crack": 2, "rust": 1}, "b.jpg": {}}."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.answers import read_answers
from maskloop.formats.unknown_names import no_category
from maskloop.values import MOST_OBJECTS, Category, Counts


def read_counts(file: Path, categories: Iterable[Category], expected: Iterable[str]) -> dict[str, Counts]:
    """The counts of the `expected` images, by file name; categories go by name, other images are ignored.

    Raises:
        InvalidDataset: the file is no JSON object, or does not hold together for an expected image; names up to ten.
    """
    ids = {category.name: category.id for category in categories}

    def counts(said: object) -> Counts:
        if not isinstance(said, dict):
            raise InvalidDataset("its counts are no JSON object of category names")
        for category, count in said.items():
            if category not in ids:
                raise InvalidDataset(no_category(category, ids))
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise InvalidDataset(f"the count of {category} is {count!r:.20}, no whole number from 0 on")
            if count > MOST_OBJECTS:
                raise InvalidDataset(f"the count of {category} is {count!r:.20}; at most {MOST_OBJECTS} are taken")
        return Counts({ids[category]: count for category, count in said.items()})

    return read_answers(file, expected, counts)
