"""Crops of nuclei as a data set of its own: `python -m benchmarks.nuclei_crops DATA/dsb2018_nuclei FOLDER`.

The squares of 64 px of every fluorescence image that hold 1 to 8 nuclei of 20 px or more, contrast stretched from the
1st to the 99.5th percentile; 600 of the training images' and 150 of the test images', drawn with seed 0.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from maskloop.formats.coco import read_coco_folder
from maskloop.formats.coco_writing import write_coco
from maskloop.formats.datasets import DatasetImage
from maskloop.masks import Mask
from maskloop.values import ObjectLabel

SIDE = 64
MOST, LEAST_PIXELS = 8, 20
NUMBER = {"train": 600, "test": 150}


def main() -> None:
    """Write annotations.json, images/, train.txt and test.txt."""
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    data = read_coco_folder(source)
    listed = json.loads((source / "annotations.json").read_text())["images"]
    modality = {image["file_name"]: image["modality"] for image in listed}
    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    kept: list[DatasetImage] = []
    for split, names in (("train", data.train), ("test", data.test)):
        found = [
            crop for name in names if modality[name] == "fluorescence" for crop in crops(data.by_name[name], folder)
        ]
        chosen = [found[place] for place in rng.permutation(len(found))[: NUMBER[split]]]
        for crop, pixels in chosen:
            Picture.fromarray(pixels).save(crop.path)
        (folder / f"{split}.txt").write_text("".join(f"{crop.file_name}\n" for crop, _ in chosen))
        kept += [crop for crop, _ in chosen]
    write_coco(folder / "annotations.json", data.categories, kept, {crop.file_name: crop.objects for crop in kept})


def crops(
    image: DatasetImage, folder: Path
) -> Iterator[tuple[DatasetImage, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]]:
    """The image's crops with their pixels (64, 64, 3)."""
    pixels = np.asarray(Picture.open(image.path).convert("RGB"))
    masks = np.stack([item.mask.to_array() for item in image.objects])
    for top in range(0, image.height - SIDE + 1, SIDE):
        for left in range(0, image.width - SIDE + 1, SIDE):
            window = slice(top, top + SIDE), slice(left, left + SIDE)
            cut = [mask for mask in masks[:, *window] if mask.sum() >= LEAST_PIXELS]
            if 1 <= len(cut) <= MOST:
                name = f"{Path(image.file_name).stem}-{top}-{left}.png"
                objects = tuple(ObjectLabel(image.objects[0].category_id, Mask.from_array(mask)) for mask in cut)
                yield DatasetImage(name, folder / "images" / name, SIDE, SIDE, objects), stretched(pixels[window])


def stretched(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Contrast from the 1st to the 99.5th percentile."""
    low, high = np.percentile(pixels, 1), np.percentile(pixels, 99.5)
    return np.clip((pixels - low) / max(high - low, 1) * 255, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
