"""COCO instance data sets, in the layouts of `layouts`, as checked values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maskloop.formats.bad_entries import OnBad
from maskloop.formats.coco.annotations import ImageLabels, ShownImage, read_annotations
from maskloop.formats.coco.categories import number_categories
from maskloop.formats.coco.layouts import Part, find_parts
from maskloop.formats.coco.parsing import CocoFile, Id, parse_coco
from maskloop.formats.coco.pictures import Picture, Shelf, find_images
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.problems import Problems
from maskloop.formats.splits import draw_split, listed_split, split_by_side
from maskloop.values import Box, Category

ALL_SIDES = ("train", "valid", "test")


def read_coco_folder(folder: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    """Read the data set in `folder`, which lies as one of `maskloop.formats.coco.layouts`.

    The split is that of train.txt and test.txt, one file name a line, where they are there; the rest belongs to a list
    that is missing. Else it is that of the files: train, and test. Validation images are tested on where no test
    images have labels, and else trained on. Where nothing tells a split, `seed` draws 30 % of the images for testing.

    Images are unlabeled where their file has no list of annotations, or where no annotation is in all of the data: then
    nobody has looked. They have boxes, and no full label, where some annotation of theirs is a box without an outline.

    Raises:
        InvalidDataset: something does not hold together; names the file and up to ten entries with their problems.
            With `OnBad.SKIP` bad images are left out, and images with a bad annotation are unlabeled; `passed_over`
            lists them.
    """
    parts = find_parts(folder)
    problems = Problems(parts[0].file if len(parts) == 1 else folder, on_bad)
    categories, by_part = _read(parts, folder, problems)
    images = tuple(image for its in by_part for image in its)
    listed = listed_split(folder, [image.file_name for image in images], problems)
    problems.raise_if_any()
    if listed is not None:
        return Dataset(categories, images, *listed, problems.passed_over)
    dataset = Dataset(categories, images, (), (), "", problems.passed_over)
    if not any(part.side for part in parts):
        return draw_split(dataset, "no train.txt or test.txt", seed)
    sides = {image.file_name: part.side for part, its in zip(parts, by_part, strict=True) for image in its}
    told = {side: ", ".join(part.name for part in parts if (part.side or "train") == side) for side in ALL_SIDES}
    return split_by_side(dataset, sides, told, seed)


def read_coco(file: Path, images_dir: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    """Read the COCO file `file`, its images lying under `images_dir`; `seed` draws 30 % of them for testing.

    Raises:
        InvalidDataset: as `read_coco_folder`.
    """
    problems = Problems(file, on_bad)
    categories, (images,) = _read([Part(file.name, file, "", (images_dir,))], images_dir, problems)
    problems.raise_if_any()
    return draw_split(Dataset(categories, images, (), (), "", problems.passed_over), "no train.txt or test.txt", seed)


@dataclass(frozen=True)
class _Read:
    """A file, and those of its images whose pictures are there."""

    part: Part
    parsed: CocoFile
    pictures: Mapping[Id, Picture]


def _read(
    parts: Sequence[Part], folder: Path, problems: Problems
) -> tuple[tuple[Category, ...], list[tuple[DatasetImage, ...]]]:
    """The vocabulary, and the images of each part."""
    shelf = Shelf()
    read: list[_Read] = []
    for part in parts:
        with problems.within(part.name if len(parts) > 1 else ""):
            parsed = parse_coco(part.file, problems)
            read.append(_Read(part, parsed, find_images(parsed.images, part.folders, shelf, problems)))
    if not any(one.pictures for one in read):
        problems.refuse(
            "images", "there are none" if not any(one.parsed.listed_images for one in read) else "none of them is there"
        )
    categories, numbers = number_categories([one.parsed for one in read], problems)
    names = _names(read, folder)
    nobody_looked = not any(one.parsed.annotations for one in read)
    by_part: list[tuple[DatasetImage, ...]] = []
    for one, own_numbers in zip(read, numbers, strict=True):
        with problems.within(one.part.name if len(parts) > 1 else ""):
            shown = {
                id_: ShownImage(names[one.part.name, id_], each.width, each.height)
                for id_, each in one.pictures.items()
            }
            labels = read_annotations(one.parsed, shown, own_numbers, problems)
            unlabeled = nobody_looked or one.parsed.annotations is None
        by_part.append(
            tuple(
                _image(shown[id_].file_name, each, labels[id_], unlabeled or each.file in shelf.twice)
                for id_, each in one.pictures.items()
            )
        )
    return categories, by_part


def _names(read: Sequence[_Read], folder: Path) -> dict[tuple[str, Id], str]:
    """What the images are called: as below their pictures' folder, or below the data set's where parts share names."""
    names = {(one.part.name, id_): each.name for one in read for id_, each in one.pictures.items()}
    if len(set(names.values())) == len(names):
        return names
    return {
        (one.part.name, id_): each.path.relative_to(folder).as_posix()
        for one in read
        for id_, each in one.pictures.items()
    }


def _image(name: str, picture: Picture, labels: ImageLabels, unlabeled: bool) -> DatasetImage:
    size = picture.width, picture.height
    if unlabeled or not labels.is_whole:
        return DatasetImage(name, picture.path, *size, (), is_labeled=False)
    objects = tuple(labels.objects)
    if not labels.boxes:
        return DatasetImage(name, picture.path, *size, objects)
    boxes = (*(Box.around(item) for item in objects if not item.crowd), *labels.boxes)
    return DatasetImage(name, picture.path, *size, objects, is_labeled=False, boxes=boxes)
