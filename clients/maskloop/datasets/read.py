"""What `--data`, `--test` and `--ood` name: a folder of photographs, a COCO or Pascal VOC data set, or the demo."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from maskloop.datasets.equal_pictures import without_copies
from maskloop.datasets.formats import find_source
from maskloop.datasets.photo_folder import read_photo_folder
from maskloop.datasets.subset import REST, Excerpt
from maskloop.datasets.test_images import TestImages
from maskloop.errors import InvalidArgument, InvalidDataset, InvalidImage
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import Dataset, DatasetImage, PassedOver
from maskloop.values import Category, ImageImport, Split

LONGEST_NAME = 24
MOST_FOLDERS = 32  # named to a server one by one


@dataclass(frozen=True)
class Data:
    """A data set under a name that project ids can begin with; pool images are its training images.

    `candidates` are images believed to hold nothing of the vocabulary; their objects, of the vocabulary alone, say
    whether that is so.

    Raises:
        InvalidDataset: nothing to choose from, or two images of one name.
    """

    name: str
    dataset: Dataset
    candidates: tuple[DatasetImage, ...] = ()

    def __post_init__(self) -> None:
        used = {*self.dataset.train, *self.dataset.test}
        twice = next((image.file_name for image in self.candidates if image.file_name in used), None)
        if twice is not None:
            raise InvalidDataset(f"--ood: the data set {self.name} has an image {twice} too; rename one", field="ood")
        if not self.dataset.train:
            raise InvalidDataset(f"the data set {self.name} has no training image", field="data")
        if len(used) < 2:
            raise InvalidDataset(f"the data set {self.name} has no more than one image", field="data")

    @property
    def is_labeled(self) -> bool:
        """Whether its own labels can answer for people: some object is known, and no image of the pool is unknown."""
        return any(image.objects for image in self.dataset.images) and all(image.is_labeled for image in self.pool)

    def labeled(self) -> Data:
        """Without the images of the pool that nobody has labeled, where others are: the data's own labels cannot answer
        for them."""
        unknown = [image.file_name for image in self.pool if not image.is_labeled]
        if len(unknown) == len(self.pool):
            return self
        train = tuple(name for name in self.dataset.train if self.dataset.by_name[name].is_labeled)
        passed_over = (PassedOver(name, "nobody has labeled it") for name in unknown)
        dataset = replace(self.dataset, train=train, passed_over=(*self.dataset.passed_over, *passed_over))
        return replace(self, dataset=dataset)

    @property
    def pool(self) -> tuple[DatasetImage, ...]:
        """The images that may be asked for."""
        return tuple(self.dataset.by_name[name] for name in self.dataset.train)

    @property
    def test(self) -> tuple[DatasetImage, ...]:
        """The images that measure quality."""
        return tuple(self.dataset.by_name[name] for name in self.dataset.test)

    @property
    def by_name(self) -> Mapping[str, DatasetImage]:
        """Each image by its file name, candidates too."""
        return {**self.dataset.by_name, **{image.file_name: image for image in self.candidates}}

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders in which its whole image files lie, absolute and without links; those within others left out.

        Of more than `MOST_FOLDERS`, the one that holds them all.
        """
        files = (image.path for image in (*self.dataset.images, *self.candidates) if image.is_a_file)
        folders = sorted({path.resolve().parent for path in files})
        outer = tuple(one for one in folders if not any(other in one.parents for other in folders))
        return outer if len(outer) <= MOST_FOLDERS else (Path(os.path.commonpath(outer)),)

    def imports(
        self,
        referred: Sequence[Path] = (),
        *,
        without: Set[str] = frozenset(),
        refused: Callable[[str, InvalidImage], None] | None = None,
    ) -> Iterator[ImageImport]:
        """Every image as it is brought in: test images with their labels, the others' labels stay here. Boxes, which
        no full label follows from, go with every image that has them.

        Args:
            referred: folders whose image files are named by their uri, for a server on this machine to refer to. Other
                files, and pieces that are cut from files, are read and sent.
            without: names of images to leave out.
            refused: told the name of each image that is read and does not decode, and why; `None` to raise.

        Raises:
            InvalidDataset: a file cannot be read.
            InvalidImage: one does not decode that is to be cut or stretched.
        """
        sides = ((self.test, Split.TEST), (self.pool, Split.POOL), (self.candidates, Split.OOD))
        for image, split in ((image, split) for images, split in sides for image in images):
            if image.file_name in without:
                continue
            try:
                source = _source(image, referred)
            except InvalidImage as error:
                if refused is None:
                    raise
                refused(image.file_name, error)
                continue
            objects = image.objects if split is Split.TEST and image.is_labeled else None
            yield ImageImport(image.file_name, split, objects=objects, boxes=image.boxes, **source)


def _source(image: DatasetImage, referred: Sequence[Path]) -> dict[str, Any]:
    path = image.path.resolve()
    if image.is_a_file and any(folder in path.parents for folder in referred):
        return {"uri": path.as_uri()}
    return {"data": image.read()}


def read_data(
    spec: str,
    demo_folder: Path,
    seed: int,
    excerpt: Excerpt | None = None,
    ood: str = "",
    *,
    test: TestImages | None = None,
    on_bad: OnBad = OnBad.STOP,
) -> Data:
    """Read `images:DIR`, `FORMAT:DIR` or `FORMAT:FILE,IMAGES` (see `maskloop.datasets.formats`), or a demo, which is
    written to `demo_folder` unless there. Each picture is there once: copies are passed over.

    Demos are `demo`, `demo:easy`, `demo:hard`, `demo:video` and `demo:photos`; behind a comma, `demo:video,600`, their
    pool images.

    Args:
        spec: the value of `--data`.
        demo_folder: where the demo's images go.
        seed: draws the test images where the data does not name them, and makes the demo's.
        excerpt: what to take of it; `None` for all.
        ood: candidate OoD images: another data set, cut and stretched alike, `REST` for the training images that hold
            nothing of the excerpt's classes, "" for none.
        test: which are the test images; `None` as `TestImages` has it by default.
        on_bad: whether bad entries end the reading; else they are passed over, and `Dataset.passed_over` lists them.

    Raises:
        InvalidArgument: `spec` is none of these, or the data has no such excerpt.
        InvalidDataset: the data does not hold together.
    """
    wanted, tested = excerpt or Excerpt(), test or TestImages()
    whole = _read_whole(spec, demo_folder, seed, on_bad=on_bad, classes=wanted.classes)

    def read_test(other: str) -> Dataset:
        part = Excerpt(crop=wanted.crop, stretch=wanted.stretch)
        read = part.of(_read_whole(other, Path(), seed, "test", on_bad).dataset)
        return replace(read, images=tuple(renamed(image, read.categories, ours.categories) for image in read.images))

    ours = wanted.of(whole.dataset)
    dataset = without_copies(tested.of(ours, read_test))
    if ood == REST:
        candidates = wanted.holding_nothing(whole.dataset)
        names = {image.file_name for image in candidates}
        pool = tuple(name for name in dataset.train if name not in names)
        return Data(whole.name, replace(dataset, train=pool), candidates)
    return Data(whole.name, dataset, _candidates(ood, seed, wanted, dataset.categories, on_bad) if ood else ())


def _candidates(
    spec: str, seed: int, excerpt: Excerpt, categories: Sequence[Category], on_bad: OnBad
) -> tuple[DatasetImage, ...]:
    """All images of another data set, with what they show of the categories, which go by name."""
    whole = find_source(spec, "--ood", [REST]).read(seed, on_bad)
    other = Excerpt(crop=excerpt.crop, stretch=excerpt.stretch).of(whole)
    names = (*other.train, *other.test)
    return tuple(renamed(other.by_name[name], other.categories, categories) for name in names)


def renamed(image: DatasetImage, theirs: Sequence[Category], ours: Sequence[Category]) -> DatasetImage:
    """An image of another data set with its objects of our categories, which go by name."""
    ids = {category.name: category.id for category in ours}
    known = {category.id: ids[category.name] for category in theirs if category.name in ids}
    shown = [item for item in image.objects if item.category_id in known]
    boxes = None if image.boxes is None else [item for item in image.boxes if item.category_id in known]
    return replace(
        image,
        objects=tuple(replace(item, category_id=known[item.category_id]) for item in shown),
        boxes=None if boxes is None else tuple(replace(item, category_id=known[item.category_id]) for item in boxes),
    )


def without_folders(spec: str) -> str:
    """`--data` as others may read it: `coco:/home/ada/bridges` is `coco:bridges`, `coco:a/b.json,c/` `coco:b.json,c`.

    Where folders lie is nobody else's business, and says nothing on another machine.
    """
    kind, colon, place = spec.partition(":")
    if kind == "demo":
        return spec
    file, comma, images = place.rpartition(",")
    places = [file, images] if comma and not Path(place).is_dir() else [place]
    return kind + colon + ",".join(Path(each).resolve().name for each in places)


def _read_whole(
    spec: str,
    demo_folder: Path,
    seed: int,
    option: str = "data",
    on_bad: OnBad = OnBad.STOP,
    *,
    classes: Sequence[str] = (),
) -> Data:
    kind, _, place = spec.partition(":")
    if kind == "demo":
        return _demo(place, demo_folder, seed)
    if kind == "images" and place:
        if not Path(place).is_dir():
            raise InvalidDataset(f"--{option}: there is no folder {place}", field=option)
        return Data(name_as_id(Path(place).resolve().name), read_photo_folder(Path(place), classes))
    source = find_source(spec, f"--{option}", ["images:DIR", "demo"])
    return Data(name_as_id(source.name), source.read(seed, on_bad))


def _demo(place: str, folder: Path, seed: int) -> Data:
    from maskloop.datasets.demo.dataset import (  # scipy.ndimage takes a second to import
        DEMOS,
        POOL_IMAGES,
        write_demo_data,
    )

    level, comma, images = place.partition(",")
    if level not in DEMOS:
        raise InvalidArgument(f"--data demo:{place}: demos are {', '.join(filter(None, DEMOS))}", field="data")
    if comma and not (images.isdecimal() and int(images)):
        raise InvalidArgument(f"--data demo:{place}: {images!r} is no number of images", field="data")
    written = write_demo_data(folder, images=int(images) if comma else POOL_IMAGES, seed=seed, demo=DEMOS[level])
    return Data(name_as_id(f"demo {level}"), read_coco_folder(written))


def name_as_id(text: str) -> str:
    """`text` as the beginning of a project's id."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST_NAME].strip("-") or "data"
