"""What people say of images, as a JSON file: one object, a key for each image's file name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from maskloop.errors import InvalidDataset
from maskloop.formats.files import read_text
from maskloop.formats.problems import Problems

Answer = TypeVar("Answer")


def read_answers(file: Path, expected: Iterable[str], parse: Callable[[object], Answer]) -> dict[str, Answer]:
    """What the file says of the `expected` images, by file name; other images are ignored.

    Args:
        file: the JSON file.
        expected: file names.
        parse: makes an answer of what stands behind a name; raises InvalidDataset where it is none.

    Raises:
        InvalidDataset: the file is no JSON object, or lacks an expected image, or says what cannot be of it; names up
            to ten.
    """
    problems = Problems(file)
    document = _read(file)
    answers: dict[str, Answer] = {}
    for name in expected:
        with problems.about(name):
            if name not in document:
                raise InvalidDataset("the file does not list this image")
            answers[name] = parse(document[name])
    problems.raise_if_any()
    return answers


def _read(file: Path) -> Mapping[str, object]:
    try:
        document = json.loads(read_text(file))
    except ValueError as error:
        raise InvalidDataset(f"{file} is no JSON: {error}", field=str(file)) from error
    if not isinstance(document, dict):
        raise InvalidDataset(f"{file} is no JSON object of file names", field=str(file))
    return document
