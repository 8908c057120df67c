"""Whether features that no label has shaped tell images apart: does the nearest image look alike?

For every pool image of a data set its nearest neighbour by features is looked up. Two answers are counted: how often
both have the same category on most of their labeled pixels, beside how often two random images have; and the rank
correlation of their numbers of objects. `MASKLOOP_DATA=DIR python -m benchmarks cold_start`
reads the COCO folders there; without them there is the demo alone.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.datasets.read import read_data
from maskloop.formats.datasets import DatasetImage
from maskloop.formats.images import decode_image
from models.data.samples import ImageToScore, resize_image
from models.encoders.features import cold_encoder, encode_images
from models.metrics.agreement import spearman
from selection.clusters import nearest

SETS = ("demo", "wbc_cells", "balloons", "building_facades", "dsb2018_nuclei", "coco_subset")
SIZE = 64
SEEDS = (0, 1, 2)
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Labeled:
    """A data set's pool at the encoder's size (n, SIZE, SIZE, 3), its images' main categories and object counts."""

    pixels: NDArray[np.uint8]
    categories: NDArray[np.int64]
    objects: NDArray[np.int64]


def main() -> None:
    """Print two tables, a line for each kind of features and a column for each data set."""
    torch.set_num_threads(1)
    folder = os.environ.get("MASKLOOP_DATA", "")
    found = {name: scores(read(name, folder)) for name in (SETS if folder else SETS[:1])}
    for place, what in enumerate(("same main category", "rank correlation of the number of objects")):
        print(f"\n| {what} | {' | '.join(found)} |\n|---|{'---|' * len(found)}")
        for kind in found[SETS[0]]:
            print(f"| {kind} | {' | '.join(told(found[name][kind][:, place]) for name in found)} |")


def told(values: NDArray[np.float64]) -> str:
    """Mean, and deviation over the seeds if there are several."""
    if np.isnan(values).any():
        return "–"
    return f"{values.mean():.2f}" + (f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else "")


def read(name: str, folder: str) -> Labeled:
    """The pool of a data set."""
    with tempfile.TemporaryDirectory() as made:
        pool = read_data("demo" if name == "demo" else f"coco:{folder}/{name}", Path(made), seed=0).pool
        pixels = [resize_image(decode_image(image.path.read_bytes(), image.file_name).pixels, SIZE) for image in pool]
    return Labeled(
        np.stack(pixels),
        np.array([main_category(image) for image in pool]),
        np.array([len(image.objects) for image in pool]),
    )


def main_category(image: DatasetImage) -> int:
    """That of most pixels, -1 where there is no object."""
    pixels: Counter[int] = Counter()
    for one in image.objects:
        pixels[one.category_id] += one.mask.area
    return max(pixels, key=lambda category_id: (pixels[category_id], -category_id), default=-1)


def scores(data: Labeled) -> dict[str, NDArray[np.float64]]:
    """(seeds, 2) agreement and rank correlation for each kind of features."""
    kinds: dict[str, list[Callable[[Labeled], Vectors]]] = {
        "thumbnail of 8 x 8 pixels": [thumbnail],
        "mean and deviation of the colours": [colours],
    }
    depths = {"last tap's mean": 0, "every tap": 5, "first two taps": 2}
    for what, taps in depths.items():
        kinds[f"random weights, {what}"] = [partial(encoded, taps, seed) for seed in SEEDS]
    shuffled = np.array([neighbour_scores(data, np.random.default_rng(seed).permutation) for seed in range(100)])
    return {"two random images": shuffled.mean(axis=0, keepdims=True)} | {
        kind: np.array([neighbour_scores(data, partial(nearest_other, make(data))) for make in makers])
        for kind, makers in kinds.items()
    }


def neighbour_scores(data: Labeled, neighbour_of: Callable[[int], NDArray[np.int64]]) -> tuple[float, float]:
    """How alike images are to their neighbours; NaN where all images are alike."""
    other = neighbour_of(len(data.objects))
    same = float((data.categories == data.categories[other]).mean()) if len(set(data.categories)) > 1 else np.nan
    rank = spearman(data.objects.astype(np.float64), data.objects[other].astype(np.float64))
    return same, np.nan if rank is None else rank


def nearest_other(features: Vectors, _: int) -> NDArray[np.int64]:
    """(n,) the nearest other row of each row."""
    rows = nearest(features, features, 2)[1]
    return np.where(rows[:, 0] == np.arange(len(rows)), rows[:, 1], rows[:, 0])


def thumbnail(data: Labeled) -> Vectors:
    """(n, 192) the image itself."""
    small = [resize_image(pixels, 8) for pixels in data.pixels]
    return np.stack(small).reshape(len(small), -1).astype(np.float32)


def colours(data: Labeled) -> Vectors:
    """(n, 6)."""
    pixels = data.pixels.reshape(len(data.pixels), -1, 3).astype(np.float32)
    return np.concatenate([pixels.mean(axis=1), pixels.std(axis=1)], axis=1)


def encoded(first_taps: int, seed: int, data: Labeled) -> Vectors:
    """(n, D) of the recipe compact's encoder with random weights."""
    source = replace(cold_encoder("compact", "", SIZE, seed), first_taps=first_taps)
    images = [ImageToScore(f"{row:05}", lambda row=row: data.pixels[row]) for row in range(len(data.pixels))]  # type: ignore[misc]
    return np.stack([vector for _, vector in encode_images(source, images, device=torch.device("cpu"), batch_size=16)])


if __name__ == "__main__":
    main()
