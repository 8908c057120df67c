"""Photographs with the classes that they hold: by subfolders or by a file, and outlines of some of them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maskloop.class_labels.outlines import read_outlines
from maskloop.datasets.equal_pictures import copies_in, say_copy
from maskloop.datasets.photo_folder import read_photos
from maskloop.datasets.read import Data, name_as_id
from maskloop.errors import FailedPrecondition, InvalidArgument, InvalidDataset
from maskloop.formats.datasets import Dataset, DatasetImage, PassedOver
from maskloop.formats.image_level import read_class_names
from maskloop.formats.problems import Problems
from maskloop.spelling import did_you_mean
from maskloop.values import Category, FullLabel, ImageLevelLabel, LabelContent, in_every_image

SPLIT = "photographs with class labels"
PROPOSE_FILE = "propose.json"
"""Lies in every folder OUT, whose pictures are our own."""
Named = Mapping[str, tuple[str, ...]]
"""Names of classes by file name, sorted; () for an image that holds none. Images that nobody labeled are left out."""


@dataclass(frozen=True)
class Asked:
    """Where photographs lie, and what says which classes they hold.

    Args:
        folder: of the photographs.
        labels: a file as `maskloop.formats.image_level` reads it; `None` for subfolders named after classes.
        classes: the vocabulary, and the subfolders that count; () for all that the labels name. An image of which a
            file names other classes alone holds none of them.
        empty: name of the subfolder whose images hold no class, "" for none.
        outlines: a COCO file that outlines some of the images, `None` for none.
        out: where masks go.
    """

    folder: Path
    labels: Path | None
    classes: tuple[str, ...]
    empty: str
    outlines: Path | None
    out: Path


@dataclass(frozen=True)
class Photos:
    """Photographs, and what is known of them.

    Args:
        folder: in which they lie.
        data: all of them, to propose masks for.
        labels: by file name, a full label of what is outlined, else an image-level label.
    """

    folder: Path
    data: Data
    labels: Mapping[str, LabelContent]

    @property
    def categories(self) -> tuple[Category, ...]:
        """The vocabulary, by name."""
        return self.data.dataset.categories

    @property
    def outlined(self) -> frozenset[str]:
        """File names of the images that people outlined."""
        return frozenset(name for name, label in self.labels.items() if isinstance(label, FullLabel))

    @property
    def digest(self) -> str:
        """A hash of all that networks learn from and read: other photographs or labels have another one."""
        said = {name: [classes_in(label), _masks(label)] for name, label in self.labels.items()}
        whole = [str(self.folder.resolve()), [category.name for category in self.categories], sorted(said.items())]
        return hashlib.sha256(json.dumps([whole, sorted(self.data.dataset.train)]).encode()).hexdigest()


def read_photos_with_classes(asked: Asked) -> Photos:
    """The photographs of a folder and the classes that they hold.

    A picture that lies there twice is taken once, with the classes of both.

    Raises:
        InvalidArgument: an option cannot be, or nothing says what any image holds.
        InvalidDataset: there is no such folder or picture; or labels and outlines do not hold together.
        FailedPrecondition: no class is in some of the labeled images and not in others: nothing tells it apart.
    """
    asked = replace(asked, empty=asked.empty.rstrip("/"))
    if twice := next((name for name in asked.classes if asked.classes.count(name) > 1), None):
        raise InvalidArgument(f"--classes: {twice} is there twice", field="classes")
    images, passed_over = read_photos(asked.folder, "FOLDER", except_beside=PROPOSE_FILE)
    first = copies_in(images)
    kept = tuple(image for image in images if image.file_name not in first)
    readable = {image.file_name for image in images}
    said = _told(asked, [*readable, *(each.name for each in passed_over)])
    told = _of_first({name: its for name, its in said.items() if name in readable}, first, asked.folder)
    vocabulary = asked.classes or tuple(sorted({name for its in told.values() for name in its}))
    categories = tuple(Category(number, name) for number, name in enumerate(vocabulary, 1))
    ids = {category.name: category.id for category in categories}
    labels: dict[str, LabelContent] = {
        name: ImageLevelLabel(tuple(ids[each] for each in names)) for name, names in told.items()
    }
    if asked.outlines is not None:
        sizes = {image.file_name: (image.width, image.height) for image in images}
        outlined = read_outlines(asked.outlines, sizes, categories)
        full = _outlines_of_first(outlined, first, asked.outlines)
        _check_agree(labels, full, categories, asked.outlines)
        labels |= full
    copies = tuple(say_copy(name, original) for name, original in first.items())
    photos = Photos(asked.folder, _data(asked.folder, kept, categories, (*passed_over, *copies)), labels)
    _check_contrast(photos)
    return photos


def classes_in(label: LabelContent) -> tuple[int, ...]:
    """Ids of the classes that a label says are there, ascending."""
    return ImageLevelLabel.of(label.objects).present if isinstance(label, FullLabel) else tuple(label.shown.by_category)


def without_contrast(photos: Photos) -> tuple[str, ...]:
    """Names of the classes that every labeled image holds: where their objects are, nothing tells."""
    return in_every_image(photos.categories, map(classes_in, photos.labels.values()))


def _data(
    folder: Path, images: Sequence[DatasetImage], categories: Sequence[Category], passed_over: Sequence[PassedOver]
) -> Data:
    names = tuple(image.file_name for image in images)
    name = name_as_id(folder.resolve().name)
    return Data(name, Dataset(tuple(categories), tuple(images), names, (), SPLIT, tuple(passed_over)))


def _told(asked: Asked, names: Sequence[str]) -> Named:
    """What the file or the subfolders say, of pictures that cannot be read, too."""
    told = _by_file(asked, asked.labels, names) if asked.labels else _by_subfolder(asked, names)
    there = sorted({name for its in told.values() for name in its})
    lacking = next((name for name in asked.classes if name not in there), None)
    if lacking is not None:
        raise InvalidArgument(
            f"--classes: no image is labeled with {lacking!r}{did_you_mean(lacking, there)}", field="classes"
        )
    if not there and asked.labels:
        raise InvalidDataset(f"{asked.labels} names no class of any image", field="labels")
    if not there:
        raise InvalidDataset(
            f"nothing says which classes the images in {asked.folder} hold: put them into subfolders named after their "
            "classes, or name a file by --labels",
            field="labels",
        )
    if not asked.classes:
        return told
    if asked.labels:
        _check_spelling(told, asked.classes, asked.labels)
        return {name: tuple(each for each in its if each in asked.classes) for name, its in told.items()}
    return {name: its for name, its in told.items() if set(its) <= set(asked.classes)}


def _by_file(asked: Asked, file: Path, names: Iterable[str]) -> Named:
    if asked.empty:
        raise InvalidArgument("--empty names a subfolder, and --labels says what each image holds", field="empty")
    return read_class_names(file, names)


def _check_spelling(told: Named, classes: Sequence[str], file: Path) -> None:
    """Raises InvalidDataset where a name that one image alone has is nearly that of a class that is looked for."""
    images = Counter(each for its in told.values() for each in its)
    problems = Problems(file)
    for name, its in told.items():
        for each in its:
            if each not in classes and images[each] == 1 and (near := did_you_mean(each, classes)):
                problems.add(name, f"{each!r} is none of {', '.join(classes)}{near}")
    problems.raise_if_any()


def _by_subfolder(asked: Asked, names: Iterable[str]) -> Named:
    """A class for each image in a subfolder; images beside the subfolders are unlabeled."""
    parts = {name: name.partition("/") for name in names}
    told = {name: () if top == asked.empty else (top,) for name, (top, slash, _) in parts.items() if slash}
    if asked.empty and () not in told.values():
        raise InvalidArgument(f"--empty: there is no image in {asked.folder / asked.empty}", field="empty")
    return told


def _of_first(told: Named, first: Mapping[str, str], folder: Path) -> dict[str, tuple[str, ...]]:
    """What is said of a picture and of its copies, under the first of its names."""
    joined: dict[str, set[str]] = {}
    empty: dict[str, str] = {}
    problems = Problems(folder)
    for name, its in told.items():
        original = first.get(name, name)
        joined.setdefault(original, set()).update(its)
        if not its:
            empty[original] = name
    for original, name in empty.items():
        if joined[original]:
            problems.add(name, f"it holds nothing, and the same picture holds {', '.join(sorted(joined[original]))}")
    problems.raise_if_any()
    return {name: tuple(sorted(its)) for name, its in joined.items()}


def _outlines_of_first(outlined: Mapping[str, FullLabel], first: Mapping[str, str], file: Path) -> dict[str, FullLabel]:
    """Outlines of a picture and of its copies, under the first of its names.

    Raises:
        InvalidDataset: they are not the same.
    """
    joined: dict[str, FullLabel] = {}
    problems = Problems(file)
    for name, label in outlined.items():
        original = first.get(name, name)
        if joined.setdefault(original, label) != label:
            problems.add(name, f"it is the same picture as {original}, which is outlined otherwise")
    problems.raise_if_any()
    return joined


def _check_agree(
    labels: Mapping[str, LabelContent],
    outlined: Mapping[str, FullLabel],
    categories: Sequence[Category],
    file: Path,
) -> None:
    """Raises InvalidDataset where an image's outlines are of other classes than its class label names."""
    names = {category.id: category.name for category in categories}
    problems = Problems(file)
    for name, label in outlined.items():
        if name in labels and classes_in(labels[name]) != classes_in(label):
            said, shown = (
                ", ".join(names[each] for each in classes_in(its)) or "nothing" for its in (labels[name], label)
            )
            problems.add(name, f"its class labels say {said}, its outlines {shown}")
    problems.raise_if_any()


def _check_contrast(photos: Photos) -> None:
    """A classifier learns what tells images with a class from images without it."""
    names = without_contrast(photos)
    if len(names) == len(photos.categories):
        raise FailedPrecondition(
            f"every labeled image holds {' and '.join(names)}, and nothing shows what images without look like: label "
            "images that hold none as well, by --empty SUBFOLDER or as [] in the file of --labels",
            field="labels",
        )


def _masks(label: LabelContent) -> list[tuple[int, str, bool]]:
    objects = label.objects if isinstance(label, FullLabel) else ()
    return [(item.category_id, hashlib.sha256(item.mask.rle).hexdigest(), item.crowd) for item in objects]
