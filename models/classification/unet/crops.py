"""Crops around clicks: what the U-Net learns from, an iteration at a time.

Section "weak labels" of Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via explainability for visual
inspection of civil infrastructures*, 2022: five random crops around each click on a defect, and crops of nothing until
there are as many. How a click lies in its crop is not said: here its place is uniform over the crop, which is then
moved into the image. The paper draws crops once; here each epoch draws new ones, from (seed, iteration).

Crops of nothing lie around clicks beside, in images that are known to hold nothing of the class, and between the
objects of images whose objects are all outlined or boxed: as often in each of the three, if there are any. Where there
are none, or no room in them, they lie anywhere in images with clicks on objects of the class, away from these. None
holds such a click, a pixel of an outlined object or a part of a box.

Images smaller than a crop are continued by their reflection at the right and at the bottom, so that nothing changes its
scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.classification.unet.clicks import Click, ClickedImage
from models.classification.unet.recipe import UnetRecipe
from models.data.samples import image_tensor, normalise
from models.training.epochs import places_of

VERSION = 2
"""Of what is drawn; raised when a change makes trainings come to other weights."""
TRIES, MOST_TRIES = 20, 500
"""Places for a crop of nothing: of the first ones the farthest from objects is taken if none is far enough; more are
tried where all of these show something of an object."""
PLACES = 5
"""Of a crop around a click beside: how far an object reaches from its click nobody knows."""
Source = tuple[int, Click | None]
"""Where crops of nothing may be: place of an image, and the click beside, `None` for anywhere in it."""


@dataclass(frozen=True)
class Crop:
    """A square of an image.

    Args:
        place: of the image among those of the pool.
        top, left: its upper left pixel.
        category_id: that it was drawn for.
        on: whether it shows an object of that.
    """

    place: int
    top: int
    left: int
    category_id: int
    on: bool


@dataclass(frozen=True)
class CropBatch:
    """(B, 3, S, S) normalised images; (B, C) float targets; (B, C) bool, which of these are known."""

    images: Tensor
    targets: Tensor
    known: Tensor


@dataclass(frozen=True)
class ClickPool:
    """Images with clicks, and the crops that they give.

    Args:
        images: by id, so that the order in which they came has no influence, see `pool_of`.
        categories: ids of the network's classes, in the order of its logits.
        recipe: of crops and batches.
    """

    images: tuple[ClickedImage, ...]
    categories: tuple[int, ...]
    recipe: UnetRecipe

    @cached_property
    def positives(self) -> dict[int, list[tuple[int, Click]]]:
        """Of each category the clicks on objects, with their images' places."""
        return {
            category_id: [(place, click) for place, image in enumerate(self.images) for click in image.on(category_id)]
            for category_id in self.categories
        }

    @cached_property
    def negatives(self) -> dict[int, list[list[Source]]]:
        """Of each category where crops of nothing may be for certain, by what says so, see this module."""
        return {category_id: self._negatives(category_id) for category_id in self.categories}

    @property
    def most_clicks(self) -> int:
        """On objects of one category."""
        return max(map(len, self.positives.values()))

    @property
    def teaches(self) -> bool:
        """Whether each category has a click on an object, and room for a crop of nothing."""
        if not all(self.positives.values()):
            return False
        rng = np.random.default_rng(0)
        return all(self._nothing(category_id, rng) is not None for category_id in self.categories)

    def draw(self, seed: int, iteration: int) -> list[Crop]:
        """Crops of an iteration, as many of objects as of nothing for each category; drawn from the two alone."""
        rng = np.random.default_rng([seed, 1, iteration])
        wanted = max(1, self.recipe.batch // (2 * len(self.categories)))
        crops: list[Crop] = []
        for category_id in self.categories:
            clicks = self.positives[category_id]
            places = places_of(len(clicks) * self.recipe.crops, wanted, seed, iteration)
            crops += self._of([clicks[place % len(clicks)] for place in places], category_id, rng)
        return crops

    def fixed(self, seed: int, most: int) -> list[Crop]:
        """Crops around every click on objects and as many of nothing, at most 2 x `most` for each category."""
        rng, crops = np.random.default_rng([seed, 2]), list[Crop]()
        for category_id in self.categories:
            clicks = [click for click in self.positives[category_id] for _ in range(self.recipe.crops)]
            chosen = [clicks[place] for place in sorted(rng.permutation(len(clicks))[:most])]
            crops += self._of(chosen, category_id, rng)
        return crops

    def batch(self, crops: Sequence[Crop], device: torch.device, flips: np.random.Generator | None) -> CropBatch:
        """Their pixels and labels; mirrored at random in both directions where there is a generator."""
        side, squares = self.recipe.crop, []
        for crop in crops:
            square = cut(self.images[crop.place].pixels, crop.top, crop.left, side)
            if flips is not None:
                down, across = (int(step) for step in flips.choice([-1, 1], size=2))
                square = square[::down, ::across]
            squares.append(square)
        labels = np.array([self._label(crop) for crop in crops])
        targets = torch.from_numpy(labels == 1).to(device)
        return CropBatch(
            normalise(image_tensor(squares, device)), targets.float(), torch.from_numpy(labels >= 0).to(device)
        )

    def _of(self, clicks: Iterable[tuple[int, Click]], category_id: int, rng: np.random.Generator) -> list[Crop]:
        """A crop around each click, and one of nothing for each."""
        crops = [
            Crop(place, *around(click, self.images[place].size, self.recipe.crop, rng), category_id, on=True)
            for place, click in clicks
        ]
        return crops + [self._of_nothing(category_id, rng) for _ in crops]

    def _of_nothing(self, category_id: int, rng: np.random.Generator) -> Crop:
        found = self._nothing(category_id, rng)
        if found is None:
            raise InvalidArgument(
                f"category {category_id}: no crop of {self.recipe.crop} pixels was found that shows nothing of an "
                "object; mark the ground, name images without any, or make crops smaller",
                field="clicks",
            )
        return found

    def _nothing(self, category_id: int, rng: np.random.Generator) -> Crop | None:
        """A crop of nothing where that is certain, or else far from what is known; `None` where no place was found."""
        certain: list[list[Source]] = self.negatives[category_id]
        clicked: list[Source] = [(place, None) for place, image in enumerate(self.images) if image.on(category_id)]
        found = self._first(category_id, certain, 0.0, rng) if certain else None
        return found or self._first(category_id, [clicked], self.recipe.apart * self.recipe.crop, rng)

    def _first(
        self, category_id: int, groups: list[list[Source]], enough: float, rng: np.random.Generator
    ) -> Crop | None:
        """The first crop that is so many pixels from the clicks on objects, or the farthest of some that are tried."""
        side, best, farthest = self.recipe.crop, None, 0.0
        for tries in range(MOST_TRIES):
            if best is not None and tries >= TRIES:
                break
            sources = groups[int(rng.integers(len(groups)))]
            place, click = sources[int(rng.integers(len(sources)))]
            image = self.images[place]
            if click is None:
                top, left = (int(rng.integers(max(0, length - side) + 1)) for length in image.size)
            else:
                top, left = self._beside(image, category_id, click, rng)
            if image.shows(category_id, top, left, side):
                continue
            apart = distance(image.on(category_id), top, left, side)
            if apart > farthest:
                best, farthest = Crop(place, top, left, category_id, on=False), apart
            if apart >= enough:
                break
        return best

    def _beside(self, image: ClickedImage, category_id: int, click: Click, rng: np.random.Generator) -> tuple[int, int]:
        """Of some crops that hold a click beside, the one that is farthest from the clicks on objects."""
        side, objects = self.recipe.crop, image.on(category_id)
        places = [around(click, image.size, side, rng) for _ in range(PLACES)]
        return max(places, key=lambda place: distance(objects, place[0], place[1], side))

    def _negatives(self, category_id: int) -> list[list[Source]]:
        beside: list[Source] = [
            (place, click) for place, image in enumerate(self.images) for click in image.beside(category_id)
        ]
        empty: list[Source] = [(place, None) for place, image in enumerate(self.images) if category_id in image.absent]
        between: list[Source] = [
            (place, None) for place, image in enumerate(self.images) if image.whole and category_id not in image.absent
        ]
        return [sources for sources in (beside, empty, between) if sources]

    def _label(self, crop: Crop) -> list[int]:
        """1 for a class that it shows, 0 for one that it does not, -1 where nobody knows."""
        image, side = self.images[crop.place], self.recipe.crop
        label = []
        for category_id in self.categories:
            if category_id == crop.category_id:
                label.append(int(crop.on))
            elif distance(image.on(category_id), crop.top, crop.left, side) == 0:
                label.append(1)
            elif image.whole and not image.shows(category_id, crop.top, crop.left, side):
                label.append(0)
            else:
                label.append(0 if category_id in image.absent else -1)
        return label


def pool_of(images: Iterable[ClickedImage], categories: Sequence[int], recipe: UnetRecipe) -> ClickPool:
    """The images by id.

    Raises:
        InvalidArgument: an image is there twice, or a category has no click on an object.
    """
    ordered = tuple(sorted(images, key=lambda image: image.image_id))
    if len({image.image_id for image in ordered}) < len(ordered):
        raise InvalidArgument("an image is there twice", field="images")
    pool = ClickPool(ordered, tuple(categories), recipe)
    for category_id in categories:
        if not pool.positives[category_id]:
            raise InvalidArgument(f"category {category_id} has no click on an object", field="clicks")
    return pool


def around(click: Click, size: tuple[int, int], side: int, rng: np.random.Generator) -> tuple[int, int]:
    """Upper left pixel of a crop that holds the click, at a uniform place of its own, moved into the image."""
    down, across = (int(offset) for offset in rng.integers(side, size=2))
    top, left = (
        min(max(at - offset, 0), max(0, length - side))
        for at, offset, length in zip((click.y, click.x), (down, across), size, strict=True)
    )
    return top, left


def distance(clicks: Iterable[Click], top: int, left: int, side: int) -> float:
    """Pixels between a crop and the nearest of the clicks, along rows or columns; 0 if it holds one, inf for none."""
    return min(
        (
            max(top - click.y, click.y - (top + side - 1), left - click.x, click.x - (left + side - 1), 0)
            for click in clicks
        ),
        default=float("inf"),
    )


def cut(pixels: NDArray[np.uint8], top: int, left: int, side: int) -> NDArray[np.uint8]:
    """(side, side, 3) from an upper left pixel on, continued by reflection where the image ends."""
    shown = pixels[top : top + side, left : left + side]
    below, right = (side - length for length in shown.shape[:2])
    if below or right:
        shown = np.pad(shown, ((0, below), (0, right), (0, 0)), mode="reflect")
    return np.ascontiguousarray(shown)
