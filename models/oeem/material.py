"""What is learnt from: patches of which their classes are known, and tiles of which masks are made, or known.

Where every pixel of an image is known, it is cut into patches, and its pixels say what each holds. So it is where
people outlined, and where all of an image is of one class: it holds nothing, or the one class of a vocabulary that
names all there is (the paper's images of one class). Any other image's label is of the whole, and it is one patch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.errors import InvalidLabel
from models.classification.data import ClassExample
from models.classification.patches.cutting import Patch, present_classes
from models.classification.views import scrambled
from models.data.samples import Example, image_tensor, resize_image
from models.data.sliding import sliding_windows
from models.data.windows import Window
from models.metrics.semantic import UNKNOWN
from models.oeem.drawn import Drawn
from models.oeem.layout import Layout, Pixels, resized
from models.oeem.recipe import OeemRecipe
from models.proposals.true_labels import true_labels

MOST_PATCHES, PATCHES_OF_EACH = 2_000, 64
TILES_OF_EACH = 16  # of an image
NOTHING = 2  # times as many patches, and as many tiles, that hold nothing as hold something, at most
WHOLE = 1.4  # sides of the classifier's view that a picture learnt as a whole is kept at: views are parts of it
LACKING = 4  # one in so many patches is without a class, or textures are added that hold nothing
DOUBTFUL = 0.5  # of a patch's pixels unknown, where the vocabulary names all there is
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Tile:
    """Part of an image at the scale of learning: `pixels` (h, w, 3), and what is known of it.

    Args:
        name: no other tile has it.
        present: class indices that its image holds, ascending.
        labels: (h, w) uint8 the network's labels, 255 unknown; `None` where maps have to find them.
    """

    name: str
    pixels: Pixels
    present: tuple[int, ...]
    labels: Labels | None


@dataclass(frozen=True)
class Material:
    """What one training learns from.

    Args:
        patches: some hold nothing.
        tiles: those that hold something first, in the order of the draw.
        present: ids of the categories of each image whose classes people named.
    """

    patches: tuple[Patch, ...]
    tiles: tuple[Tile, ...]
    present: tuple[frozenset[int], ...] = ()


@dataclass(frozen=True)
class Cutting:
    """How images become patches and tiles.

    Args:
        categories: the vocabulary's ids in the order of class indices.
    """

    layout: Layout
    categories: tuple[int, ...]
    recipe: OeemRecipe
    seed: int

    def told(self, examples: Iterable[ClassExample]) -> Material:
        """Of images whose classes people named; they are read once, one in memory at a time.

        Raises:
            InvalidLabel: an image holds a category that is not of the vocabulary.
        """
        parts, present = _Parts.empty(self.seed, self.recipe.mapped), list[frozenset[int]]()
        for example in examples:
            classes, pixels = self._indices(example.image_id, example.present), self.layout.zoomed(example.pixels)
            present.append(example.present)
            self._take(parts, _Image(example.image_id, pixels, classes, self._of_one(classes, pixels)))
        return parts.material(tuple(present))

    def outlined(self, examples: Iterable[Example]) -> Material:
        """Of images that people outlined; errors as `told`."""
        parts = _Parts.empty(self.seed, self.recipe.mapped)
        for example in examples:
            present = frozenset(item.category_id for item in example.labels)
            classes, pixels = self._indices(example.image_id, present), self.layout.zoomed(example.pixels)
            self._take(parts, _Image(example.image_id, pixels, classes, self._labels(example, pixels)))
        return parts.material()

    def _take(self, parts: _Parts, image: _Image) -> None:
        layout, recipe = self.layout, self.recipe
        if image.labels is None:
            whole = resized(image.pixels, min(1.0, WHOLE * recipe.input_side / max(image.size)))
            at = Window.whole(image.size)
            parts.patches[bool(image.classes)].offer(
                image.image_id, [at], lambda at: Patch(image.image_id, at, whole, image.classes)
            )
        else:
            known = {at: self._present(at.of(image.labels)) for at in image.windows(layout.patch, layout.stride)}
            for holding in (False, True):
                windows = [at for at, held in known.items() if held is not None and bool(held) is holding]
                parts.patches[holding].offer(image.image_id, windows, lambda at: image.patch(at, known[at] or ()))
        if recipe.ground or image.classes:
            windows = image.windows(layout.tile, layout.tile * 3 // 4)
            parts.tiles[bool(image.classes)].offer(image.image_id, windows, image.tile)

    def _present(self, labels: Labels) -> tuple[int, ...] | None:
        """Class indices that a patch holds whose labels (h, w) are known; `None` where too many of them are not."""
        ground, share = self.recipe.ground, self.recipe.share
        present = tuple(label - ground for label in present_classes(labels, share) if label >= ground)
        doubtful = bool(np.mean(labels == UNKNOWN) > (share if ground else DOUBTFUL))
        return None if doubtful or not (present or ground) else present

    def _of_one(self, classes: tuple[int, ...], pixels: Pixels) -> Labels | None:
        """(h, w) labels of an image of which every part holds the same; `None` of any other."""
        if self.recipe.ground:
            return np.zeros(pixels.shape[:2], np.uint8) if not classes else None
        return np.full(pixels.shape[:2], classes[0], np.uint8) if len(classes) == 1 else None

    def _labels(self, example: Example, pixels: Pixels) -> Labels:
        """(h, w) the network's labels: with the ground 0, or 255 for it where the vocabulary names all there is."""
        true = true_labels(example, self.categories, pixels.shape[:2])
        if not self.recipe.ground:
            true = np.where((true == 0) | (true == UNKNOWN), UNKNOWN, true - 1)
        return true.astype(np.uint8)

    def _indices(self, image_id: str, present: frozenset[int]) -> tuple[int, ...]:
        unknown = sorted(present.difference(self.categories))
        if unknown:
            raise InvalidLabel(f"image {image_id}: category {unknown[0]} is not in the vocabulary")
        return tuple(sorted(self.categories.index(category_id) for category_id in present))


@dataclass(frozen=True)
class _Image:
    """An image at the scale of learning, with the class indices that it holds; labels (h, w) where all are known."""

    image_id: str
    pixels: Pixels
    classes: tuple[int, ...]
    labels: Labels | None

    @property
    def size(self) -> tuple[int, int]:
        return self.pixels.shape[0], self.pixels.shape[1]

    def windows(self, side: int, stride: int) -> list[Window]:
        return sliding_windows(self.size, side, stride)

    def patch(self, at: Window, present: tuple[int, ...]) -> Patch:
        return Patch(self.image_id, at, at.of(self.pixels).copy(), present)

    def tile(self, at: Window) -> Tile:
        labels = None if self.labels is None else at.of(self.labels).copy()
        return Tile(f"{self.image_id} {at.top} {at.left}", at.of(self.pixels).copy(), self.classes, labels)


@dataclass(frozen=True)
class _Parts:
    """What is drawn, by whether it holds something."""

    patches: dict[bool, Drawn[Patch]]
    tiles: dict[bool, Drawn[Tile]]

    @classmethod
    def empty(cls, seed: int, tiles: int) -> _Parts:
        return cls(
            {holding: Drawn(seed, MOST_PATCHES, PATCHES_OF_EACH) for holding in (False, True)},
            {holding: Drawn(seed, tiles, TILES_OF_EACH) for holding in (False, True)},
        )

    def material(self, present: tuple[frozenset[int], ...] = ()) -> Material:
        """Of what holds nothing, no more than in proportion; all, where nothing holds anything."""
        patches, tiles = self.patches[True].parts, self.tiles[True].parts
        return Material(
            (*patches, *self.patches[False].parts[: NOTHING * len(patches) or None]),
            (*tiles, *self.tiles[False].parts[: NOTHING * len(tiles) or None]),
            present,
        )


def joined(told: Material, outlined: Material) -> Material:
    """Both."""
    return Material((*told.patches, *outlined.patches), (*told.tiles, *outlined.tiles), told.present)


def with_textures(patches: Sequence[Patch], classes: int, side: int, seed: int) -> tuple[Patch, ...]:
    """With textures that hold nothing, where nearly every patch holds a class: else nothing would tell it from others.

    Args:
        classes: C.
        side: of the textures, in pixels.
    """
    held = np.array([[index in patch.present for index in range(classes)] for patch in patches])
    lacking, rng = len(patches) // LACKING + 1 - int((~held).sum(axis=0).min()), np.random.default_rng([seed, 11])
    made = []
    for patch in patches[: max(0, lacking)]:
        view = scrambled(image_tensor([resize_image(patch.pixels, side)], torch.device("cpu")), rng)[0]
        pixels = (255 * view.permute(1, 2, 0)).round().clamp(0, 255).to(torch.uint8).numpy()
        made.append(Patch(f"texture of {patch.image_id}", patch.window, pixels, ()))
    return (*patches, *made)
