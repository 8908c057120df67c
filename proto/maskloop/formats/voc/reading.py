"""Pascal VOC's segmentation task: a folder such as VOCdevkit/VOC2012, or as CVAT and Datumaro write it.

Each object has a colour of its own in the PNG under SegmentationObject, each class one in that under
SegmentationClass: VOC's, or those of labelmap.txt. Void, the border that annotators left undecided, belongs to no mask.
Everingham et al., *The Pascal Visual Object Classes Challenge: a retrospective*, section 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidDataset
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.file_names import match_names
from maskloop.formats.files import read_text
from maskloop.formats.images import read_image_size
from maskloop.formats.indexed_images import read_indexed
from maskloop.formats.photos import find_pictures
from maskloop.formats.problems import Problems
from maskloop.formats.splits import split_by_side
from maskloop.formats.voc.colours import NAMES, NOTHING, OBJECTS, VOID, ColourTable, Vocabulary, read_vocabulary
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel

CATEGORIES = tuple(Category(id_, name) for id_, name in enumerate(NAMES, 1))
LISTS = Path("ImageSets") / "Segmentation"
PICTURES, CLASS_MASKS, OBJECT_MASKS = "JPEGImages", "SegmentationClass", "SegmentationObject"
SIDES = {"train": "train", "val": "valid", "test": "test"}

_FLAG = re.compile(r"\s+-?[01]$")

Indices = NDArray[np.uint8]


def read_voc(folder: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    """Read the images of the lists in ImageSets/Segmentation.

    train.txt is for training; test.txt for testing, where its images have masks, else val.txt. Where there is only one
    list, such as trainval.txt or default.txt, `seed` draws 30 % of its images for testing.

    Images without masks are unlabeled if they are VOC's test images, or if a tool wrote the folder: CVAT and Datumaro
    write none where nothing is outlined, whether somebody has looked or not.

    Raises:
        InvalidDataset: something does not hold together; names the folder and up to ten files with their problems.
            With `OnBad.SKIP` images without a picture are left out, and images without their masks are unlabeled;
            `passed_over` lists them.
    """
    problems = Problems(folder, on_bad)
    vocabulary = read_vocabulary(folder)
    files = _files(folder / PICTURES)
    lists = _read_lists(folder / LISTS, files, problems)
    pictures = _pictures(folder / PICTURES, files, lists, problems)
    images: list[DatasetImage] = []
    sides: dict[str, str] = {}
    has_void = False
    for stem, path in pictures.items():
        name = path.relative_to(folder / PICTURES).as_posix()
        with problems.about(name):
            width, height = read_image_size(path)
            image = DatasetImage(name, path, width, height, (), is_labeled=False)
            masks = _Masks(folder, PurePosixPath(name).with_suffix("").as_posix(), vocabulary)
            sides[name] = SIDES.get(lists[stem], "")
            with problems.about(name):
                if masks.are_there or not (sides[name] == "test" or vocabulary.is_own):
                    instances, classes = masks.read(width, height)
                    objects = objects_of(instances, classes, len(vocabulary.names))
                    has_void = has_void or bool((instances == VOID).any())
                    image = DatasetImage(name, path, width, height, objects)
            images.append(image)
    if not images:
        problems.refuse(str(LISTS), "none of the images is there")
    problems.raise_if_any()
    if has_void and not any(image.objects for image in images):
        problems.refuse(OBJECT_MASKS, f"it holds 0 and {VOID} alone, and {VOID} is void: number the objects from 1")
        problems.raise_if_any()
    categories = tuple(Category(id_, name) for id_, name in enumerate(vocabulary.names, 1))
    told = {side: " and ".join(_lists_of(side, lists)) for side in ("train", "valid", "test")}
    dataset = Dataset(categories, tuple(images), (), (), "", problems.passed_over)
    return split_by_side(dataset, sides, told, seed)


def objects_of(instances: Indices, classes: Indices, class_count: int = len(CATEGORIES)) -> tuple[ObjectLabel, ...]:
    """The objects of an image, by their index.

    Args:
        instances: (H, W) uint8: 0 nothing, 1 to 254 the object, 255 void.
        classes: (H, W) uint8: 0 nothing, 1 to `class_count` the class, 255 void.
        class_count: how many classes there are, at most 254.

    Raises:
        InvalidDataset: the two differ in size, or a class is none of those; names the object.
    """
    if instances.shape != classes.shape:
        raise InvalidDataset(
            f"its objects are an image of {_size(instances)} pixels, its classes one of {_size(classes)}"
        )
    numbers = set(np.bincount(instances.ravel()).nonzero()[0].tolist()) - {NOTHING, VOID}
    return tuple(_object(number, instances == number, classes, class_count) for number in sorted(numbers))


def _object(number: int, inside: NDArray[np.bool_], classes: Indices, class_count: int) -> ObjectLabel:
    """The object's class is the one that most of its pixels show, the smallest of several."""
    shown = np.bincount(classes[inside], minlength=VOID + 1)
    shown[[NOTHING, VOID]] = 0
    class_ = int(shown.argmax())
    if not shown[class_]:
        raise InvalidDataset(f"object {number} lies on no pixel of a class")
    if class_ > class_count:
        raise InvalidDataset(f"object {number} is of class {class_}; there are {class_count}")
    return ObjectLabel(class_, Mask.from_array(inside))


@dataclass(frozen=True)
class _Masks:
    """The two PNGs of an image."""

    folder: Path
    stem: str
    vocabulary: Vocabulary

    def _file(self, part: str) -> Path:
        return self.folder / part / f"{self.stem}.png"

    @property
    def are_there(self) -> bool:
        return any(self._file(part).is_file() for part in (OBJECT_MASKS, CLASS_MASKS))

    def read(self, width: int, height: int) -> tuple[Indices, Indices]:
        """Which object, and which class, each pixel of the picture of `width` x `height` pixels shows."""
        instances = self._numbers(OBJECT_MASKS, OBJECTS)
        classes = self._numbers(CLASS_MASKS, self.vocabulary.table)
        if instances.shape != (height, width):
            raise InvalidDataset(f"its picture has {width} x {height} pixels, its objects {_size(instances)}")
        return instances, classes

    def _numbers(self, part: str, table: ColourTable) -> Indices:
        file = self._file(part)
        if not file.is_file():
            raise InvalidDataset(f"there is no {file}")
        try:
            return table.numbers(read_indexed(file))
        except InvalidDataset as error:
            raise InvalidDataset(f"{part}/{self.stem}.png: {error.message}") from error


def _files(folder: Path) -> Mapping[str, Sequence[Path]]:
    """The pictures that a list may mean, by their names with and without what follows the last dot."""
    there: dict[str, list[Path]] = {}
    for path in find_pictures(folder) if folder.is_dir() else ():
        there.setdefault(path.relative_to(folder).with_suffix("").as_posix(), []).append(path)
    return {**there, **{path.relative_to(folder).as_posix(): [path] for paths in there.values() for path in paths}}


def _read_lists(folder: Path, pictures: Iterable[str], problems: Problems) -> dict[str, str]:
    """The list of each image, by what it is called there.

    trainval.txt says again what train.txt and val.txt say, if these are there.
    """
    files = {file.stem: file for file in sorted(folder.glob("*.txt")) if not file.name.startswith(".")}
    names = [name for name in SIDES if name in files] or [name for name in ("trainval",) if name in files] or [*files]
    if not names:
        problems.refuse(str(LISTS), "there is no list of images: no train.txt, val.txt, trainval.txt or default.txt")
    lines = {name: [line.strip() for line in read_text(files[name]).splitlines() if line.strip()] for name in names}
    stems = _stems([line for its in lines.values() for line in its], pictures)
    bearer: dict[str, str] = {}
    for name in names:
        for stem in (stems[line] for line in lines[name]):
            if PurePosixPath(stem).is_absolute() or ".." in PurePosixPath(stem).parts:
                problems.add(f"{name}.txt", f"{stem!r} is no name of a file")
            elif stem in bearer:
                problems.add(f"{name}.txt", f"{stem} is in {bearer[stem]}.txt already")
            bearer.setdefault(stem, name)
    return bearer


def _stems(lines: Sequence[str], pictures: Iterable[str]) -> Mapping[str, str]:
    """An image's name of each line: some editions write a flag behind it, and tools put names with spaces in quotes.

    A flag is none where the whole line names a picture, `frame 1`.
    """
    whole = {line: line.strip('"') for line in lines}
    short = {line: _FLAG.sub("", line).strip('"') for line in lines}
    named = match_names(pictures, [whole[line] for line in lines if short[line] != whole[line]]).found
    return {line: whole[line] if whole[line] in named else short[line] for line in lines}


def _pictures(
    folder: Path, files: Mapping[str, Sequence[Path]], lists: Mapping[str, str], problems: Problems
) -> dict[str, Path]:
    """The picture of each image, whatever its format, by what it is called in the lists."""
    matches = match_names(files, lists, f"it is not in {folder}")
    found: dict[str, Path] = {}
    taken: set[Path] = set()
    for stem in lists:
        with problems.about(stem):
            if stem not in matches.found:
                raise InvalidDataset(matches.problems[stem])
            paths = files[matches.found[stem]]
            if len(paths) > 1:
                raise InvalidDataset(f"it may be {paths[0].name} or {paths[1].name}: only one can be meant")
            if paths[0] in taken:
                raise InvalidDataset(f"{paths[0].name} is listed twice")
            taken.add(paths[0])
            found[stem] = paths[0]
    return found


def _lists_of(side: str, lists: Mapping[str, str]) -> Iterable[str]:
    """The lists of one side, for people."""
    return dict.fromkeys(f"{name}.txt" for name in lists.values() if SIDES.get(name, "train") == side)


def _size(indices: Indices) -> str:
    height, width = indices.shape
    return f"{width} x {height}"
