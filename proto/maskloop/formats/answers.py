"""What people say of images, as a JSON file: one object, a key for each image's file name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from maskloop.errors import InvalidDataset
from maskloop.formats.file_names import match_names
from maskloop.formats.files import read_text
from maskloop.formats.problems import Problems

Answer = TypeVar("Answer")


def read_answers(file: Path, expected: Iterable[str], parse: Callable[[object], Answer]) -> dict[str, Answer]:
    """What the file says of the `expected` images, by file name; other images are ignored.

    Args:
        file: the JSON file. Its names may be spelled as `match_names` allows.
        expected: file names.
        parse: makes an answer of what stands behind a name; raises InvalidDataset where it is none.

    Raises:
        InvalidDataset: the file is no JSON object, or lacks an expected image, or says what cannot be of it; names up
            to ten.
    """
    problems = Problems(file)
    document = read_object(file)
    names = list(expected)
    matches = match_names(document, names)
    answers: dict[str, Answer] = {}
    for name in names:
        with problems.about(name):
            if name in matches.problems:
                raise InvalidDataset(matches.problems[name])
            answers[name] = parse(document[matches.found[name]])
    problems.raise_if_any()
    return answers


def read_object(file: Path) -> Mapping[str, object]:
    """The JSON object in a file.

    Raises:
        InvalidDataset: the file cannot be read, is no JSON object, or says a thing twice.
    """
    try:
        document = json.loads(read_text(file), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        told = ', but {"a.jpg": …}, by file name, is needed' if file.suffix.lower() == ".csv" else ""
        raise InvalidDataset(f"{file} is no JSON{told}: {error}", field=str(file)) from error
    if not isinstance(document, dict):
        raise InvalidDataset(f"{file} is no JSON object, but a {type(document).__name__}", field=str(file))
    return document


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of the file; what stands there twice would else silently be what stands last."""
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice")
    return document
