"""YOLO's text files, segmentation and boxes, in the layouts that Ultralytics, Roboflow, CVAT and Label Studio write.

A label file has one line an object: the class's number from 0, then x and y of each point of a polygon, or of a box its
centre, width and height, all as shares of the image. An object of several parts is one polygon with seams between them,
as Ultralytics' own converter joins them. A picture without a label file is one that nobody looked at, unless the folder
is trained on as it is: Ultralytics takes it for an empty one. So such pictures are not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from maskloop.errors import InvalidDataset
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import read_text, write_atomically
from maskloop.formats.photos import find_pictures
from maskloop.formats.polygons import one_polygon
from maskloop.formats.tools.fields import number_at, read_lines
from maskloop.formats.tools.gathering import SIDES, Gathering, picture_at
from maskloop.formats.tools.shapes import Shape, Size, boxed, outlined
from maskloop.formats.tools.writing import (
    Losses,
    Outlines,
    boxed_alone,
    check_objects,
    check_stems,
    is_known,
    names_of,
    outlined_of,
    used_images,
    write_lines,
)
from maskloop.values import Box

NAME_FILES = ("classes.txt", "obj.names", "labels.txt")
DECIMALS = 8
"""Of a written share: a ten-thousandth of a pixel on the widest image."""


@dataclass(frozen=True)
class _Layout:
    """The class names, and the folders of pictures or lists of them, each with its side of the split."""

    names: tuple[str, ...]
    sources: tuple[tuple[Path, str], ...]


def read_yolo(place: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    """Read the data set of a folder, or of a YAML file as Ultralytics trains on.

    Validation images are tested on where there are no labeled test images. Where nothing tells a split, `seed` draws.

    Raises:
        InvalidDataset: something does not hold together; names the place and up to ten entries with their problems.
    """
    folder = place if place.is_dir() else place.parent
    gathering = Gathering(place, on_bad)
    layout = _layout(place)
    for source, side in _once(layout.sources):
        for root, path in _pictures(source, folder, gathering):
            with gathering.problems.about(path.name):
                picture = picture_at(root, path)
                labels = _labels_of(path)
                lines = [] if labels is None else read_lines(labels)
                entries = [(f"line {number}", line) for number, line in enumerate(lines, 1)]
                shapes = gathering.shapes(picture, entries, lambda line, size: _shape(line, size, layout.names))
                gathering.add(picture, None if labels is None else shapes, side)
    return gathering.dataset(folder / "no lists", layout.names, seed)


def write_yolo(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.POLYGONS) -> Losses:
    """Write data.yaml and labels/train and labels/val: an outline a line, and boxes where no outline is known.

    Raises:
        InvalidDataset: an object has no pixel, two images share a label file, or runs are asked for.
    """
    return _write(folder, dataset, outlines, as_boxes=False)


def write_yolo_boxes(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.POLYGONS) -> Losses:
    """As `write_yolo`, with the tight box of every object in place of its outline."""
    return _write(folder, dataset, outlines, as_boxes=True)


def yolo_picture(image: DatasetImage, side: str) -> PurePosixPath | None:
    """Where the picture of an image lies in the folder; `None` for one that is left out."""
    return PurePosixPath("images", _side(side), image.file_name) if is_known(image) else None


def _write(folder: Path, dataset: Dataset, outlines: Outlines, as_boxes: bool) -> Losses:
    import yaml

    if outlines is Outlines.RLE:
        raise InvalidDataset("YOLO has polygons alone", field="rle")
    check_objects(dataset)
    check_stems(dataset)
    losses, names = Losses(), names_of(dataset)
    numbers = {id_: number for number, id_ in enumerate(names)}
    sides: set[str] = set()
    for image, side in used_images(dataset):
        picture = yolo_picture(image, side)
        if picture is None:
            losses.add("images without a label left out, which YOLO takes for empty ones")
            continue
        sides.add(_side(side))
        write_lines(folder / _label_of(picture), _lines(image, numbers, losses, as_boxes))
    document = {"train": "images/train", "val": "images/val", "names": dict(enumerate(names.values()))}
    if len(sides) == 1:  # Ultralytics asks for both, each a folder with pictures
        document |= dict.fromkeys(("train", "val"), f"images/{sides.pop()}")
    write_atomically(folder / "data.yaml", yaml.safe_dump(document, sort_keys=False, allow_unicode=True).encode())
    return losses


def _lines(image: DatasetImage, numbers: Mapping[int, int], losses: Losses, as_boxes: bool) -> Iterator[str]:
    for item in outlined_of(image, losses):
        if as_boxes:
            losses.add("outlines left out, with their boxes written")
            yield _box_line(numbers[item.category_id], Box.around(item), image)
        else:
            shares = [value for x, y in one_polygon(item.mask) for value in (x / image.width, y / image.height)]
            yield " ".join([str(numbers[item.category_id]), *map(_share, shares)])
    for box in boxed_alone(image):
        yield _box_line(numbers[box.category_id], box, image)


def _box_line(number: int, box: Box, image: DatasetImage) -> str:
    center = (box.x + box.width / 2) / image.width, (box.y + box.height / 2) / image.height
    shares = (*center, box.width / image.width, box.height / image.height)
    return " ".join([str(number), *map(_share, shares)])


def _share(value: float) -> str:
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")


def _side(side: str) -> str:
    return "val" if side == "test" else "train"


def _shape(line: str, size: Size, names: Sequence[str]) -> Shape:
    class_, *words = line.split()
    number = number_at(class_, "its class")
    if not number.is_integer() or not 0 <= number < len(names):
        raise InvalidDataset(f"its class is {class_}; there are {len(names)}, from 0")
    values = [number_at(word, "a coordinate") for word in words]
    name = names[int(number)]
    width, height = size
    if len(values) == 4:
        x, y, across, down = values[0] * width, values[1] * height, values[2] * width, values[3] * height
        return boxed(name, (x - across / 2, y - down / 2, x + across / 2, y + down / 2), size)
    if len(values) < 6 or len(values) % 2:
        raise InvalidDataset(f"it has {len(values)} coordinates; a box has 4, a polygon of three points 6")
    points = [(x * width, y * height) for x, y in zip(values[::2], values[1::2], strict=True)]
    return outlined(name, [points], size)


def _labels_of(picture: Path) -> Path | None:
    """The label file of a picture that there is: where Ultralytics looks for it, or beside."""
    places = Path(_label_of(PurePosixPath(picture))), picture.with_suffix(".txt")
    return next((place for place in places if place.is_file()), None)


def _label_of(picture: PurePosixPath) -> PurePosixPath:
    """Where Ultralytics looks for a picture's labels: under labels/ in place of the last images/, wherever that is."""
    *folders, name = picture.with_suffix(".txt").parts
    if "images" in folders:
        folders[len(folders) - 1 - folders[::-1].index("images")] = "labels"
    return PurePosixPath(*folders, name)


def _once(sources: Sequence[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    """Each source with its first side: who has no pictures for validation names those for training again."""
    by_place: dict[Path, tuple[Path, str]] = {}
    for source, side in sources:
        by_place.setdefault(source.resolve(), (source, side))
    yield from by_place.values()


def _pictures(source: Path, folder: Path, gathering: Gathering) -> Iterator[tuple[Path, Path]]:
    """The pictures of a folder or of a list of them, each with the folder that it is called by."""
    if source.is_dir():
        yield from ((source, path) for path in find_pictures(source))
        return
    for line in read_lines(source):
        place = PurePosixPath(line.replace("\\", "/"))
        tails = [PurePosixPath(*place.parts[start:]) for start in range(len(place.parts))]
        path = next((folder / tail for tail in tails if (folder / tail).is_file()), None)
        if path is None:
            gathering.problems.add(source.name, f"{line} is not in {folder}")
        else:
            yield _root(path, folder), path


def _root(path: Path, folder: Path) -> Path:
    """The folder called images, or of one side of a list's pictures, that a picture lies in; else the data set's."""
    parts = path.relative_to(folder).parts[:-1]
    if "images" not in parts:
        return folder / parts[0] if parts and parts[0].startswith("obj_") else folder
    last = len(parts) - parts[::-1].index("images")
    return folder.joinpath(*parts[: last + (last < len(parts) and parts[last] in SIDES)])


def _layout(place: Path) -> _Layout:
    if place.is_file():
        return _from_yaml(place)
    for file in sorted([*place.glob("*.yaml"), *place.glob("*.yml")]):
        if "names" in _yaml(file):
            return _from_yaml(file)
    names = next((tuple(read_lines(place / name)) for name in NAME_FILES if (place / name).is_file()), None)
    if names is None:
        raise InvalidDataset(f"{place} has no data.yaml and no {' or '.join(NAME_FILES)}: nothing names its classes")
    return _Layout(names, _sources(place))


def _sources(folder: Path) -> tuple[tuple[Path, str], ...]:
    """Where the pictures of a folder without a YAML file lie, by the names of its folders and lists."""
    by_side = [
        (place, side)
        for side in SIDES
        for place in (folder / "images" / side, folder / side / "images", folder / f"{side}.txt")
        if place.exists()
    ]
    if by_side:
        return tuple(by_side)
    return (((folder / "images") if (folder / "images").is_dir() else folder, ""),)


def _from_yaml(file: Path) -> _Layout:
    document = _yaml(file)
    names = document.get("names")
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or sorted(names, key=str) != sorted(range(len(names)), key=str):
        raise InvalidDataset(f"{file}: its names are no list, and not numbered from 0", field=str(file))
    if "kpt_shape" in document:
        raise InvalidDataset(f"{file}: it is a data set of key points; outlines and boxes are read", field=str(file))
    sources = [
        (_located(file, document.get("path"), str(each)), side)
        for side in SIDES
        if document.get(side)
        for each in (document[side] if isinstance(document[side], list) else [document[side]])
    ]
    return _Layout(tuple(str(names[number]) for number in range(len(names))), tuple(sources) or _sources(file.parent))


def _located(file: Path, root: object, source: str) -> Path:
    """Where a source lies: below `path`, or beside the file, whatever machine the file was written on."""
    said = PurePosixPath(source.replace("\\", "/"))
    inside = PurePosixPath(*(part for part in said.parts if part not in ("..", ".", "/")))
    roots = [Path(str(root)), file.parent / str(root)] if root else []
    places = [each / said for each in (*roots, file.parent)] + [file.parent / inside]
    places += [file.parent.joinpath(*inside.parts[start:]) for start in range(1, len(inside.parts))]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise InvalidDataset(f"{file}: there is no {source} in {file.parent}", field=str(file))
    return found


def _yaml(file: Path) -> Mapping[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(read_text(file))
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidDataset(f"{file} is no YAML: {' '.join(str(error).split())}", field=str(file)) from error
    if not isinstance(document, dict):
        raise InvalidDataset(f"{file} holds no names and values", field=str(file))
    return document
