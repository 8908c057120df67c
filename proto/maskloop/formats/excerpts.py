"""Parts of a data set: few categories, pieces of images, images with few objects, a draw of so many images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.values import Category, ObjectLabel

LEAST_SHARE = 1 / 200
"""Share of a piece that must be left of an object its border cuts: 20 pixels of 64 x 64."""
DRAW_SEED = 0
"""Whatever the seed of a run, it draws the same images: runs are compared on them."""
MOST_NAMED = 20


@dataclass(frozen=True)
class Excerpt:
    """What to take of a data set; the options apply in this order, each to what the one before left. Defaults: all.

    Args:
        classes: names of the categories to keep, none for all. Objects of others are left out; images stay.
        crop: side in pixels of the squares that images are cut into, 0 for none: side by side from the upper left
            corner, what is left over at the right and below is left out. Along an axis shorter than the side a piece
            is as long as the image: padding would be a ground nobody photographed. Objects are cut along; one that the
            border cuts goes where less than `LEAST_SHARE` of the piece is left of it, a whole one stays.
        stretch: whether to stretch the contrast of the files that images come from (see `DatasetImage`).
        objects: fewest and most objects of the images to keep, both included.
        pool_images, test_images: how many to draw of the training and of the test images, 0 for all.

    Raises:
        InvalidArgument: a number is negative, or the fewest objects are more than the most.
    """

    classes: tuple[str, ...] = ()
    crop: int = 0
    stretch: bool = False
    objects: tuple[int, int] | None = None
    pool_images: int = 0
    test_images: int = 0

    def __post_init__(self) -> None:
        for name in ("crop", "pool_images", "test_images"):
            if (value := getattr(self, name)) < 0:
                raise InvalidArgument(f"--{name.replace('_', '-')} {value} is negative", field=name)
        if self.objects is not None and not 0 <= self.objects[0] <= self.objects[1]:
            raise InvalidArgument(f"--objects {self.objects[0]}-{self.objects[1]} holds no number", field="objects")

    def of(self, dataset: Dataset) -> Dataset:
        """The part of `dataset`; no pixel is read. Pieces of an image stay on the image's side of the split.

        Raises:
            InvalidArgument: a class is none of the data set's, nothing is left, or there are fewer images than asked
                for; names the option.
            InvalidDataset: two files would give pieces of the same name.
        """
        if self == Excerpt():
            return dataset
        categories = self._categories(dataset)
        kept = {category.id for category in categories}
        train, test = (
            self._images((dataset.by_name[name] for name in names), kept, side)
            for names, side in ((dataset.train, "training"), (dataset.test, "test"))
        )
        _check_names(train + test)
        train, test = _draw(train, "pool_images", self.pool_images), _draw(test, "test_images", self.test_images)
        return replace(dataset, categories=categories, images=train + test, train=_names(train), test=_names(test))

    def _categories(self, dataset: Dataset) -> tuple[Category, ...]:
        unknown = [name for name in self.classes if name not in {category.name for category in dataset.categories}]
        if unknown:
            raise InvalidArgument(
                f"--classes: there is no {unknown[0]!r}, but {_frequencies(dataset)}", field="classes"
            )
        return tuple(one for one in dataset.categories if not self.classes or one.name in self.classes)

    def _images(self, images: Iterable[DatasetImage], categories: set[int], side: str) -> tuple[DatasetImage, ...]:
        wanted = (
            replace(image, objects=tuple(item for item in image.objects if item.category_id in categories))
            for image in images
        )
        pieces = tuple(piece for image in wanted for piece in self._pieces(image))
        if self.objects is None:
            return pieces
        fewest, most = self.objects
        found = tuple(piece for piece in pieces if fewest <= len(piece.objects) <= most)
        if not found:
            raise InvalidArgument(
                f"--objects {fewest}-{most}: none of {len(pieces)} {side} images holds so many", field="objects"
            )
        return found

    def _pieces(self, image: DatasetImage) -> Iterator[DatasetImage]:
        whole = not self.crop or max(image.width, image.height) <= self.crop
        if not whole:
            yield from _cut(image, self.crop, self.stretch)
        elif self.stretch:
            yield replace(image, file_name=_png(image.file_name), stretched=True)
        else:
            yield image


def _names(images: Iterable[DatasetImage]) -> tuple[str, ...]:
    return tuple(image.file_name for image in images)


def _frequencies(dataset: Dataset) -> str:
    """`window (2447), balcony (393) and 8 more`: what there is, the most frequent first."""
    found = Counter(item.category_id for image in dataset.images for item in image.objects)
    ordered = sorted(dataset.categories, key=lambda category: (-found[category.id], category.id))
    shown = ", ".join(f"{category.name} ({found[category.id]})" for category in ordered[:MOST_NAMED])
    return shown if len(ordered) <= MOST_NAMED else f"{shown} and {len(ordered) - MOST_NAMED} more"


def _png(file_name: str, suffix: str = "") -> str:
    path = PurePosixPath(file_name)
    return str(path.with_name(f"{path.stem}{suffix}.png"))


def _cut(image: DatasetImage, side: int, stretch: bool) -> Iterator[DatasetImage]:
    width, height = min(side, image.width), min(side, image.height)
    for y in range(0, image.height - height + 1, side):
        for x in range(0, image.width - width + 1, side):
            yield DatasetImage(
                _png(image.file_name, f"-{y}-{x}"),
                image.path,
                width,
                height,
                objects_within(image.objects, (x, y), width, height),
                corner=(x, y),
                stretched=stretch,
            )


def objects_within(
    objects: Iterable[ObjectLabel], corner: tuple[int, int], width: int, height: int
) -> tuple[ObjectLabel, ...]:
    """What a window shows of the objects: those it holds whole, and of those it cuts what is worth a label.

    Args:
        objects: of the picture.
        corner: the window's upper left pixel (x, y).
        width, height: the window's size in pixels.
    """
    x, y = corner
    found: list[ObjectLabel] = []
    for item in objects:
        left, top, wide, high = item.mask.box
        if left < x + width and x < left + wide and top < y + height and y < top + high:
            mask = item.mask.crop(x, y, width, height)
            if mask.area == item.mask.area or mask.area >= LEAST_SHARE * width * height:
                found.append(replace(item, mask=mask))
    return tuple(found)


def _check_names(images: Sequence[DatasetImage]) -> None:
    bearers: dict[str, DatasetImage] = {}
    for image in images:
        other = bearers.setdefault(image.file_name, image)
        if other is not image:
            raise InvalidDataset(
                f"{other.path.name} and {image.path.name} would both give {image.file_name}; rename one", field="data"
            )


def _draw(images: tuple[DatasetImage, ...], option: str, wanted: int) -> tuple[DatasetImage, ...]:
    """So many images by a draw among their names, in the order they came in; all where none are `wanted`."""
    if wanted > len(images):
        raise InvalidArgument(f"--{option.replace('_', '-')} {wanted}: there are {len(images)}", field=option)
    names = sorted(_names(images))
    order = np.random.default_rng(DRAW_SEED).permutation(len(names))
    drawn = {names[place] for place in order[: wanted or len(names)]}
    return tuple(image for image in images if image.file_name in drawn)
