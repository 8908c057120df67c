"""Label Studio's JSON: tasks with brush masks, polygons, ellipses and rectangles; the full export and the short one.

Of several annotations of a task the ground truth counts, else the latest that was not cancelled. A task without one is
a picture that nobody looked at. A polygon whose `parentID` is a polygon of the same class is a part of that object. A
region that says "crowd" in its `meta` is a crowd region.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

from maskloop.errors import InvalidDataset
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.file_names import LOCAL_FILES
from maskloop.formats.files import write_atomically
from maskloop.formats.photos import REFUSED, TAKEN, find_pictures
from maskloop.formats.polygons import polygons_of
from maskloop.formats.tools.brush_rle import decode_brush, encode_brush
from maskloop.formats.tools.fields import list_at, number_at, object_at, points_at, read_json, read_xml, text_at
from maskloop.formats.tools.gathering import Gathering, Picture, check_size
from maskloop.formats.tools.shapes import Shape, Size, ellipse, join, masked, outlined, turned_box
from maskloop.formats.tools.writing import (
    Losses,
    Outlines,
    boxed_alone,
    check_objects,
    is_known,
    names_of,
    used_images,
)
from maskloop.values import Box

TASKS, CONFIG = "tasks.json", "label_config.xml"
SHAPES = ("brush", "polygon", "ellipse", "rectangle")
CROWD = "crowd"


def read_label_studio(place: Path, *, seed: int = 0, on_bad: OnBad = OnBad.STOP, images: Path | None = None) -> Dataset:
    """Read a JSON file, or those of a folder, and the pictures below `images`, else below the folder.

    The classes are those of label_config.xml where it lies beside, else those that are there, in the alphabet's order.
    The split is that of the tasks' `split`, or of train.txt and test.txt; where there is none, `seed` draws it.

    Raises:
        InvalidDataset: something does not hold together; names the place and up to ten entries with their problems.
    """
    folder = place if place.is_dir() else place.parent
    root = images or (folder / "images" if (folder / "images").is_dir() else folder)
    gathering = Gathering(place, on_bad)
    for file in sorted(place.glob("*.json")) if place.is_dir() else [place]:
        document = read_json(file)
        with gathering.problems.about(file.name):
            _add_tasks(list_at(document, "what it holds"), root, gathering)
    gathering.add_rest(root)
    names = _configured(folder / CONFIG)
    return gathering.dataset(folder, names, seed, closed=bool(names))


def write_label_studio(folder: Path, dataset: Dataset, outlines: Outlines = Outlines.RLE) -> Losses:
    """Write tasks.json, to be imported, and label_config.xml, the project's labeling interface.

    Pictures are named as local files below the folder, `images/NAME`.

    Raises:
        InvalidDataset: an object has no pixel.
    """
    check_objects(dataset)
    names = names_of(dataset)
    tasks = []
    for image, side in used_images(dataset):
        data = {"image": f"/{LOCAL_FILES}" + quote(f"images/{image.file_name}"), "split": side}
        regions = [*_regions(image, names, outlines)]
        tasks.append({"data": data, "annotations": [{"result": regions}] if is_known(image) else []})
    write_atomically(folder / TASKS, json.dumps(tasks).encode())
    write_atomically(folder / CONFIG, _config([*names.values()]))
    return Losses()


def label_studio_picture(image: DatasetImage, side: str) -> PurePosixPath:
    """Where the picture of an image lies in the folder."""
    return PurePosixPath("images", image.file_name)


def _add_tasks(tasks: Sequence[Any], root: Path, gathering: Gathering) -> None:
    there = frozenset(path.relative_to(root).as_posix() for path in find_pictures(root))
    named: list[tuple[str, Mapping[str, Any]]] = []
    for place, task in enumerate(tasks):
        with gathering.problems.about(f"task {place}"):
            named.append((_below(root, there, _picture_name(object_at(task, "it"))), task))
    pictures = gathering.pictures([name for name, _ in named], root)
    for name, task in named:
        if name in pictures:
            with gathering.problems.about(f"task {task.get('id', '')} ({name})"):
                _add_task(task, pictures[name], gathering)


def _add_task(task: Mapping[str, Any], picture: Picture, gathering: Gathering) -> None:
    regions = _answer(task)
    data = task.get("data") if isinstance(task.get("data"), dict) else task
    side = data.get("split") if isinstance(data, dict) else None
    shapes = None
    if regions is not None:
        shapes = gathering.shapes(picture, _objects(regions), _object)
    gathering.add(picture, shapes, side if isinstance(side, str) else "")


def _picture_name(task: Mapping[str, Any]) -> str:
    """The value `image` of a task's data, or the first that a picture could be called."""
    data = object_at(task.get("data", task), "its data")
    texts = [
        value for key, value in sorted(data.items(), key=lambda item: item[0] != "image") if isinstance(value, str)
    ]
    suffixes = tuple(TAKEN | REFUSED)
    name = next((text for text in texts if text.partition("&")[0].lower().endswith(suffixes)), None)
    if name is None:
        raise InvalidDataset("its data names no picture")
    return name


def _below(root: Path, there: Collection[str], name: str) -> str:
    """A local file's path below `root` where it is `there`; other names as they are, to be matched more freely.

    Only the whole path tells `x/a.png` from `a.png`: `match_names` takes a folder too much for the server's.
    """
    _, local, quoted = name.partition(LOCAL_FILES)
    path = unquote(quoted.partition("&")[0])
    parts = path.split("/")
    tails = ["/".join(parts[place:]) for place, before in enumerate(parts, 1) if before == root.name]
    return next((tail for tail in (*tails, path) if local and tail in there), name)


def _answer(task: Mapping[str, Any]) -> list[Any] | None:
    """The regions of the annotation that counts; `None` where there is none."""
    if "data" not in task:  # the short export
        lists = [value for value in task.values() if isinstance(value, list)]
        return [region for value in lists for region in value if isinstance(region, dict)] if lists else None
    annotations = [object_at(each, "an annotation") for each in list_at(task.get("annotations", []), "its annotations")]
    given = [each for each in annotations if not each.get("was_cancelled")]
    if not given:
        return None
    latest = max(given, key=lambda each: (bool(each.get("ground_truth")), str(each.get("updated_at") or "")))
    return list_at(latest.get("result"), "its result")


def _objects(regions: Sequence[Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The regions of each object, labels and shapes of one id put together; what outlines nothing is left out."""
    by_id: dict[str, dict[str, Any]] = {}
    for place, region in enumerate(regions):
        its = _flat(object_at(region, "a region"))
        key = str(its.get("id") or f"region {place}")
        kept = by_id.setdefault(key, {"place": place})
        kept.update({name: value for name, value in its.items() if value is not None})
    objects: dict[str, list[Mapping[str, Any]]] = {}
    for key, region in by_id.items():
        if (name := _class(region)) is not None:
            parent_id = str(region.get("parentID"))
            parent = by_id.get(parent_id)
            joins = parent is not None and _is_polygon(region) and _is_polygon(parent) and _class(parent) == name
            objects.setdefault(parent_id if joins else key, []).append(region)
    return [(f"region {parts[0]['place']}", parts) for parts in objects.values()]


def _flat(region: Mapping[str, Any]) -> dict[str, Any]:
    """A region with its value's keys; the short export has no value."""
    value = region.get("value")
    rest = {key: each for key, each in region.items() if key not in ("value", "type")}
    return {**rest, **(value if isinstance(value, dict) else {})}


def _class(region: Mapping[str, Any]) -> str | None:
    """Its first label; `None` for what is no object: choices, texts, relations."""
    for key in ("labels", *(f"{kind}labels" for kind in (*SHAPES, "keypoint", "bitmask", "vector"))):
        if isinstance(region.get(key), list) and region[key]:
            return text_at(region[key][0], "its label")
    return None


def _is_polygon(region: Mapping[str, Any]) -> bool:
    return "points" in region


def _object(parts: Sequence[Mapping[str, Any]], size: Size) -> Shape:
    return join([_shape(part, size) for part in parts])


def _shape(region: Mapping[str, Any], size: Size) -> Shape:
    name = _class(region) or ""
    crowd = CROWD in list_at(object_at(region.get("meta") or {}, "its meta").get("text") or [], "its meta's text")
    if region.get("image_rotation"):
        raise InvalidDataset(f"its picture is turned by {region['image_rotation']} degrees; turn it back")
    said = region.get("original_width"), region.get("original_height")
    check_size(said, Picture("its picture", Path(), *size))
    if "rle" in region:
        return masked(name, decode_brush(list_at(region["rle"], "its rle"), size[1], size[0]), crowd)
    if _is_polygon(region):
        points = [_pixels(point, size) for point in points_at(region["points"], "its points")]
        return outlined(name, [points], size, crowd)
    if "radiusX" in region:
        center, radii = _pair(region, "x", "y", size), _pair(region, "radiusX", "radiusY", size)
        return ellipse(name, center, radii, _rotation(region), size)
    if "width" in region and "x" in region and "keypointlabels" not in region:
        corner, sides = _pair(region, "x", "y", size), _pair(region, "width", "height", size)
        return turned_box(name, corner, sides, _rotation(region), size)
    raise InvalidDataset("it is no brush mask, polygon, ellipse or rectangle")


def _rotation(region: Mapping[str, Any]) -> float:
    return number_at(region.get("rotation") or 0, "rotation")


def _pair(region: Mapping[str, Any], x: str, y: str, size: Size) -> tuple[float, float]:
    return _pixels((number_at(region.get(x), x), number_at(region.get(y), y)), size)


def _pixels(percent: tuple[float, float], size: Size) -> tuple[float, float]:
    return percent[0] * size[0] / 100, percent[1] * size[1] / 100


def _configured(file: Path) -> list[str]:
    """The labels of a labeling interface, none where it is not there."""
    if not file.is_file():
        return []
    labels = read_xml(file, "View").iter("Label")
    return list(dict.fromkeys(text_at(label.get("value"), "a label's value") for label in labels))


def _config(names: Sequence[str]) -> bytes:
    view = ET.Element("View")
    ET.SubElement(view, "Image", name="image", value="$image", zoom="true")
    for kind in ("Brush", "Polygon", "Rectangle"):
        control = ET.SubElement(view, f"{kind}Labels", name=kind.lower(), toName="image")
        for name in names:
            ET.SubElement(control, "Label", value=name)
    ET.indent(view)
    document: bytes = ET.tostring(view, encoding="utf-8")
    return document


def _regions(image: DatasetImage, names: Mapping[int, str], outlines: Outlines) -> Iterator[dict[str, object]]:
    """Of objects o0, o1, ..., further parts of polygons o0p1, ..., and of boxes b0, ..."""
    for place, item in enumerate(image.objects):
        name, crowd = names[item.category_id], {"meta": {"text": [CROWD]}} if item.crowd else {}
        if outlines is Outlines.RLE:
            value: dict[str, object] = {"format": "rle", "rle": encode_brush(item.mask)}
            yield {"id": f"o{place}", **_region(image, "brush", name, value), **crowd}
            continue
        for part, polygon in enumerate(polygons_of(item.mask)):
            points = [[x * 100 / image.width, y * 100 / image.height] for x, y in polygon]
            ids = {"id": f"o{place}p{part}", "parentID": f"o{place}"} if part else {"id": f"o{place}"}
            yield {**ids, **_region(image, "polygon", name, {"points": points, "closed": True}), **crowd}
    for place, box in enumerate(boxed_alone(image)):
        yield {"id": f"b{place}", **_region(image, "rectangle", names[box.category_id], _rectangle(box, image))}


def _rectangle(box: Box, image: DatasetImage) -> dict[str, object]:
    return {
        "x": box.x * 100 / image.width,
        "y": box.y * 100 / image.height,
        "width": box.width * 100 / image.width,
        "height": box.height * 100 / image.height,
        "rotation": 0,
    }


def _region(image: DatasetImage, kind: str, name: str, value: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": f"{kind}labels",
        "from_name": kind,
        "to_name": "image",
        "original_width": image.width,
        "original_height": image.height,
        "image_rotation": 0,
        "value": {**value, f"{kind}labels": [name]},
    }
