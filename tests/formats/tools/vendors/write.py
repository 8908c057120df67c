"""Files of other tools, written by their own code: `python write.py FOLDER`, where requirements.txt is installed.

Each data set holds one picture `a.png` with a crack and a piece of rust in three parts, and an empty one, `b.png`.
Datumaro's and Label Studio's hold a box of rust as well.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import sys
from pathlib import Path

import cvat_sdk.masks
import datumaro as dm
import numpy as np
from datumaro.components.media import Image as Media
from label_studio_sdk.converter import brush
from label_studio_sdk.converter.imports import coco as label_studio_coco
from labelme import _label_file
from PIL import Image

WIDTH, HEIGHT = 8, 6
CRACK = np.zeros((HEIGHT, WIDTH), bool)
CRACK[1:5, 1:5] = True
CRACK[2:4, 2:4] = False
RUST = np.zeros((HEIGHT, WIDTH), bool)
RUST[0, 6] = RUST[2, 7] = True
RUST[3:5, 5:8] = True
RUST[2, 0] = True
BOX = (1, 1, 4, 3)  # x, y, width, height
SQUARE = [2, 1, 6, 1, 6, 4, 2, 4]
PIXELS = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)


def main(folder: Path) -> None:
    """Write every data set into a folder of its own."""
    write_by_datumaro(folder)
    write_cvat_masks(folder / "cvat-sdk")
    write_label_studio(folder / "label-studio")
    write_labelme(folder / "labelme")


def write_by_datumaro(folder: Path) -> None:
    """Datumaro's own format, and its exports for CVAT, VOC, COCO and YOLO; a polygon is in its own and CVAT's."""
    masks = [dm.Mask(CRACK, label=0, group=1, id=1), dm.Mask(RUST, label=1, group=2, id=2)]
    box = dm.Bbox(*BOX, label=1, group=3, id=3)
    polygon = dm.Polygon(SQUARE, label=0, group=4, id=4)
    for name, shown in {
        "datumaro": [*masks, box, polygon],
        "cvat": [*masks, box, polygon],
        "voc_segmentation": masks,
        "coco_instances": masks,
        "yolo_ultralytics": [box],
        "yolo": [box],
    }.items():
        first, second = (Media.from_numpy(data=PIXELS + place, ext=".png") for place in (0, 1))
        items = [
            dm.DatasetItem(id="a", subset="train", media=first, annotations=shown),
            dm.DatasetItem(id="b", subset="val", media=second, annotations=[]),
        ]
        shutil.rmtree(folder / name, ignore_errors=True)
        dataset = dm.Dataset.from_iterable(items, categories=["crack", "rust"], media_type=Media)
        dataset.export(str(folder / name), name, save_media=True, image_ext=".png")


def write_cvat_masks(folder: Path) -> None:
    """The runs of CVAT's SDK, by class."""
    runs = {name: cvat_sdk.masks.encode_mask(bits) for name, bits in (("crack", CRACK), ("rust", RUST))}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "masks.json").write_text(json.dumps(runs))


def write_label_studio(folder: Path) -> None:
    """Tasks with brush masks, a polygon and a box, of which one is not annotated."""
    save_pictures(folder / "images")
    regions = []
    for name, bits in (("crack", CRACK), ("rust", RUST)):
        file = folder / f"{name}.png"
        Image.fromarray(bits.astype(np.uint8) * 255).save(file)
        regions += brush.image2annotation(str(file), name, "brush", "image")["result"]
        file.unlink()
    names = {1: "crack", 2: "rust"}
    regions.append(label_studio_coco.create_segmentation(1, SQUARE, names, "polygon", HEIGHT, WIDTH, "image"))
    regions.append(label_studio_coco.create_bbox({"bbox": BOX, "category_id": 2}, names, "box", HEIGHT, WIDTH, "image"))
    for number, region in enumerate(regions):
        region["id"] = f"region{number}"
    faint = {"id": "faint", "type": "brushlabels", "to_name": "image", "from_name": "brush", "image_rotation": 0}
    faint |= {"original_width": WIDTH, "original_height": HEIGHT}
    faint["value"] = {"format": "rle", "rle": brush.mask2rle(CRACK.astype(np.uint8)), "brushlabels": ["crack"]}
    done = {"id": 1, "result": [*regions, faint]}
    tasks = [
        {"id": 1, "data": {"image": "/data/upload/1/0a1b2c3d-a.png"}, "annotations": [done]},
        {"id": 2, "data": {"image": "/data/upload/1/4e5f6a7b-b.png"}, "annotations": []},
    ]
    (folder / "tasks.json").write_text(json.dumps(tasks))


def write_labelme(folder: Path) -> None:
    """A mask, a polygon, a box and a circle."""
    save_pictures(folder)
    part = io.BytesIO()
    Image.fromarray(CRACK[1:5, 1:5].astype(np.uint8) * 255).save(part, "PNG")
    kept = {"group_id": None, "description": "", "flags": {}}
    mask = base64.b64encode(part.getvalue()).decode()
    corners = [[2, 1], [6, 1], [6, 4], [2, 4]]
    box = [[BOX[0], BOX[1]], [BOX[0] + BOX[2], BOX[1] + BOX[3]]]
    shapes = [
        {"label": "crack", "points": [[1, 1], [4, 4]], "shape_type": "mask", "mask": mask, **kept},
        {"label": "crack", "points": corners, "shape_type": "polygon", "mask": None, **kept},
        {"label": "rust", "points": box, "shape_type": "rectangle", "mask": None, **kept},
        {"label": "rust", "points": [[4, 3], [6, 3]], "shape_type": "circle", "mask": None, **kept},
    ]
    size = {"image_height": HEIGHT, "image_width": WIDTH}
    _label_file.write_label_file(str(folder / "a.json"), shapes=shapes, image_path="a.png", **size)
    _label_file.write_label_file(str(folder / "b.json"), shapes=[], image_path="b.png", **size)


def save_pictures(folder: Path) -> None:
    """a.png and b.png."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(("a.png", "b.png")):
        Image.fromarray(PIXELS + place).save(folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
