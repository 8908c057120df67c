"""Pictures that are there twice: the same bytes under two names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from maskloop.formats.datasets import Dataset, DatasetImage, PassedOver

CHUNK_BYTES = 1 << 20

Key = tuple[str, tuple[int, int] | None, int, int]
"""A file's content, and which piece of its picture."""


def without_copies(dataset: Dataset) -> Dataset:
    """The data set with each picture once: a copy in the pool would be paid for twice, and one of a test image would
    teach what is measured. The test image stays, else the first of them; the others are passed over."""
    first = copies_in([dataset.by_name[name] for name in (*dataset.test, *dataset.train)])
    if not first:
        return dataset
    return replace(
        dataset,
        train=tuple(name for name in dataset.train if name not in first),
        test=tuple(name for name in dataset.test if name not in first),
        passed_over=(*dataset.passed_over, *(say_copy(name, kept) for name, kept in first.items())),
    )


def copies_in(images: Iterable[DatasetImage]) -> dict[str, str]:
    """The pictures that are there before under another name, by file name, each with the first of its names."""
    kept: dict[Key, str] = {}
    names = ((image.file_name, kept.setdefault(key, image.file_name)) for image, key in _keys(images))
    return {name: first for name, first in names if name != first}


def say_copy(name: str, kept: str) -> PassedOver:
    """Why the copy of a picture is passed over."""
    return PassedOver(name, f"the same picture as {kept}")


def _keys(images: Iterable[DatasetImage]) -> Iterable[tuple[DatasetImage, Key]]:
    """The images whose file may be there twice, in their order. Only files of one size are read."""
    images = list(images)
    paths = sorted({image.path for image in images})
    sizes = {path: path.stat().st_size for path in paths if path.is_file()}
    by_size = groupby(sorted(sizes, key=lambda path: (sizes[path], path)), key=sizes.__getitem__)
    alike = {path for _, group in by_size if len(same := list(group)) > 1 for path in same}
    hashes = {path: _content(path) for path in alike}
    for image in images:
        content = hashes.get(image.path, str(image.path))
        yield image, (content, image.corner, image.width, image.height)


def _content(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
