"""Which categories images hold, as a JSON file: {"a.jpg": ["crack", "rust"], "b.jpg": []}."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.answers import read_answers
from maskloop.formats.unknown_names import no_category
from maskloop.values import Category, ImageLevelLabel


def read_image_level(file: Path, categories: Iterable[Category], expected: Iterable[str]) -> dict[str, ImageLevelLabel]:
    """The categories of the `expected` images, by file name; categories go by name, other images are ignored.

    Raises:
        InvalidDataset: the file is no JSON object, or does not hold together for an expected image; names up to ten.
    """
    ids = {category.name: category.id for category in categories}

    def label(said: object) -> ImageLevelLabel:
        if not isinstance(said, list):
            raise InvalidDataset("its categories are no JSON list of names")
        for name in said:
            if not isinstance(name, str) or name not in ids:
                raise InvalidDataset(no_category(str(name), ids))
        return ImageLevelLabel(tuple({ids[name] for name in said}))

    return read_answers(file, expected, label)
