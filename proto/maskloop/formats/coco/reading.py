"""COCO instance data sets: a folder or a file as checked values, and the labels people give back.

A folder holds annotations.json, images/ and, if the split is given, train.txt and test.txt with one file name a line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from maskloop.errors import InvalidDataset
from maskloop.formats.coco.parsing import CocoFile, ImageEntry, parse_coco, read_text
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.images import read_image_size
from maskloop.formats.problems import Problems
from maskloop.values import Category, ObjectLabel

TEST_SHARE = 0.3


def read_coco_folder(folder: Path, *, seed: int = 0) -> Dataset:
    """Read the data set in `folder`; without train.txt and test.txt, `seed` draws 30 % of the images for testing.

    When only one of the lists is there, the other is the rest.

    Raises:
        InvalidDataset: something does not hold together; names the file and up to ten entries with their problems.
    """
    problems = Problems(folder / "annotations.json")
    categories, images = _read(folder / "annotations.json", folder / "images", problems)
    lists = {name: _read_list(folder / f"{name}.txt") for name in ("train", "test")}
    _check_lists(lists, {image.file_name for image in images}, problems)
    problems.raise_if_any()
    if lists["train"] is None and lists["test"] is None:
        return _draw_split(categories, images, seed)
    train = _given_or_rest(lists["train"], images, lists["test"])
    test = _given_or_rest(lists["test"], images, lists["train"])
    return Dataset(categories, images, train, test, "train.txt and test.txt")


def read_coco(file: Path, images_dir: Path, *, seed: int = 0) -> Dataset:
    """Read the COCO file `file`, its images lying under `images_dir`; `seed` draws 30 % of them for testing.

    Raises:
        InvalidDataset: as `read_coco_folder`.
    """
    problems = Problems(file)
    categories, images = _read(file, images_dir, problems)
    problems.raise_if_any()
    return _draw_split(categories, images, seed)


def read_finished_coco(
    file: Path, expected: Mapping[str, tuple[int, int]], categories: Iterable[Category]
) -> dict[str, tuple[ObjectLabel, ...]]:
    """The labels of the `expected` images, {file name: (width, height)}, from a COCO file a labeling tool wrote.

    An image the file lists without annotations is labeled as empty. Categories are matched by name, because tools
    number them anew; a folder before a file name is passed over, because tools add one. Other images are ignored.

    Raises:
        InvalidDataset: expected images are missing, have another size, or hold what does not hold together.
    """
    problems = Problems(file)
    parsed = parse_coco(file, problems)
    known = {category.name: category.id for category in categories}
    labels: dict[str, tuple[ObjectLabel, ...]] = {}
    listed: set[str] = set()
    for id_, image in parsed.images.items():
        name = image.file_name if image.file_name in expected else PurePosixPath(image.file_name).name
        if name in expected:
            listed.add(name)
            with problems.about(f"image {id_}"):
                _check_finished(image, name, expected[name], labels)
                labels[name] = _by_category_name(name, parsed.objects[id_], parsed.categories, known)
    for name in expected:
        if name not in listed:
            problems.add(name, "the file does not list this image")
    problems.raise_if_any()
    return labels


def _check_finished(image: ImageEntry, name: str, size: tuple[int, int], labels: Mapping[str, object]) -> None:
    if name in labels:
        raise InvalidDataset(f"{name} is there twice")
    if (image.width, image.height) != size:
        raise InvalidDataset(f"{name} has {image.width} x {image.height} pixels, not {size[0]} x {size[1]}")


def _by_category_name(
    image: str, objects: Iterable[ObjectLabel], names: Mapping[int, str], known: Mapping[str, int]
) -> tuple[ObjectLabel, ...]:
    for item in objects:
        if names[item.category_id] not in known:
            raise InvalidDataset(f"category {names[item.category_id]!r} is none of {', '.join(known)} (in {image})")
    return tuple(replace(item, category_id=known[names[item.category_id]]) for item in objects)


def _read(file: Path, images_dir: Path, problems: Problems) -> tuple[tuple[Category, ...], tuple[DatasetImage, ...]]:
    parsed = parse_coco(file, problems)
    return _categories(parsed, problems), _images(parsed, images_dir, problems)


def _categories(parsed: CocoFile, problems: Problems) -> tuple[Category, ...]:
    categories: list[Category] = []
    names: set[str] = set()
    for id_, name in sorted(parsed.categories.items()):
        with problems.about(f"category {id_}"):
            if name in names:
                raise InvalidDataset(f"the name {name!r} is there twice")
            names.add(name)
            categories.append(Category(id_, name))
    if not parsed.categories:
        problems.add("categories", "there are none")
    return tuple(categories)


def _images(parsed: CocoFile, images_dir: Path, problems: Problems) -> tuple[DatasetImage, ...]:
    images: list[DatasetImage] = []
    names: set[str] = set()
    for id_, entry in parsed.images.items():
        with problems.about(f"image {id_}"):
            if entry.file_name in names:
                raise InvalidDataset(f"the file name {entry.file_name!r} is there twice")
            names.add(entry.file_name)
            path = images_dir / entry.file_name
            images.append(DatasetImage(entry.file_name, path, entry.width, entry.height, parsed.objects[id_]))
            _check_file(entry, path)
    if not parsed.images:
        problems.add("images", "there are none")
    return tuple(images)


def _check_file(entry: ImageEntry, path: Path) -> None:
    """The file lies inside the images' folder, is a picture, and has the size that the masks were drawn for."""
    name = PurePosixPath(entry.file_name.replace("\\", "/"))
    if not name.parts or name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
        raise InvalidDataset(f"the file name {entry.file_name!r} leaves the images' folder")
    if not os.path.isfile(path):  # unlike Path.is_file, also answers for names no file can have
        raise InvalidDataset(f"{entry.file_name!r} is not in {path.parent}")
    size = read_image_size(path)
    if size != (entry.width, entry.height):
        raise InvalidDataset(
            f"{entry.file_name} has {size[0]} x {size[1]} pixels (upright), "
            f"the file says {entry.width} x {entry.height}"
        )


def _read_list(file: Path) -> list[str] | None:
    if not file.exists():
        return None
    return [line.strip() for line in read_text(file).splitlines() if line.strip()]


def _check_lists(lists: Mapping[str, Sequence[str] | None], known: set[str], problems: Problems) -> None:
    bearer: dict[str, str] = {}
    for list_name, names in lists.items():
        if names is not None and not names:
            problems.add(f"{list_name}.txt", "names no image")
        for name in names or ():
            if name not in known:
                problems.add(f"{list_name}.txt", f"{name} is no image of the data set")
            if name in bearer:
                problems.add(f"{list_name}.txt", f"{name} is in {bearer[name]}.txt already")
            bearer[name] = list_name


def _given_or_rest(
    given: Sequence[str] | None, images: Iterable[DatasetImage], other: Sequence[str] | None
) -> tuple[str, ...]:
    if given is not None:
        return tuple(given)
    taken = set(other or ())
    return tuple(image.file_name for image in images if image.file_name not in taken)


def _draw_split(categories: tuple[Category, ...], images: tuple[DatasetImage, ...], seed: int) -> Dataset:
    """At least one image on each side, if there are two; the draw depends on the names, not on their order."""
    names = sorted(image.file_name for image in images)
    order = np.random.default_rng(seed).permutation(len(names))
    tested = min(max(1, round(TEST_SHARE * len(names))), len(names) - 1)
    test = {names[place] for place in order[:tested]}
    in_order = [image.file_name for image in images]
    return Dataset(
        categories,
        images,
        tuple(name for name in in_order if name not in test),
        tuple(name for name in in_order if name in test),
        f"no train.txt or test.txt: {tested} of {len(names)} images drawn for testing by seed {seed}",
    )
