"""What affinities are learnt from: images with seed labels, of which an iteration sees random cuts.

A cut is a square at a random place of the image, or the image at a random place of it; what is not the image is zero
after normalisation, and unknown. Half of them are mirrored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from maskloop.errors import InvalidArgument, InvalidLabel
from models.data.samples import image_tensor, normalise
from models.refinement.affinity.pairs import UNKNOWN
from models.refinement.seed_labels import SeedScores
from models.training.epochs import places_of

VERSION = 1
"""Of the cuts and of the labels' grids; raised when a change makes trainings come to other weights."""
Labels = NDArray[np.uint8]
Inside = NDArray[np.bool_]


@dataclass(frozen=True)
class SeedExample:
    """An image and its seeds.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        labels: (H, W) uint8: 0 ground, 1 + class index, 255 unknown.
        scores: what the labels were decided by; grids of PSA average them, as its authors do. Without them, labels are
            counted.

    Raises:
        InvalidLabel: labels or scores are not of the image's size, or labels not uint8.
    """

    image_id: str
    pixels: NDArray[np.uint8]
    labels: Labels
    scores: SeedScores | None = None

    @classmethod
    def of_scores(cls, image_id: str, pixels: NDArray[np.uint8], scores: SeedScores) -> SeedExample:
        """With the labels that the scores come to."""
        return cls(image_id, pixels, scores.labels().astype(np.uint8), scores)

    def __post_init__(self) -> None:
        size = self.pixels.shape[:2]
        if self.labels.shape != size or self.labels.dtype != np.uint8:
            raise InvalidLabel(f"image {self.image_id}: its seeds are not uint8, or not of the image's size")
        if self.scores is not None and self.scores.rows.shape[2:] != size:
            raise InvalidLabel(f"image {self.image_id}: its seeds' scores are not of the image's size")


@dataclass(frozen=True)
class Cut:
    """A square of an image: (S, S, 3) uint8, (S, S) labels, (S, S) whether a pixel is the image's, and its scores."""

    image: NDArray[np.uint8]
    labels: Labels
    inside: Inside
    scores: SeedScores | None = None


@dataclass(frozen=True)
class SeedBatch:
    """What one iteration learns from: (B, 3, S, S) normalised images, and (B, h, w) int64 labels of their cells."""

    images: Tensor
    labels: Tensor


@dataclass(frozen=True)
class CutOptions:
    """How cuts are drawn.

    Args:
        side: of a cut, pixels.
        batch: cuts of an iteration.
        scales: between which the image's scale is drawn; the image is resized bicubically, its labels are not mixed,
            and scores are not looked at.
        grid: makes of a cut the labels of its cells.
    """

    side: int
    batch: int
    scales: tuple[float, float]
    grid: Callable[[Cut], Labels]


def ordered(examples: Sequence[SeedExample]) -> tuple[SeedExample, ...]:
    """By id, so that the order given has no influence.

    Raises:
        InvalidArgument: there is none, or an image is there twice.
    """
    if not examples or len({item.image_id for item in examples}) < len(examples):
        raise InvalidArgument("there is no image to learn from, or one is there twice", field="examples")
    return tuple(sorted(examples, key=lambda item: item.image_id))


def example_tensors(examples: Sequence[SeedExample]) -> dict[str, Tensor]:
    """All that is learnt from, for a training's fingerprint, whatever the images' ids."""
    data: dict[str, Tensor] = {}
    for place, item in enumerate(examples):
        data[f"{place} image"] = torch.tensor(np.array(item.pixels))
        data[f"{place} labels"] = torch.tensor(np.array(item.labels))
        if item.scores is not None:
            data[f"{place} scores"] = torch.tensor(np.array(item.scores.rows))
            data[f"{place} classes"] = torch.tensor(item.scores.classes)
    return data


def draw_seed_batch(
    examples: Sequence[SeedExample], options: CutOptions, seed: int, iteration: int, device: torch.device
) -> SeedBatch:
    """The batch of one iteration; every draw comes from (seed, iteration) alone."""
    rng = np.random.default_rng([seed, 1, iteration])
    places = places_of(len(examples), options.batch, seed, iteration)
    cuts = [random_cut(examples[place], options, rng) for place in places]
    labels = np.stack([options.grid(cut) for cut in cuts]).astype(np.int64)
    return SeedBatch(network_input(cuts, device), torch.from_numpy(labels).to(device))


def network_input(cuts: Sequence[Cut], device: torch.device) -> Tensor:
    """(B, 3, S, S) normalised, zero where a cut is not its image."""
    inside = torch.from_numpy(np.stack([cut.inside for cut in cuts])).to(device)
    return normalise(image_tensor([cut.image for cut in cuts], device)) * inside[:, None]


def random_cut(example: SeedExample, options: CutOptions, rng: np.random.Generator) -> Cut:
    """One cut of an example."""
    pixels, labels, scores = example.pixels, example.labels, example.scores
    if options.scales != (1.0, 1.0):
        pixels, labels = _scaled(pixels, labels, float(rng.uniform(*options.scales)))
        scores = None
    if rng.random() < 0.5:
        pixels, labels = pixels[:, ::-1], labels[:, ::-1]
        scores = replace(scores, rows=scores.rows[..., ::-1]) if scores else None
    top, left = (_random_start(length, options.side, rng) for length in labels.shape)
    return cut_at(pixels, labels, options.side, (top, left), scores)


def cut_at(
    pixels: NDArray[np.uint8], labels: Labels, side: int, corner: tuple[int, int], scores: SeedScores | None = None
) -> Cut:
    """The square from row and column `corner` on, which may be negative."""
    image = np.zeros((side, side, 3), dtype=np.uint8)
    shown = np.full((side, side), UNKNOWN, dtype=np.uint8)
    inside = np.zeros((side, side), dtype=np.bool_)
    of, into = zip(*map(_shared, labels.shape, corner, (side, side)), strict=True)
    image[into], shown[into], inside[into] = pixels[of], labels[of], True
    if scores is None:
        return Cut(image, shown, inside)
    rows = np.zeros((*scores.rows.shape[:2], side, side), dtype=scores.rows.dtype)
    rows[(..., *into)] = scores.rows[(..., *of)]
    return Cut(image, shown, inside, replace(scores, rows=rows))


def _shared(length: int, start: int, side: int) -> tuple[slice, slice]:
    """Of an image's side, what a cut from `start` on shows, and where the cut shows it."""
    first, last = max(start, 0), min(start + side, length)
    return slice(first, last), slice(first - start, last - start)


def _random_start(length: int, side: int, rng: np.random.Generator) -> int:
    """Where a cut starts that lies in the image, or the image in it; negative in the latter case."""
    low, high = sorted((0, length - side))
    return int(rng.integers(low, high + 1))


def _scaled(pixels: NDArray[np.uint8], labels: Labels, scale: float) -> tuple[NDArray[np.uint8], Labels]:
    height, width = (max(1, round(length * scale)) for length in labels.shape)
    resized = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    nearest = Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST)
    return np.asarray(resized, dtype=np.uint8), np.asarray(nearest, dtype=np.uint8)


def nearest_labels(cut: Cut, stride: int) -> Labels:
    """(S / stride, S / stride): the label in the middle of each cell, as IRN reduces them."""
    return cut.labels[stride // 2 :: stride, stride // 2 :: stride]


def pooled_labels(cut: Cut, stride: int) -> Labels:
    """(S / stride, S / stride): what PSA makes of a cell.

    It averages two stacks of scores over the cell, takes the largest of each, and compares: the one beside much ground
    must say a class, or the one beside little must say ground; else the cell is unknown.

    Of seeds without scores, which are decided pixel by pixel, it is what that would come to if unknown pixels counted
    as ground in the first stack, and as a class in the second: a class of more pixels than ground and unknown have
    together; ground of as many pixels as the class and unknown have together. Pixels outside the image do not count.
    """
    if cut.scores is not None:
        return cut.scores.averaged(stride).labels().astype(np.uint8)

    def counted(chosen: Inside) -> NDArray[np.int64]:
        cells = len(chosen) // stride
        pixels: NDArray[np.int64] = (chosen & cut.inside).reshape(cells, stride, cells, stride).sum(axis=(1, 3))
        return pixels

    ground, unknown = counted(cut.labels == 0), counted(cut.labels == UNKNOWN)
    cells = np.full(ground.shape, UNKNOWN, dtype=np.uint8)
    found = np.setdiff1d(cut.labels, [0, UNKNOWN])
    counts = np.stack([np.zeros_like(ground), *(counted(cut.labels == value) for value in found)])
    most, which = counts.max(axis=0), np.concatenate([[UNKNOWN], found])[counts.argmax(axis=0)]
    cells[(ground >= most + unknown) & counted(cut.inside).astype(np.bool_)] = 0
    return np.where(most > ground + unknown, which, cells).astype(np.uint8)
