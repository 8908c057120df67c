"""What a tool's files say of pictures, gathered into a data set: pictures found, classes numbered, split told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.file_names import match_names
from maskloop.formats.images import read_image_size
from maskloop.formats.photos import find_pictures
from maskloop.formats.problems import Problems
from maskloop.formats.splits import draw_split, listed_split, split_by_side
from maskloop.formats.tools.shapes import Shape, Size
from maskloop.formats.unknown_names import no_category
from maskloop.values import Box, Category, ObjectLabel

LONGEST_NAME = 255
SIDES = {"train": "train", "val": "valid", "valid": "valid", "validation": "valid", "test": "test"}
"""What tools call the sides of a split, in small letters, and what `split_by_side` does."""
ParseShape = Callable[[Any, Size], Shape | None]


@dataclass(frozen=True)
class Picture:
    """A picture that is there: its name in the data set, where it lies, its upright size in pixels."""

    name: str
    path: Path
    width: int
    height: int

    @property
    def size(self) -> Size:
        """Width and height."""
        return self.width, self.height


@dataclass(frozen=True)
class _Seen:
    picture: Picture
    shapes: tuple[Shape, ...] | None
    side: str


class Gathering:
    """Collects what is read of the data set in a folder.

    Args:
        place: what is read, for the errors.
        on_bad: whether bad entries end the reading; else a bad picture is left out, and a picture with a bad shape has
            no label, since one object less is a wrong label.
    """

    def __init__(self, place: Path, on_bad: OnBad) -> None:
        self.problems = Problems(place, on_bad)
        self._seen: dict[str, _Seen] = {}

    def pictures(self, names: Iterable[str], folder: Path) -> dict[str, Picture]:
        """The pictures that a tool's file names, by these names; what is missing or broken is noted."""
        asked = list(names)
        there = [path.relative_to(folder).as_posix() for path in find_pictures(folder)]
        matches = match_names(there, asked, f"it is not in {folder}")
        found: dict[str, Picture] = {}
        for name in dict.fromkeys(asked):
            with self.problems.about(name):
                if name not in matches.found:
                    raise InvalidDataset(matches.problems[name])
                found[name] = picture_at(folder, folder / matches.found[name])
        return found

    def shapes(
        self, picture: Picture, entries: Iterable[tuple[str, Any]], parse: ParseShape
    ) -> tuple[Shape, ...] | None:
        """What `parse` makes of each entry, `None` where one of them is bad; what parse answers `None` to is no object.

        Args:
            picture: that they are of.
            entries: each with its name for a person.
            parse: raises InvalidArgument where an entry does not hold.
        """
        shapes: list[Shape] = []
        bad = False
        for name, entry in entries:
            try:
                shape = parse(entry, picture.size)
                shapes.extend([] if shape is None else [shape])
            except InvalidArgument as error:
                self.problems.add(name, error.message, picture.name)
                bad = True
        return None if bad else tuple(shapes)

    def add(self, picture: Picture, shapes: Sequence[Shape] | None, side: str = "") -> None:
        """Take in what is said of a picture; `None` where nobody looked. Of one that is there twice, it is noted."""
        if picture.name in self._seen:
            self.problems.add(picture.name, "it is there twice")
            self._seen[picture.name] = replace(self._seen[picture.name], shapes=None)
            return
        self._seen[picture.name] = _Seen(picture, None if shapes is None else tuple(shapes), side)

    def forget_empty_labels(self) -> None:
        """Where no shape is in all of the data, nobody has looked: tools list pictures before they are labeled."""
        if not any(seen.shapes for seen in self._seen.values()):
            self._seen = {name: replace(seen, shapes=None) for name, seen in self._seen.items()}

    def add_rest(self, folder: Path) -> None:
        """Take in the folder's pictures that nothing was said of: nobody looked at them."""
        known = {seen.picture.path for seen in self._seen.values()}
        for path in find_pictures(folder):
            if path not in known:
                with self.problems.about(path.relative_to(folder).as_posix()):
                    self.add(picture_at(folder, path), None)

    def dataset(self, folder: Path, names: Sequence[str], seed: int, closed: bool = True) -> Dataset:
        """All of it.

        The split is that of train.txt and test.txt in `folder`, else that of the sides, else drawn by `seed`.

        Args:
            folder: where the lists may lie.
            names: of the classes, in their order.
            seed: draws.
            closed: whether there are no other classes; else what pictures show comes behind, in the alphabet's order.

        Raises:
            InvalidDataset: something did not hold together.
        """
        shown = {shape.name for seen in self._seen.values() for shape in seen.shapes or ()}
        vocabulary = [*dict.fromkeys(names), *([] if closed else sorted(shown - set(names)))]
        if not vocabulary:
            self.problems.refuse("classes", "there are none: no object is labeled, and no list of them is there")
        if not self._seen:
            self.problems.refuse("images", "there are none")
        self._check_names(shown, vocabulary)
        listed = listed_split(folder, list(self._seen), self.problems)
        self.problems.raise_if_any()
        categories = tuple(Category(id_, name) for id_, name in enumerate(vocabulary, 1))
        ids = {category.name: category.id for category in categories}
        images = tuple(_image(seen, ids) for seen in self._seen.values())
        dataset = Dataset(categories, images, (), (), "", self.problems.passed_over)
        if listed is not None:
            return replace(dataset, train=listed[0], test=listed[1], split_from=listed[2])
        sides = {name: SIDES.get(seen.side.casefold(), "") for name, seen in self._seen.items()}
        if not any(sides.values()):
            return draw_split(dataset, "no split is given", seed)
        told = {SIDES.get(seen.side.casefold(), "train"): seen.side for seen in self._seen.values()}
        return split_by_side(dataset, sides, {"train": "", "valid": "", "test": "", **told}, seed)

    def _check_names(self, shown: Iterable[str], vocabulary: Sequence[str]) -> None:
        unknown = set(shown) - set(vocabulary)
        for name, seen in self._seen.items():
            if missing := unknown & {shape.name for shape in seen.shapes or ()}:
                self.problems.add(name, no_category(sorted(missing)[0], vocabulary))
                self._seen[name] = replace(seen, shapes=None)


def picture_at(folder: Path, path: Path) -> Picture:
    """The picture at `path`, called by its path below `folder`.

    Raises:
        InvalidImage: it is none that is read.
    """
    name = path.relative_to(folder).as_posix()
    if len(name) > LONGEST_NAME:
        raise InvalidDataset(f"the file name has {len(name)} characters; at most {LONGEST_NAME} are taken")
    return Picture(name, path, *read_image_size(path))


def check_size(said: tuple[object, object], picture: Picture) -> None:
    """Raises InvalidDataset where a file says another (width, height) than the picture has; `None` is not said."""
    if said not in ((None, None), picture.size):
        raise InvalidDataset(
            f"{picture.name} has {picture.width} x {picture.height} pixels (upright), "
            f"the file says {said[0]} x {said[1]}"
        )


def _image(seen: _Seen, ids: Mapping[str, int]) -> DatasetImage:
    """Where an object is boxed alone, all are known by boxes."""
    picture, shapes = seen.picture, seen.shapes
    objects = tuple(
        ObjectLabel(ids[each.name], each.mask, each.crowd) for each in shapes or () if each.mask is not None
    )
    bare = DatasetImage(picture.name, picture.path, *picture.size, (), is_labeled=False)
    if shapes is None:
        return bare
    alone = tuple(Box(ids[each.name], *each.sides) for each in shapes if each.sides is not None)
    if not alone:
        return replace(bare, objects=objects, is_labeled=True)
    around = tuple(Box.around(item) for item in objects if not item.crowd)
    return replace(bare, objects=objects, boxes=(*around, *alone))
