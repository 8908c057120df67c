"""What other tools' own code reads of our files: `python read.py READER FOLDER READER FOLDER ...` prints it as JSON.

For each {file name without its suffix: [[class, rows of the mask as texts of 0 and 1], ...]}; boxes are left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import cvat_sdk.masks
import datumaro as dm
import numpy as np
from label_studio_sdk.converter import brush
from labelme import _label_file
from pycocotools import mask as coco_mask

DATUMARO = {"datumaro": "datumaro", "cvat": "cvat", "voc": "voc_segmentation"}


def main(words: list[str]) -> None:
    """Print what is read."""
    print(json.dumps([read(*pair) for pair in zip(words[::2], map(Path, words[1::2]), strict=True)]))


def read(reader: str, folder: Path) -> dict[str, list[tuple[str, list[str]]]]:
    """What one reader reads."""
    own = {"cvat-sdk": by_cvat_sdk, "labelstudio": by_label_studio, "labelme": by_labelme}.get(reader)
    found = own(folder) if own else by_datumaro(DATUMARO[reader], folder)
    return {name: [(label, rows_of(bits)) for label, bits in objects] for name, objects in found.items()}


def rows_of(bits: np.ndarray) -> list[str]:
    """A mask as texts."""
    return ["".join(map(str, row)) for row in np.asarray(bits, int).tolist()]


def by_datumaro(kind: str, folder: Path) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Masks and polygons of one group are one object."""
    dataset = dm.Dataset.import_from(str(folder), kind)
    labels = dataset.categories()[dm.AnnotationType.label]
    return {item.id: [*objects_of(item, labels)] for item in dataset}


def objects_of(item, labels) -> Iterator[tuple[str, np.ndarray]]:
    """The objects of an item of Datumaro's."""
    groups: dict[object, list] = {}
    for place, each in enumerate(item.annotations):
        if each.type in (dm.AnnotationType.mask, dm.AnnotationType.polygon):
            groups.setdefault((each.label, each.group) if each.group else place, []).append(each)
    height, width = item.media.size
    for parts in groups.values():
        masks = [mask_of(each, height, width) for each in parts]
        yield labels[parts[0].label].name, np.logical_or.reduce(masks)


def mask_of(annotation, height: int, width: int) -> np.ndarray:
    """The pixels of a mask or a polygon."""
    if annotation.type is dm.AnnotationType.mask:
        return annotation.image
    return coco_mask.decode(coco_mask.frPyObjects([list(annotation.points)], height, width))[..., 0]


def by_cvat_sdk(folder: Path) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Runs of <mask>, decoded as the SDK does."""
    found = {}
    for image in ElementTree.parse(folder / "annotations.xml").iter("image"):
        size = {"image_width": int(image.get("width")), "image_height": int(image.get("height"))}
        objects = []
        for mask in image.iter("mask"):
            left, top, width, height = (int(mask.get(key)) for key in ("left", "top", "width", "height"))
            runs = [int(run) for run in mask.get("rle").split(",")]
            points = [*runs, left, top, left + width - 1, top + height - 1]
            objects.append((mask.get("label"), cvat_sdk.masks.decode_mask(points, **size)))
        found[Path(image.get("name")).with_suffix("").as_posix()] = objects
    return found


def by_label_studio(folder: Path) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Brush masks, decoded as the SDK does."""
    found = {}
    for task in json.loads((folder / "tasks.json").read_text()):
        regions = [region for annotation in task["annotations"] for region in annotation["result"]]
        objects = []
        for region in regions:
            shape = region["original_height"], region["original_width"], 4
            alpha = brush.decode_rle(region["value"]["rle"]).reshape(shape)[..., 3]
            objects.append((region["value"]["brushlabels"][0], alpha > 0))
        name = unquote(task["data"]["image"].partition("?d=images/")[2])
        found[Path(name).with_suffix("").as_posix()] = objects
    return found


def by_labelme(folder: Path) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Masks as LabelMe reads them."""
    found = {}
    for file in sorted(folder.rglob("*.json")):
        data = _label_file.read_label_file(str(file))
        document = json.loads(file.read_text())
        objects = []
        for shape in data.shapes:
            (left, upper), (right, lower) = shape["points"]
            bits = np.zeros((document["imageHeight"], document["imageWidth"]), bool)
            bits[int(upper) : int(lower) + 1, int(left) : int(right) + 1] = shape["mask"]
            objects.append((shape["label"], bits))
        found[file.relative_to(folder).with_suffix("").as_posix()] = objects
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
