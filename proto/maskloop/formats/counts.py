"""How many objects of each category images hold, as a JSON file: {"a.jpg": {"crack": 2, "rust": 1}, "b.jpg": {}}."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.json_objects import read_json_object
from maskloop.formats.problems import Problems
from maskloop.values import Category, Counts


def read_counts(file: Path, categories: Iterable[Category], expected: Iterable[str]) -> dict[str, Counts]:
    """The counts of the `expected` images, by file name; categories go by name, other images are ignored.

    Raises:
        InvalidDataset: the file is no JSON object, or does not hold together for an expected image; names up to ten.
    """
    problems = Problems(file)
    document = read_json_object(file)
    ids = {category.name: category.id for category in categories}
    found: dict[str, Counts] = {}
    for name in expected:
        with problems.about(name):
            found[name] = _counts(document, name, ids)
    problems.raise_if_any()
    return found


def _counts(document: Mapping[str, object], name: str, ids: Mapping[str, int]) -> Counts:
    if name not in document:
        raise InvalidDataset("the file does not list this image")
    entry = document[name]
    if not isinstance(entry, dict):
        raise InvalidDataset("its counts are no JSON object of category names")
    for category, count in entry.items():
        if category not in ids:
            raise InvalidDataset(f"category {category!r} is none of {', '.join(ids)}")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise InvalidDataset(f"the count of {category} is {count!r}, no whole number from 0 on")
    return Counts({ids[category]: count for category, count in entry.items()})
