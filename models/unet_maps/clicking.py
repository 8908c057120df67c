"""What labels of any kind say of an image, as clicks: on objects, beside them, and where there is nothing.

A point is a click. A stroke is a click in the middle of every stretch of half a crop or less, so that a long object is
seen along its length; an outlined object is a stroke through its middle. Of a box it is the middle. On the ground, and
where people rejected a proposal, a click says that nothing is there.

That rejected proposals become such clicks is what Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via
explainability for visual inspection of civil infrastructures*, 2022, name as to be done. What the network missed is
among the outlined objects of a reviewed label.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import ceil, dist
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidLabel
from maskloop.formats.files import write_atomically
from maskloop.values import BACKGROUND, ObjectLabel, Scribble, Verdict
from models.classification.unet.clicks import Click, ClickedImage, Judged, clicks_of_verdicts
from models.data.samples import Example, LargeExample

Corners = Sequence[tuple[float, float]]


def clicked(example: Example, categories: Sequence[int], apart: float, folder: Path | None) -> ClickedImage:
    """An image with the clicks that its label amounts to.

    Args:
        categories: the vocabulary's ids.
        apart: pixels of a stroke for each click, at most.
        folder: where the pixels of a large image are kept, from which crops are then read; `None` for in memory.

    Raises:
        InvalidLabel: a category is not of the vocabulary.
        StorageFull: the pixels cannot be kept.
    """
    there = _present(example)
    unknown = sorted(there.difference(categories))
    if unknown:
        raise InvalidLabel(f"image {example.image_id}: category {unknown[0]} is not in the vocabulary")
    whole = example.present is None
    return ClickedImage(
        example.image_id,
        _pixels(example, folder),
        tuple(sorted({*_on(example, apart), *_beside(example, categories, apart)})),
        frozenset(categories) - there,
        example.labels,
        example.boxes,
        whole,
    )


def along(path: Corners, apart: float) -> list[tuple[float, float]]:
    """The middles of as few equal stretches of a path as are no longer than `apart`; a path of one corner is itself."""
    lengths = [dist(start, end) for start, end in pairwise(path)]
    whole = sum(lengths)
    if not whole:
        return [path[0]]
    number = ceil(whole / apart)
    return [_at(path, lengths, (place + 0.5) * whole / number) for place in range(number)]


def _at(path: Corners, lengths: Sequence[float], far: float) -> tuple[float, float]:
    """The place so far along a path, by the lengths of its parts."""
    for (start, end), length in zip(pairwise(path), lengths, strict=True):
        if far <= length:
            share = far / length if length else 0.0
            return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
        far -= length
    return path[-1]


def _present(example: Example) -> frozenset[int]:
    marks = {mark.category_id for mark in example.marks or ()} - {BACKGROUND}
    outlined, boxed = {item.category_id for item in example.labels}, {box.category_id for box in example.boxes}
    return (example.present or frozenset()) | outlined | boxed | marks


def _on(example: Example, apart: float) -> Iterator[Click]:
    for box in example.boxes:
        middle = (box.x + box.width / 2, box.y + box.height / 2)
        yield _click(middle, example.size, box.category_id)
    for mark in example.marks or ():
        if mark.category_id != BACKGROUND:
            yield from (_click(place, example.size, mark.category_id) for place in along(mark.path, apart))
    for item in example.objects:
        if item.mask.area:
            yield from _inside(item, apart)


def _inside(item: ObjectLabel, apart: float) -> Iterator[Click]:
    """Clicks on an object's own pixels: corners of a stroke along it, those nearest to where clicks should be."""
    corners = Scribble.on(item).path
    size = item.mask.height, item.mask.width
    for place in along(corners, apart):
        yield _click(min(corners, key=lambda corner: dist(corner, place)), size, item.category_id)


def _beside(example: Example, categories: Iterable[int], apart: float) -> Iterator[Click]:
    for mark in example.marks or ():
        if mark.category_id == BACKGROUND:
            for place in along(mark.path, apart):
                yield from (_click(place, example.size, category_id, on=False) for category_id in categories)
    if example.rejected:
        judged = [Judged(Verdict.ACCEPTED, item.category_id, item.mask) for item in example.labels if item.mask.area]
        judged += [Judged(Verdict.REJECTED, item.category_id, item.mask) for item in example.rejected]
        yield from clicks_of_verdicts(judged, (Verdict.REJECTED,))


def _click(place: tuple[float, float], size: tuple[int, int], category_id: int, *, on: bool = True) -> Click:
    """At the pixel that a place (x, y) lies in; edges lie between pixels."""
    row, column = (min(int(at), length - 1) for at, length in zip((place[1], place[0]), size, strict=True))
    return Click(row, column, category_id, on)


def _pixels(example: Example, folder: Path | None) -> NDArray[np.uint8]:
    """Of a large image, mapped from a file: it is decoded once, and no two such images need be in memory."""
    if folder is None or not isinstance(example, LargeExample):
        return example.pixels
    path = folder / f"{hashlib.sha256(example.image_id.encode()).hexdigest()}.npy"
    if not path.is_file():
        kept = io.BytesIO()
        np.save(kept, example.pixels)
        write_atomically(path, kept.getvalue())
    mapped: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return mapped
