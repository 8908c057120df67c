"""Vectors of many images, computed chunk by chunk, so that a job that is killed goes on where it was."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from maskloop.formats.files import write_atomically
from models.training.loop import Progress

CHUNK = 1024  # images computed between two places to go on from

Vectors = NDArray[np.float32]


class Named(Protocol):
    """An image by its id."""

    @property
    def image_id(self) -> str:
        """Distinct among the images."""


Image = TypeVar("Image", bound=Named)
Compute = Callable[[Sequence[Image], Progress], Iterator[tuple[str, Vectors]]]


def compute_in_chunks(
    folder: Path, name: str, images: Sequence[Image], compute: Compute[Image], progress: Progress
) -> dict[str, Vectors]:
    """What `compute` makes of every image, by id; chunks that an earlier attempt left are not computed again.

    Args:
        folder: where the chunks are left.
        name: of the chunks' files.
        images: the same, in the same order, at every attempt.

    Raises:
        StorageFull: the disk is full.
    """
    found: dict[str, Vectors] = {}
    for start in range(0, len(images), CHUNK):
        chunk, path = images[start : start + CHUNK], folder / f"{name}-{start:09}.npy"
        ids = [image.image_id for image in chunk]
        if not path.is_file():
            share = partial(_report, progress, start / len(images), len(chunk) / len(images))
            made = dict(compute(chunk, share))
            _save(path, np.stack([made[image_id] for image_id in ids]))
        found.update(zip(ids, np.load(path), strict=True))
    return found


def _report(progress: Progress, start: float, width: float, share: float, message: str) -> None:
    progress(start + share * width, message)


def _save(path: Path, values: NDArray[Any]) -> None:
    buffer = io.BytesIO()
    np.save(buffer, values)
    write_atomically(path, buffer.getvalue())
