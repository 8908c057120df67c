"""What writers of other tools' formats share: how outlines are written, what was lost, where the split goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

from maskloop.errors import InvalidDataset
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.values import Box, ObjectLabel


class Outlines(StrEnum):
    """How masks are written where a format has both."""

    POLYGONS = "polygons"
    RLE = "rle"


@dataclass
class Losses:
    """What a format could not hold, for a person: how many of each."""

    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, count: int = 1) -> None:
        """Note `count` of `what`, as in "crowd regions left out"."""
        if count:
            self._counts[what] = self._counts.get(what, 0) + count

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each."""
        return tuple(f"{what}: {count}" for what, count in self._counts.items())


@dataclass(frozen=True)
class Named:
    """An object or a box of an image, with the name of its class."""

    name: str
    item: ObjectLabel | Box


def names_of(dataset: Dataset) -> dict[int, str]:
    """The class names by category id, in order of the ids."""
    return {category.id: category.name for category in sorted(dataset.categories)}


def used_images(dataset: Dataset) -> Iterator[tuple[DatasetImage, str]]:
    """The images of the split with "train" or "test", in the order of the data set."""
    train, test = set(dataset.train), set(dataset.test)
    for image in dataset.images:
        if image.file_name in train or image.file_name in test:
            yield image, "test" if image.file_name in test else "train"


def outlined_of(image: DatasetImage, losses: Losses, crowds: bool = False) -> Sequence[ObjectLabel]:
    """The outlined objects of an image, with its crowd regions if the format has `crowds`, else these are lost."""
    left_out = [] if crowds else [item for item in image.objects if item.crowd]
    losses.add("crowd regions left out", len(left_out))
    return [item for item in image.objects if crowds or not item.crowd]


def boxed_alone(image: DatasetImage) -> Sequence[Box]:
    """The boxes of objects that are not outlined as well: one box is left out for each equal one round an outline."""
    around = [Box.around(item) for item in image.objects if not item.crowd and item.mask.area]
    alone: list[Box] = []
    for box in image.boxes or ():
        if box in around:
            around.remove(box)
        else:
            alone.append(box)
    return alone


def is_known(image: DatasetImage) -> bool:
    """Whether something is known of the image: all outlines, or all boxes."""
    return image.is_labeled or image.boxes is not None


def check_objects(dataset: Dataset) -> None:
    """Every object has a pixel and a class.

    Raises:
        InvalidDataset: one has none; names the image and the object.
    """
    known = names_of(dataset)
    for image in dataset.images:
        for place, item in enumerate(image.objects):
            if not item.mask.area:
                raise InvalidDataset(f"image {image.file_name}, object {place}: its mask covers no pixel")
            if item.category_id not in known:
                raise InvalidDataset(f"image {image.file_name}, object {place}: there is no class {item.category_id}")


def check_names(dataset: Dataset, form: str, read: Callable[[str], str | None], means: str) -> None:
    """A list of classes, one a line, gives back every name that it is given.

    Args:
        dataset: whose classes are written.
        form: the format, for people.
        read: the name that the format's reader takes from the line of a class; `None` where it takes none.
        means: what the list takes other lines for, for people.

    Raises:
        InvalidDataset: a name would be read as something else; names it and the format.
    """
    for name in names_of(dataset).values():
        if name.splitlines() != [name] or name != name.strip() or read(name) != name:
            raise InvalidDataset(
                f"class {name!r} cannot be written to {form}, where such a line means {means}; give it another name",
                field="categories.name",
            )


def check_stems(dataset: Dataset) -> None:
    """No two images would have their labels in one file.

    Raises:
        InvalidDataset: two names differ in nothing but what follows the last dot.
    """
    bearers: dict[PurePosixPath, str] = {}
    for image in dataset.images:
        stem = PurePosixPath(image.file_name).with_suffix("")
        if stem in bearers:
            raise InvalidDataset(f"{bearers[stem]} and {image.file_name} would both have their labels in {stem}.*")
        bearers[stem] = image.file_name


def write_split(folder: Path, dataset: Dataset) -> None:
    """train.txt and test.txt, one file name a line; an empty list is not written."""
    for side, names in (("train", dataset.train), ("test", dataset.test)):
        if names:
            write_lines(folder / f"{side}.txt", names)


def write_lines(file: Path, lines: Iterable[str]) -> None:
    """A text file of these lines."""
    write_atomically(file, "".join(f"{line}\n" for line in lines).encode())


Writer = Callable[[Path, Dataset, Outlines], Losses]
