"""Folders of tiny photographs: a bright square on noise, or noise alone."""

from __future__ import annotations

import io
import json
import zlib

import numpy as np
from PIL import Image

from maskloop.formats.coco.writing import write_coco
from maskloop.formats.datasets import DatasetImage
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel

SIDE = 32


def png(seed, *, is_square):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 80, (SIDE, SIDE, 3), dtype=np.uint8)
    if is_square:
        x, y = rng.integers(2, SIDE - 14, 2)
        pixels[y : y + 10, x : x + 10] = 200
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def put(folder, *names, squares=True):
    """Photographs of these names, each another one."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(zlib.crc32(name.encode()), is_square=squares))
    return folder


def write_labels(file, **names):
    """A file of class labels: `a=["crack"]` for a.png."""
    file.write_text(json.dumps({f"{name}.png": its for name, its in names.items()}))
    return file


def outline(file, outlined, categories=("square",)):
    """A COCO file with a square of its class, by name, on each of these images; none for ""."""
    ids = {name: place for place, name in enumerate(categories, 1)}
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[4:14, 4:14] = True
    objects = {
        name: [ObjectLabel(ids[class_name], Mask.from_array(mask))] if class_name else []
        for name, class_name in outlined.items()
    }
    images = [DatasetImage(name, file, SIDE, SIDE, ()) for name in outlined]
    write_coco(file, [Category(id_, name) for name, id_ in ids.items()], images, objects)
    return file
