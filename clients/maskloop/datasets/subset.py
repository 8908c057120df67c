"""Parts of a data set: few categories, pieces of images, images with few objects, a draw of so many images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.values import Box, Category, ObjectLabel

if TYPE_CHECKING:
    from maskloop.formats.datasets import Dataset, DatasetImage

LEAST_SHARE = 1 / 200
"""Share of a piece that must be left of an object its border cuts: 20 pixels of 64 x 64."""
DRAW_SEED = 0
"""Whatever the seed of a run, it draws the same images: runs are compared on them."""
MOST_NAMED = 20
REST = "rest"
"""What `--ood` calls the training images that hold nothing of the excerpt's classes."""


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
        objects: fewest and most objects of the images to keep, both included; boxes are objects, crowds are none.
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
        pieces = self._by_name(dataset)
        train = self._draw(pieces, dataset.train, categories, "pool_images")
        test = self._draw(pieces, dataset.test, categories, "test_images")
        names = [tuple(image.file_name for image in side) for side in (train, test)]
        return replace(dataset, categories=categories, images=train + test, train=names[0], test=names[1])

    def holding_nothing(self, dataset: Dataset) -> tuple[DatasetImage, ...]:
        """The training images, cut and stretched as `of` does, on which no object of the kept classes is.

        Raises:
            InvalidArgument: as `of`; there is none.
        """
        empty = replace(self, objects=(0, 0), pool_images=0)
        return empty._draw(self._by_name(dataset), dataset.train, self._categories(dataset), "pool_images")

    def _categories(self, dataset: Dataset) -> tuple[Category, ...]:
        unknown = [name for name in self.classes if name not in {category.name for category in dataset.categories}]
        if unknown:
            raise InvalidArgument(
                f"--classes: there is no {unknown[0]!r}, but {_frequencies(dataset)}", field="classes"
            )
        return tuple(each for each in dataset.categories if not self.classes or each.name in self.classes)

    def _by_name(self, dataset: Dataset) -> dict[str, _Piece]:
        by_name: dict[str, _Piece] = {}
        for name in (*dataset.train, *dataset.test):
            for piece in self._pieces(dataset.by_name[name]):
                other = by_name.setdefault(piece.file_name, piece)
                if other is not piece:
                    files = f"{other.image.file_name} and {piece.image.file_name}"
                    raise InvalidDataset(f"{files} would both give {piece.file_name}; rename one", field="data")
        return by_name

    def _draw(
        self, pieces: Mapping[str, _Piece], sources: Sequence[str], categories: Sequence[Category], option: str
    ) -> tuple[DatasetImage, ...]:
        """So many pieces of these sources as the option says, in their order. Few are cut for few wanted: they are
        looked at in an order drawn from their names, until there are enough."""
        import numpy as np  # no option is checked with it, and it takes longer than a command's help

        wanted, kept, of = getattr(self, option), {category.id for category in categories}, set(sources)
        names = [name for name, piece in pieces.items() if piece.image.file_name in of]
        order = np.random.default_rng(DRAW_SEED).permutation(sorted(names))
        cut = (pieces[name].cut(kept, self.stretch) for name in order.tolist())
        drawn = {image.file_name: image for image in islice(filter(self._holds_as_many, cut), wanted or None)}
        if len(drawn) < max(wanted, 0 if self.objects is None else 1):
            raise self._too_few(option, len(drawn), len(names))
        return tuple(drawn[name] for name in names if name in drawn)

    def _pieces(self, image: DatasetImage) -> Iterator[_Piece]:
        if not self.crop or max(image.width, image.height) <= self.crop:
            yield _Piece(_png(image.file_name) if self.stretch else image.file_name, image, None)
            return
        width, height = min(self.crop, image.width), min(self.crop, image.height)
        for y in range(0, image.height - height + 1, self.crop):
            for x in range(0, image.width - width + 1, self.crop):
                yield _Piece(_png(image.file_name, f"-{y}-{x}"), image, (x, y, width, height))

    def _holds_as_many(self, image: DatasetImage) -> bool:
        """A crowd is no object, but not nothing; nor is an image that nobody has looked at known to hold nothing."""
        if self.objects is None:
            return True
        fewest, most = self.objects
        if not most and (image.objects or not (image.is_labeled or image.boxes is not None)):
            return False
        return fewest <= number_of_objects(image) <= most

    def _too_few(self, option: str, available: int, of: int) -> InvalidArgument:
        if self.objects is None:
            so_many = ""
        elif available:
            so_many = f" with {self.objects[0]} to {self.objects[1]} objects"
        else:
            asked = f"--objects {self.objects[0]}-{self.objects[1]}"
            return InvalidArgument(f"{asked}: none of {of} {option.replace('_', ' ')} holds so many", field="objects")
        asked = f"--{option.replace('_', '-')} {getattr(self, option)}"
        return InvalidArgument(f"{asked}: there are {available}{so_many}", field=option)


@dataclass(frozen=True)
class _Piece:
    """A window (x, y, width, height) of an image, or all of it, and the name it is to have; not cut yet."""

    file_name: str
    image: DatasetImage
    window: tuple[int, int, int, int] | None

    def cut(self, categories: Set[int], stretch: bool) -> DatasetImage:
        """The piece with its objects of these categories."""
        image = replace(
            self.image,
            file_name=self.file_name,
            objects=tuple(item for item in self.image.objects if item.category_id in categories),
            boxes=_of(categories, self.image.boxes),
            stretched=stretch,
        )
        if self.window is None:
            return image
        x, y, width, height = self.window
        objects = objects_within(image.objects, (x, y), width, height)
        boxes = None if image.boxes is None else boxes_within(image.boxes, (x, y), width, height)
        return replace(image, width=width, height=height, objects=objects, boxes=boxes, corner=(x, y))


def _frequencies(dataset: Dataset) -> str:
    """`window (2447), balcony (393) and 8 more`: what there is, the most frequent first."""
    frequency: Counter[int] = Counter()
    for image in dataset.images:
        outlined = [item.category_id for item in image.objects if not item.crowd]
        frequency.update(outlined if image.boxes is None else [item.category_id for item in image.boxes])
    ordered = sorted(dataset.categories, key=lambda category: (-frequency[category.id], category.id))
    shown = ", ".join(f"{category.name} ({frequency[category.id]})" for category in ordered[:MOST_NAMED])
    return shown if len(ordered) <= MOST_NAMED else f"{shown} and {len(ordered) - MOST_NAMED} more"


def _png(file_name: str, suffix: str = "") -> str:
    path = PurePosixPath(file_name)
    return str(path.with_name(f"{path.stem}{suffix}.png"))


def number_of_objects(image: DatasetImage) -> int:
    """Outlined or boxed; a crowd is none. Boxes are of all objects, of outlined ones too."""
    return sum(not item.crowd for item in image.objects) if image.boxes is None else len(image.boxes)


def _of(categories: Set[int], boxes: tuple[Box, ...] | None) -> tuple[Box, ...] | None:
    return None if boxes is None else tuple(item for item in boxes if item.category_id in categories)


def boxes_within(boxes: Iterable[Box], corner: tuple[int, int], width: int, height: int) -> tuple[Box, ...]:
    """What a window shows of boxes; as `objects_within`, by the boxes' areas."""
    inside: list[Box] = []
    for item in boxes:
        seen = item.crop(*corner, width, height)
        if seen is None:
            continue
        is_whole = (seen.width, seen.height) == (item.width, item.height)
        if is_whole or seen.width * seen.height >= LEAST_SHARE * width * height:
            inside.append(seen)
    return tuple(inside)


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
    inside: list[ObjectLabel] = []
    for item in objects:
        left, top, wide, high = item.mask.box
        if left < x + width and x < left + wide and top < y + height and y < top + high:
            mask = item.mask.crop(x, y, width, height)
            if mask.area == item.mask.area or mask.area >= LEAST_SHARE * width * height:
                inside.append(replace(item, mask=mask))
    return tuple(inside)
