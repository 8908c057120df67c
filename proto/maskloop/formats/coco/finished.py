"""Labels that come back from a labeling tool as a COCO file: the images asked for, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.coco.annotations import ImageLabels, ShownImage, read_annotations
from maskloop.formats.coco.parsing import CocoFile, Entry, Id, parse_coco, read_id
from maskloop.formats.file_names import match_names
from maskloop.formats.problems import Problems
from maskloop.formats.unknown_names import no_category
from maskloop.values import Box, Category, ObjectLabel

Sizes = Mapping[str, tuple[int, int]]


def read_finished_coco(
    file: Path, expected: Sizes, categories: Iterable[Category]
) -> dict[str, tuple[ObjectLabel, ...]]:
    """The labels of the `expected` images, {file name: (width, height)}, from a COCO file a labeling tool wrote.

    An image the file lists without annotations is labeled as empty. Categories are matched by name, because tools
    number them anew; file names as `match_names` does. Other images are ignored, whatever is wrong with them. An object
    that names its proposal began as it; how far it was changed is for the caller to tell.

    Raises:
        InvalidDataset: expected images are missing, have another size, or hold what does not hold together.
    """
    problems = Problems(file)
    labels = _read(_parse(file, expected, problems), expected, categories, problems)
    for name, its in labels.items():
        for item in its.boxes:
            problems.add(name, f"an object has a box ({item}) and no outline")
    problems.raise_if_any()
    return {name: tuple(its.objects) for name, its in labels.items()}


def read_finished_boxes(file: Path, expected: Sizes, categories: Iterable[Category]) -> dict[str, tuple[Box, ...]]:
    """The boxes of the `expected` images, as `read_finished_coco` does.

    Outlines are read where there is no box: it is then the tight one. What sticks out of the image is cut off.

    Raises:
        InvalidDataset: expected images are missing, have another size, or hold what does not hold together.
    """
    problems = Problems(file)
    parsed = _parse(file, expected, problems)
    boxed = [(name, _without_outline(entry)) for name, entry in parsed.annotations or ()]
    labels = _read(replace(parsed, annotations=boxed), expected, categories, problems)
    for name, its in labels.items():
        if any(item.crowd for item in its.objects):
            problems.add(name, "it has a crowd; box each object of it")
    problems.raise_if_any()
    return {name: (*map(Box.around, its.objects), *its.boxes) for name, its in labels.items()}


def _without_outline(entry: Entry) -> Entry:
    return {key: value for key, value in entry.items() if key != "segmentation" or not entry.get("bbox")}


def _parse(file: Path, expected: Sizes, problems: Problems) -> CocoFile:
    """The file; what is wrong with an image is noted if that image is expected."""
    found = Problems(file, OnBad.SKIP)
    parsed = parse_coco(file, found)
    found.raise_if_any()
    if parsed.annotations is None:
        problems.add("annotations", "the list is missing")
    for entry in found.passed_over:
        if entry.name.startswith(("images[", "annotations[")) or match_names([entry.name], expected).found:
            problems.add(entry.name, entry.why)
    return parsed


def _read(
    parsed: CocoFile, expected: Sizes, categories: Iterable[Category], problems: Problems
) -> dict[str, ImageLabels]:
    matches = match_names([entry.file_name for entry in parsed.images.values()], expected)
    for name, why in matches.problems.items():
        problems.add(name, why)
    names = {listed: name for name, listed in matches.found.items()}
    shown: dict[Id, ShownImage] = {}
    for id_, entry in parsed.images.items():
        if entry.file_name in names:
            name = names[entry.file_name]
            with problems.about(f"image {id_}", name):
                shown[id_] = _shown(name, entry.size, expected[name])
                if id_ in parsed.doubtful:
                    raise InvalidDataset("the id is there twice")
    numbers = _numbers(parsed, shown, {category.name: category.id for category in categories}, problems)
    labels = read_annotations(parsed, shown, numbers, problems, tell_proposals=True)
    return {shown[id_].file_name: its for id_, its in labels.items()}


def _shown(name: str, size: tuple[int, int] | None, expected: tuple[int, int]) -> ShownImage:
    if size is not None and size != expected:
        raise InvalidDataset(f"it has {size[0]} x {size[1]} pixels, not {expected[0]} x {expected[1]}")
    return ShownImage(name, *expected)


def _numbers(
    parsed: CocoFile, shown: Mapping[Id, ShownImage], known: Mapping[str, int], problems: Problems
) -> dict[Id, int]:
    """Our ids by the file's; each category that objects of these images have and we do not is told once."""
    told: set[str] = set()
    for _, entry in parsed.annotations or ():
        image = shown.get(_key(entry, "image_id"))
        category = parsed.categories.get(_key(entry, "category_id"))
        if image and category and category.name not in known and category.name not in told:
            problems.add(image.file_name, no_category(category.name, known))
            told.add(category.name)
    return {id_: known[entry.name] for id_, entry in parsed.categories.items() if entry.name in known}


def _key(entry: Entry, key: str) -> Id:
    """The id at `key`; "" for none."""
    id_ = read_id(entry.get(key))
    return "" if id_ is None else id_
