"""Which categories images hold, as a JSON file: {"a.jpg": ["crack", "rust"], "b.jpg": []}."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.answers import read_answers, read_object
from maskloop.formats.file_names import match_names
from maskloop.formats.problems import Problems
from maskloop.formats.unknown_names import no_category
from maskloop.values import Category, ImageLevelLabel


def read_image_level(file: Path, categories: Iterable[Category], expected: Iterable[str]) -> dict[str, ImageLevelLabel]:
    """The categories of the `expected` images, by file name; categories go by name, other images are ignored.

    Raises:
        InvalidDataset: the file is no JSON object, or does not hold together for an expected image; names up to ten.
    """
    ids = {category.name: category.id for category in categories}

    def label(said: object) -> ImageLevelLabel:
        names = _names(said)
        check_names(names, ids)
        return ImageLevelLabel(tuple({ids[name] for name in names}))

    return read_answers(file, expected, label)


def read_class_names(file: Path, file_names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The names of the categories of every image that the file lists, by file name; what the vocabulary is, they say.

    Args:
        file: as `read_image_level` reads it; its file names may be spelled as `match_names` allows.
        file_names: of the images that there are.

    Raises:
        InvalidDataset: the file is no JSON object, lists an image that there is not, or says of one what is no list of
            names; names up to ten.
    """
    problems = Problems(file)
    document = read_object(file)
    matches = match_names(file_names, document, "there is no such image")
    named: dict[str, tuple[str, ...]] = {}
    for listed, said in document.items():
        with problems.about(listed):
            if listed in matches.problems:
                raise InvalidDataset(matches.problems[listed])
            named[matches.found[listed]] = tuple(sorted(set(_names(said))))
    problems.raise_if_any()
    return named


def check_names(names: Iterable[str], known: Iterable[str]) -> None:
    """Raises InvalidDataset where a name is none of the known ones; says which was probably meant."""
    vocabulary = list(known)
    for name in names:
        if name not in vocabulary:
            raise InvalidDataset(no_category(name, vocabulary))


def _names(said: object) -> list[str]:
    if not isinstance(said, list) or not all(isinstance(name, str) and name for name in said):
        raise InvalidDataset("its categories are no JSON list of names")
    return said
