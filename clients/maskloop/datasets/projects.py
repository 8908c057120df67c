"""Data sets brought into a server's project, and a project's labels as a data set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from maskloop.client import Client
from maskloop.datasets.marks import Marks
from maskloop.errors import InvalidArgument, ProjectNotFound
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.tools.writing import used_images
from maskloop.values import (
    BACKGROUND,
    BoxesLabel,
    Category,
    Image,
    ImageImport,
    Label,
    PointsLabel,
    ScribblesLabel,
    Split,
    SupervisionKind,
)

MARKED = (SupervisionKind.POINTS, SupervisionKind.SCRIBBLES)


@dataclass(frozen=True)
class Imported:
    """What came in: images to test on, to learn from, and to be labeled; and how many of these are boxed or marked."""

    test: int
    train: int
    pool: int
    boxes: int
    marked: int


def import_dataset(
    client: Client,
    project_id: str,
    dataset: Dataset,
    taken: Callable[[int], None] = lambda images: None,
    marks: Mapping[str, Marks] = MappingProxyType({}),
) -> Imported:
    """Bring a data set in; the project is made where it is not there. Repeated, it changes nothing.

    Labeled training images are learnt from at once, and cost nothing; those without a full label are the pool. Boxes
    become labels of the kind `boxes`.

    Args:
        client: of the server.
        project_id: the project.
        dataset: classes go by name.
        taken: told how many images are in so far.
        marks: points or strokes, by file name, of images that are neither outlined nor boxed.

    Raises:
        InvalidArgument: the project has no class of a name.
        AlreadyExists: an image is there with other content, split or label.
    """
    ours = _categories(client, project_id, dataset.categories)
    ids = {category.id: ours[category.name] for category in dataset.categories}
    images = [(_renumbered(image, ids), side) for image, side in used_images(dataset)]
    said = {name: _marks_renumbered(each, ids) for name, each in marks.items()}
    imports = (_import(image, side, said.get(image.file_name)) for image, side in images)
    client.import_images(project_id=project_id, images=imports, taken=taken)
    splits = [_split(image, side) for image, side in images]
    boxed = sum(1 for image, _ in images if image.boxes is not None)
    return Imported(splits.count(Split.TEST), splits.count(Split.TRAIN), splits.count(Split.POOL), boxed, len(said))


def read_project(client: Client, project_id: str) -> tuple[Dataset, dict[str, Image]]:
    """A project's current full labels and boxes as a data set, and its images by file name.

    Test images are its test images, all others its training images. Pictures are not there: `path` is their name.

    Raises:
        ProjectNotFound: there is no such project.
    """
    project = client.get_project(project_id=project_id)
    images = {image.id: image for image in client.list_images(project_id=project_id)}
    full = _current(client, project_id, SupervisionKind.FULL)
    boxes = _current(client, project_id, SupervisionKind.BOXES)
    read = tuple(_image(image, full.get(image.id), boxes.get(image.id)) for image in images.values())
    test = tuple(image.file_name for image in images.values() if image.split is Split.TEST)
    train = tuple(image.file_name for image in images.values() if image.split is not Split.TEST)
    dataset = Dataset(project.categories, read, train, test, f"the images of project {project_id}")
    return dataset, {image.file_name: image for image in images.values()}


def read_marks(client: Client, project_id: str) -> dict[SupervisionKind, bytes]:
    """A project's current points and scribbles as documents of their kind, see `maskloop.formats.marks`.

    No data set's format holds them. A kind that no image is labeled with is left out.

    Raises:
        ProjectNotFound: there is no such project.
    """
    documents = {kind: client.export_labels(project_id=project_id, kind=kind) for kind in MARKED}
    return {kind: document for kind, document in documents.items() if json.loads(document)}


def without_test(dataset: Dataset) -> Dataset:
    """The data set with every image for training."""
    return replace(dataset, train=(*dataset.train, *dataset.test), test=())


def _categories(client: Client, project_id: str, categories: Sequence[Category]) -> dict[str, int]:
    """The project's category ids by name."""
    try:
        project = client.get_project(project_id=project_id)
    except ProjectNotFound:
        project = client.create_project(project_id=project_id, categories=categories)
    ours = {category.name: category.id for category in project.categories}
    missing = [category.name for category in categories if category.name not in ours]
    if missing:
        raise InvalidArgument(
            f"project {project_id} has no class {missing[0]!r}, but {', '.join(ours)}", field="categories"
        )
    return ours


def _renumbered(image: DatasetImage, ids: dict[int, int]) -> DatasetImage:
    objects = tuple(replace(item, category_id=ids[item.category_id]) for item in image.objects)
    boxes = image.boxes and tuple(replace(box, category_id=ids[box.category_id]) for box in image.boxes)
    return replace(image, objects=objects, boxes=boxes)


def _split(image: DatasetImage, side: str) -> Split:
    if side == "test":
        return Split.TEST
    return Split.TRAIN if image.is_labeled else Split.POOL


def _marks_renumbered(marks: Marks, ids: Mapping[int, int]) -> Marks:
    if isinstance(marks, PointsLabel):
        return PointsLabel(tuple(replace(point, category_id=ids[point.category_id]) for point in marks.points))
    ids = {BACKGROUND: BACKGROUND, **ids}
    return ScribblesLabel(tuple(replace(stroke, category_id=ids[stroke.category_id]) for stroke in marks.scribbles))


def _import(image: DatasetImage, side: str, marks: Marks | None) -> ImageImport:
    return ImageImport(
        image.file_name,
        _split(image, side),
        data=image.read(),
        objects=image.objects if image.is_labeled else None,
        boxes=image.boxes,
        points=marks.points if isinstance(marks, PointsLabel) else None,
        scribbles=marks.scribbles if isinstance(marks, ScribblesLabel) else None,
    )


def _current(client: Client, project_id: str, kind: SupervisionKind) -> dict[str, Label]:
    """The project's labels of a kind that nobody corrected, by image."""
    labels: Iterator[Label] = client.list_labels(project_id=project_id, kind=kind)
    return {label.image_id: label for label in labels if not label.superseded_by}


def _image(image: Image, full: Label | None, boxes: Label | None) -> DatasetImage:
    bare = DatasetImage(image.file_name, Path(image.file_name), image.width, image.height, (), is_labeled=False)
    if full is not None:
        return replace(bare, objects=full.objects, is_labeled=True)
    if boxes is not None and isinstance(boxes.content, BoxesLabel):
        return replace(bare, boxes=boxes.content.boxes)
    return bare
