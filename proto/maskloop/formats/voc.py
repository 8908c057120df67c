"""Pascal VOC's segmentation task: a folder such as VOCdevkit/VOC2012 as the values that the COCO reader gives.

The object of each pixel is its index in the palette PNG under SegmentationObject (1, 2, ...), the class its index in
that under SegmentationClass (1 to 20, in the alphabet's order). 255 is void: the border that annotators left undecided
belongs to no mask. Everingham et al., *The Pascal Visual Object Classes Challenge: a retrospective*, section 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidDataset
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import read_text
from maskloop.formats.images import read_image_size, read_indices
from maskloop.formats.problems import Problems
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel

NAMES = (
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
CATEGORIES = tuple(Category(id_, name) for id_, name in enumerate(NAMES, 1))
LISTS = Path("ImageSets") / "Segmentation"
NOTHING, VOID = 0, 255

Indices = NDArray[np.uint8]


def read_voc(folder: Path) -> Dataset:
    """Read the images of ImageSets/Segmentation/train.txt for training and of val.txt for testing.

    Raises:
        InvalidDataset: something does not hold together; names the folder and up to ten files with their problems.
    """
    problems = Problems(folder)
    train, test = (_read_list(folder / LISTS / f"{name}.txt") for name in ("train", "val"))
    _check_lists(train, test, problems)
    images: list[DatasetImage] = []
    for stem in dict.fromkeys((*train, *test)):
        with problems.about(stem):
            images.append(_read_image(folder, stem))
    problems.raise_if_any()
    return Dataset(CATEGORIES, tuple(images), _names(train), _names(test), f"{LISTS}/train.txt and val.txt")


def objects_of(instances: Indices, classes: Indices) -> tuple[ObjectLabel, ...]:
    """The objects of an image, by their index.

    Args:
        instances: (H, W) uint8: 0 nothing, 1 to 254 the object, 255 void.
        classes: (H, W) uint8: 0 nothing, 1 to 20 the class, 255 void.

    Raises:
        InvalidDataset: the two differ in size, or a class is none of the twenty; names the object.
    """
    if instances.shape != classes.shape:
        raise InvalidDataset(
            f"its objects are an image of {_size(instances)} pixels, its classes one of {_size(classes)}"
        )
    numbers = set(np.bincount(instances.ravel()).nonzero()[0].tolist()) - {NOTHING, VOID}
    return tuple(_object(number, instances == number, classes) for number in sorted(numbers))


def _object(number: int, inside: NDArray[np.bool_], classes: Indices) -> ObjectLabel:
    """The object's class is the one that most of its pixels show, the smallest of several."""
    shown = np.bincount(classes[inside], minlength=VOID + 1)
    shown[[NOTHING, VOID]] = 0
    class_ = int(shown.argmax())
    if not shown[class_]:
        raise InvalidDataset(f"object {number} lies on no pixel of a class")
    if class_ > len(CATEGORIES):
        raise InvalidDataset(f"object {number} is of class {class_}; there are {len(CATEGORIES)}")
    return ObjectLabel(class_, Mask.from_array(inside))


def _read_image(folder: Path, stem: str) -> DatasetImage:
    path = folder / "JPEGImages" / f"{stem}.jpg"
    width, height = read_image_size(_there(path))
    instances, classes = (
        read_indices(_there(folder / part / f"{stem}.png")) for part in ("SegmentationObject", "SegmentationClass")
    )
    if instances.shape != (height, width):
        raise InvalidDataset(f"its picture has {width} x {height} pixels, its objects {_size(instances)}")
    return DatasetImage(path.name, path, width, height, objects_of(instances, classes))


def _there(path: Path) -> Path:
    if not path.is_file():
        raise InvalidDataset(f"there is no {path}")
    return path


def _read_list(file: Path) -> list[str]:
    """The first word of every line; some editions write a flag behind it."""
    return [line.split()[0] for line in read_text(file).splitlines() if line.strip()]


def _names(stems: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{stem}.jpg" for stem in stems)


def _check_lists(train: Iterable[str], test: Iterable[str], problems: Problems) -> None:
    bearer: dict[str, str] = {}
    for name, stems in (("train.txt", train), ("val.txt", test)):
        for stem in stems:
            if stem in bearer:
                problems.add(name, f"{stem} is in {bearer[stem]} already")
            if Path(stem).name != stem:
                problems.add(name, f"{stem!r} is no name of a file")
            bearer[stem] = name


def _size(indices: Indices) -> str:
    height, width = indices.shape
    return f"{width} x {height}"
