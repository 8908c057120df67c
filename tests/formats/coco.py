"""Small COCO data sets on disk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

WIDTH, HEIGHT = 8, 6
SQUARE = [[1, 1, 3, 1, 3, 3, 1, 3]]
"""Four pixels at (1, 1)."""
CRACK = ({"id": 1, "name": "crack", "supercategory": "damage"},)


def picture(path: Path, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    """A picture at `path`; its folders are made. Each path has a colour of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, tuple(hash(path.name) >> shift & 255 for shift in (0, 8, 16))).save(path)
    return path


def document(
    names: Iterable[str],
    annotations: Sequence[Mapping[str, Any]] | None = None,
    categories: Sequence[Mapping[str, Any]] = CRACK,
    **keys: Any,
) -> dict[str, Any]:
    """Images numbered from 1; without `annotations` each has one square of the first category."""
    images = [
        {"id": id_, "file_name": name, "width": WIDTH, "height": HEIGHT} for id_, name in enumerate(names, start=1)
    ]
    if annotations is None:
        annotations = [square(id_, category_id=categories[0]["id"]) for id_, _ in enumerate(images, start=1)]
    return {"images": images, "annotations": list(annotations), "categories": list(categories), **keys}


def square(id_: int, image_id: int | None = None, **keys: Any) -> dict[str, Any]:
    """An annotation of image `id_`, unless `image_id` names another."""
    outline = {"segmentation": SQUARE, "bbox": [1, 1, 2, 2], "area": 4, "iscrowd": 0, "category_id": 1}
    return {"id": id_, "image_id": image_id or id_, **outline, **keys}


def save(file: Path, content: Mapping[str, Any]) -> Path:
    """Write a JSON file; its folders are made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


def small_set(folder: Path, content: Mapping[str, Any], *, pictures: Iterable[str] | None = None) -> Path:
    """annotations.json and images/: those that the document lists, if not told otherwise."""
    save(folder / "annotations.json", content)
    for name in [image["file_name"] for image in content["images"]] if pictures is None else pictures:
        picture(folder / "images" / name)
    return folder
