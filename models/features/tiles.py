"""How large the windows are that a network sees of large photographs: so that its objects do not shrink to nothing.

A network sees a square. Of a photograph many times as large, an object of a few pixels would be lost; it is cut into
overlapping windows then, which the network sees one at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from models.data.samples import Example
from models.data.windows import cut, some_windows, windows

LARGE = 6  # times the network's square, from which on a side is large
SMALL_SHARE = 25  # percentile of the objects that has to be seen well
SURROUNDED = 2  # times the box of a large object (the 75th percentile): the least side of a window
LEARNT = 6  # windows of one label that a training takes


def fitting_tile(examples: Sequence[Example], side: int, least: float) -> int:
    """Side of the windows in pixels, `side` times a power of two; 0 for photographs as they are.

    Args:
        side: of the square that the network sees, in pixels.
        least: `Mask.half_thickness` that an object should have there, in pixels.
    """
    halves, boxes = list[float](), list[float]()
    photographs = [example for example in examples if max(example.size) >= LARGE * side]
    for example in photographs:
        for item in example.objects:
            halves.append(item.mask.half_thickness)
            boxes.append(max(item.mask.box[2:]))
    if not halves:  # boxes tell little of how thick things are, and are asked where there is nothing else
        sides = [(box.width, box.height) for example in photographs for box in example.boxes]
        halves, boxes = [min(each) / 2 for each in sides], [max(each) for each in sides]
    if not halves:
        return 0
    longest = max(max(example.size) for example in examples)
    small, large = float(np.percentile(halves, SMALL_SHARE)), float(np.percentile(boxes, 75))
    if small * side / longest >= least:
        return 0
    wanted = small / least if _long(halves, boxes) else max(small / least, SURROUNDED * large / side)
    tile = side * 2 ** max(0, int(np.floor(np.log2(max(wanted, 1)))))
    return tile if tile < longest else 0


def _long(halves: Sequence[float], boxes: Sequence[float]) -> bool:
    """Whether objects are so long and thin that a window need not show one whole."""
    return float(np.median(np.array(boxes) / np.maximum(halves, 1e-9))) > 20


def training_tiles(example: Example, tile: int, side: int) -> Iterator[Example]:
    """The windows of a label that a training takes; which follows from its id alone."""
    seen = windows(example.size, tile, side)
    rng = np.random.default_rng(int(hashlib.sha256(example.image_id.encode()).hexdigest()[:15], 16))
    said = {name: getattr(example, name) for name in ("boxes", "marks", "present")}
    read = Example(example.image_id, example.pixels, example.labels, **said)
    for window in some_windows(read, seen, LEARNT, rng):
        yield cut(read, window)
