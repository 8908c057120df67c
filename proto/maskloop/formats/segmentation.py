"""COCO's segmentation field and the one mask type: polygons, uncompressed runs, compressed runs.

Every mask passes through `Mask`, which adds its runs up, because pycocotools trusts what it is given.
"""

from __future__ import annotations

import math
from typing import TypeGuard

from pycocotools import mask as coco_mask

from maskloop.errors import InvalidMask
from maskloop.masks import Mask


def read_segmentation(segmentation: object, height: int, width: int) -> Mask:
    """The mask of a COCO `segmentation` on an image of `height` x `width` pixels.

    Polygons (their union) are cut at the image's border, and must cover at least one pixel; runs may be all zero.

    Raises:
        InvalidMask: it is none of the three kinds, does not fit the image, or is broken; says how.
    """
    if isinstance(segmentation, list):
        return _from_polygons(segmentation, height, width)
    if isinstance(segmentation, dict):
        return _from_runs(segmentation, height, width)
    raise InvalidMask(f"its segmentation is {_kind(segmentation)}, neither polygons nor run lengths")


def write_segmentation(mask: Mask) -> dict[str, object]:
    """Compressed runs, `{"size": [height, width], "counts": str}`."""
    return {"size": [mask.height, mask.width], "counts": mask.rle.decode("ascii")}


def _from_polygons(polygons: list[object], height: int, width: int) -> Mask:
    if not polygons:
        raise InvalidMask("its segmentation is empty: it outlines nothing")
    checked = [_polygon(polygon, height, width) for polygon in polygons]
    runs = coco_mask.merge(coco_mask.frPyObjects(checked, height, width))
    mask = Mask(height, width, runs["counts"])
    if not mask.area:
        raise InvalidMask(f"its polygons cover no pixel of the {width} x {height} image")
    return mask


def _polygon(polygon: object, height: int, width: int) -> list[float]:
    """`polygon` as [x1, y1, x2, y2, ...] of at least three points.

    Points may stick out of the image by its own size: pycocotools walks every pixel of every edge, however far.
    """
    if not isinstance(polygon, list) or not all(_is_number(value) for value in polygon):
        raise InvalidMask("a polygon of its segmentation is not a list of finite numbers")
    if len(polygon) % 2 or len(polygon) < 6:
        raise InvalidMask(f"a polygon of its segmentation has {len(polygon)} coordinates; three points have 6")
    points = [float(value) for value in polygon]
    for place, side in ((0, width), (1, height)):
        for value in points[place::2]:
            if not -side <= value <= 2 * side:
                raise InvalidMask(f"{'xy'[place]} = {value:g} lies far outside the {width} x {height} image")
    return points


def _from_runs(runs: dict[str, object], height: int, width: int) -> Mask:
    if runs.get("size") != [height, width]:
        raise InvalidMask(f"its run lengths are of size {runs.get('size')}, its image is [{height}, {width}]")
    counts = runs.get("counts")
    if isinstance(counts, str):
        return Mask(height, width, _ascii(counts))
    if isinstance(counts, list):
        return Mask(height, width, _compress(counts, height, width))
    raise InvalidMask(f"the counts of its run lengths are {_kind(counts)}, neither a list nor a string")


def _compress(counts: list[object], height: int, width: int) -> bytes:
    whole = [int(value) for value in counts if _is_whole(value) and value >= 0]
    if len(whole) != len(counts):
        raise InvalidMask("its run lengths are not all whole numbers from 0 up")
    if sum(whole) != height * width:
        raise InvalidMask(f"its run lengths cover {sum(whole)} pixels, its image has {height * width}")
    encoded: bytes = coco_mask.frPyObjects({"size": [height, width], "counts": whole}, height, width)["counts"]
    return encoded


def _ascii(counts: str) -> bytes:
    try:
        return counts.encode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidMask("its run-length string holds characters that are not ASCII") from error


def _is_whole(value: object) -> TypeGuard[int | float]:
    """Whether it is a whole number, be it written as 12.0."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < 1e9 if isinstance(value, int) else math.isfinite(value)


def _kind(value: object) -> str:
    return "missing" if value is None else f"a {type(value).__name__}"
