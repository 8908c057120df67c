"""A tiny Pascal VOC tree."""

from __future__ import annotations

import numpy as np
from PIL import Image

from maskloop.formats.voc.colours import voc_colour

PALETTE = [value for index in range(256) for value in voc_colour(index)]

# A person (15) with a hole of void, a cat (8) in two parts, void between the two; 8 x 6 pixels.
OBJECTS = np.array(
    [
        [1, 1, 1, 255, 2, 0, 0, 2],
        [1, 255, 1, 255, 2, 0, 0, 2],
        [1, 1, 1, 255, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
    ],
    dtype=np.uint8,
)
CLASSES = np.array([0, 15, 8], dtype=np.uint8)[np.where(OBJECTS == 255, 0, OBJECTS)]
CLASSES[OBJECTS == 255] = 255


def write_indices(path, indices):
    """A PNG with a palette, as VOC writes them."""
    image = Image.fromarray(indices, "P")
    image.putpalette(PALETTE)
    image.save(path)


def write_voc(folder, **lists):
    """Images of 8 x 6 pixels, each with a person and a cat; `lists` become ImageSets/Segmentation/NAME.txt."""
    for part in ("JPEGImages", "SegmentationObject", "SegmentationClass", "ImageSets/Segmentation"):
        (folder / part).mkdir(parents=True)
    for name, stems in lists.items():
        (folder / "ImageSets" / "Segmentation" / f"{name}.txt").write_text("".join(f"{stem}\n" for stem in stems))
        for stem in stems:
            Image.new("RGB", (8, 6), (128, 128, 2 * ord(stem[0]) % 256)).save(folder / "JPEGImages" / f"{stem}.jpg")
            write_indices(folder / "SegmentationObject" / f"{stem}.png", OBJECTS)
            write_indices(folder / "SegmentationClass" / f"{stem}.png", CLASSES)
    return folder
