"""What is known of an image: boxes, and outlines of some of what is in them, at the size that masks are made at."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from maskloop.errors import InvalidLabel
from models.bbam.recipe import BbamRecipe
from models.boxes.boxed import Bools, BoxedImage, Floats
from models.data.proportions import Pixels, brought_to, sampled
from models.data.samples import Example

EMPTY_SHARE = 0.25  # images that hold nothing, for each that holds something
LEAST_SIDE = 1.0  # of a box, in pixels of the size that masks are made at


@dataclass(frozen=True)
class KnownImage:
    """An image whose objects are boxed.

    Args:
        image: no larger than masks are made at.
        outlines: (h, w) bool of each object, in the order of the boxes; `None` of what nobody outlined.
    """

    image: BoxedImage
    outlines: tuple[Bools | None, ...]

    @classmethod
    def of(cls, example: Example, categories: Sequence[int], longest: int) -> Self:
        """Outlined objects come first; crowds have no box.

        Raises:
            InvalidLabel: a category is not of the vocabulary.
        """
        pixels = brought_down(example.pixels, longest)
        outlined = BoxedImage.of(example, categories)
        boxes = [*outlined.boxes]
        classes = list(outlined.classes)
        for box in example.boxes:
            if box.category_id not in categories:
                raise InvalidLabel(f"image {example.image_id}: category {box.category_id} is not in the vocabulary")
            shown = box.crop(0, 0, example.size[1], example.size[0])
            if shown:
                boxes.append(np.array(shown.corners, dtype=np.float32))
                classes.append(categories.index(box.category_id))
        size = (pixels.shape[0], pixels.shape[1])
        small = boxes_at(np.array(boxes, dtype=np.float32).reshape(-1, 4), example.size, size)
        made = [sampled(item.mask.to_array(), size) for item in example.objects if item.mask.area]
        known: list[Bools | None] = [mask if mask.any() else None for mask in made]
        known += [None] * (len(classes) - len(known))
        return cls(BoxedImage(example.image_id, pixels, small, tuple(classes)), tuple(known))

    @property
    def image_id(self) -> str:
        """Of the image."""
        return self.image.image_id

    @property
    def outlined(self) -> bool:
        """Whether any of its objects is."""
        return any(mask is not None for mask in self.outlines)

    @property
    def wants_masks(self) -> bool:
        """Whether any of its objects is boxed alone."""
        return any(mask is None for mask in self.outlines)


@dataclass(frozen=True)
class Material:
    """All that networks learn from, by their ids, ascending.

    Args:
        images: some may hold nothing.
        seed: of draws.
    """

    images: tuple[KnownImage, ...]
    seed: int

    @classmethod
    def of(
        cls,
        examples: Iterable[Example],
        empty: Iterable[Example],
        categories: Sequence[int],
        recipe: BbamRecipe,
        seed: int,
    ) -> Self:
        """Examples at the size that is needed, one whole picture in memory at a time.

        Args:
            empty: images that hold nothing; some of them are drawn.
        """
        images = [KnownImage.of(example, categories, recipe.longest) for example in examples]
        told = {one.image_id for one in images}
        most, others = math.ceil(EMPTY_SHARE * len(images)), list[KnownImage]()
        for example in (one for one in empty if one.image_id not in told):
            bare = Example(example.image_id, brought_down(example.pixels, recipe.longest), ())
            others = [*drawn([*others, KnownImage.of(bare, categories, recipe.longest)], most, seed)]
        images += others
        return cls(tuple(sorted(images, key=lambda one: one.image_id)), seed)

    @property
    def elsewhere(self) -> Material:
        """The images of which nothing is outlined."""
        return Material(tuple(one for one in self.images if not one.outlined), self.seed)

    def explained(self, most: int) -> tuple[KnownImage, ...]:
        """Images with boxes that want masks, drawn by the seed; 0 is all.

        By their ids, ascending.
        """
        wanting = [one for one in self.images if one.wants_masks]
        return drawn(wanting, most or len(wanting), self.seed)

    def tried(self, most: int) -> tuple[KnownImage, ...]:
        """Images with outlines, drawn by the seed."""
        return drawn([one for one in self.images if one.outlined], most, self.seed)


def drawn(images: Sequence[KnownImage], most: int, seed: int) -> tuple[KnownImage, ...]:
    """So many of the images at most, by the seed; by their ids, ascending."""
    chosen = sorted(images, key=lambda one: draw(seed, one.image_id))[:most]
    return tuple(sorted(chosen, key=lambda one: one.image_id))


def draw(seed: int, image_id: str) -> bytes:
    """By which images are put in a random order."""
    return hashlib.sha256(f"{seed}:{image_id}".encode()).digest()


def brought_down(pixels: Pixels, longest: int) -> Pixels:
    """A picture, its longer side so many pixels at most."""
    return pixels if max(pixels.shape[:2]) <= longest else brought_to(pixels, longest)


def boxes_at(boxes: Floats, size: tuple[int, int], to: tuple[int, int]) -> Floats:
    """(n, 4) float32 boxes of an image of height and width in one of another size, each within it and a pixel long."""
    down, across = to[0] / size[0], to[1] / size[1]
    far = np.array([to[1], to[0]], dtype=np.float64)
    corners = boxes.astype(np.float64) * np.array([across, down, across, down])
    low = np.clip(corners[:, :2], 0, far - LEAST_SIDE)
    high = np.clip(np.maximum(corners[:, 2:], low + LEAST_SIDE), 0, far)
    made: Floats = np.concatenate([low, high], axis=1).astype(np.float32)
    return made
