"""What images hold after all, as a JSON file: {"a.jpg": "crack", "b.jpg": ""}, "" for none of the categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.json_objects import read_json_object
from maskloop.formats.problems import Problems
from maskloop.values import Category, OodVerdict


def read_verdicts(file: Path, categories: Iterable[Category], expected: Iterable[str]) -> dict[str, OodVerdict]:
    """The verdicts on the `expected` images, by file name; categories go by name, other images are ignored.

    Raises:
        InvalidDataset: the file is no JSON object, or does not hold together for an expected image; names up to ten.
    """
    problems = Problems(file)
    document = read_json_object(file)
    ids = {"": 0, **{category.name: category.id for category in categories}}
    found: dict[str, OodVerdict] = {}
    for name in expected:
        with problems.about(name):
            found[name] = _verdict(document, name, ids)
    problems.raise_if_any()
    return found


def _verdict(document: Mapping[str, object], name: str, ids: Mapping[str, int]) -> OodVerdict:
    if name not in document:
        raise InvalidDataset("the file does not list this image")
    said = document[name]
    if not isinstance(said, str) or said not in ids:
        names = ", ".join(filter(None, ids))
        raise InvalidDataset(f'its verdict is {said!r}, neither "" for nothing nor one of {names}')
    return OodVerdict(ids[said])
