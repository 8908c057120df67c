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
    images = [dataset.by_name[name] for name in (*dataset.test, *dataset.train)]
    kept: dict[Key, DatasetImage] = {}
    copies: dict[str, PassedOver] = {}
    for image, key in _keys(images):
        first = kept.setdefault(key, image)
        if first is not image:
            copies[image.file_name] = PassedOver(image.file_name, f"the same picture as {first.file_name}")
    if not copies:
        return dataset
    return replace(
        dataset,
        train=tuple(name for name in dataset.train if name not in copies),
        test=tuple(name for name in dataset.test if name not in copies),
        passed_over=(*dataset.passed_over, *copies.values()),
    )


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
