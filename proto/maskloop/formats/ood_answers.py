"""What images hold after all, as a JSON file: {"a.jpg": "crack", "b.jpg": ""}, "" for none of the categories."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.answers import read_answers
from maskloop.spelling import did_you_mean
from maskloop.values import Category, OodAnswer


def read_ood_answers(file: Path, categories: Iterable[Category], expected: Iterable[str]) -> dict[str, OodAnswer]:
    """The answers on the `expected` images, by file name; categories go by name, other images are ignored.

    Raises:
        InvalidDataset: the file is no JSON object, or does not hold together for an expected image; names up to ten.
    """
    ids = {"": 0, **{category.name: category.id for category in categories}}

    def answer(said: object) -> OodAnswer:
        if not isinstance(said, str) or said not in ids:
            names = [name for name in ids if name]
            near = did_you_mean(str(said), names)
            raise InvalidDataset(
                f'its answer is {said!r:.40}, neither "" for nothing nor one of {", ".join(names)}{near}'
            )
        return OodAnswer(ids[said])

    return read_answers(file, expected, answer)
