"""Outlines of some photographs, from a COCO file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maskloop.formats.coco import read_coco
from maskloop.formats.image_level import check_names
from maskloop.formats.problems import Problems
from maskloop.values import ObjectLabel


@dataclass(frozen=True)
class Outlined:
    """The outlined objects of an image, each beside the name of its class."""

    named: tuple[tuple[str, ObjectLabel], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The classes, sorted."""
        return tuple(sorted({name for name, _ in self.named}))

    def objects(self, ids: Mapping[str, int]) -> tuple[ObjectLabel, ...]:
        """The objects, with the ids of their classes by name."""
        return tuple(replace(item, category_id=ids[name]) for name, item in self.named)


def read_outlines(file: Path, folder: Path, vocabulary: Sequence[str]) -> dict[str, Outlined]:
    """The outlines of the images of `folder` that a COCO file outlines, by file name; categories go by name.

    Images that it lists without an outline are left out: nobody knows whether they hold nothing.

    Raises:
        InvalidDataset: the file does not hold together, lists an image that is not in the folder, boxes an object
            without an outline, or has one of a class outside the vocabulary; names up to ten.
    """
    dataset = read_coco(file, folder)
    names = {category.id: category.name for category in dataset.categories}
    outlined: dict[str, Outlined] = {}
    problems = Problems(file)
    for image in dataset.images:
        with problems.about(image.file_name):
            check_names([names[item.category_id] for item in image.objects], vocabulary)
        if image.boxes is not None:
            problems.add(image.file_name, "an object has a box and no outline")
        elif image.objects:
            outlined[image.file_name] = Outlined(tuple((names[item.category_id], item) for item in image.objects))
    if not outlined:
        problems.refuse("annotations", "no image is outlined")
    problems.raise_if_any()
    return outlined
