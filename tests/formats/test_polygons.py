"""Polygons of masks come back to the pixel, in COCO's rasteriser and by counting crossings."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import label

from maskloop.errors import InvalidMask
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.polygons import one_polygon, polygons_of, rasterise, split_parts
from maskloop.masks import Mask

RING = np.pad(np.zeros((2, 2), bool), 1, constant_values=True)
ISLAND = np.pad(np.pad(np.pad(np.ones((1, 1), bool), 1), 1, constant_values=True), 1)
"""A pixel inside the hole of a ring."""
SHAPES = {
    "one pixel": np.ones((1, 1), bool),
    "full": np.ones((5, 7), bool),
    "ring": RING,
    "island": ISLAND,
    "checkerboard": np.indices((6, 7)).sum(axis=0) % 2 == 0,
    "two holes in a row": np.array([[1, 1, 1, 1, 1], [1, 0, 1, 0, 1], [1, 1, 1, 1, 1]], bool),
    "holes on one edge": np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1], [1, 0, 1], [1, 1, 1]], bool),
    "parts": np.array([[1, 0, 1], [0, 0, 0], [1, 0, 1]], bool),
}
masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=24)).filter(lambda bits: bits.any())


def filled(polygon, height, width):
    """The even-odd rule, slow and plain: edges to the left of a pixel's centre, counted."""
    bits = np.zeros((height, width), bool)
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        for row in range(height):
            if (y1 > row + 0.5) != (y2 > row + 0.5):
                x = x1 + (row + 0.5 - y1) * (x2 - x1) / (y2 - y1)
                bits[row] ^= np.arange(width) + 0.5 > x
    return bits


@pytest.mark.parametrize("bits", SHAPES.values(), ids=SHAPES)
def test_shapes_come_back(bits):
    check(bits)


@settings(deadline=None, max_examples=100)
@example(np.ones((1, 1), bool))
@given(masks)
def test_every_mask_comes_back(bits):
    check(bits)


def check(bits):
    mask = Mask.from_array(bits)
    polygons = polygons_of(mask)
    assert len(polygons) == label(bits, np.ones((3, 3)))[1]
    assert rasterise(polygons, *bits.shape) == mask
    assert rasterise([one_polygon(mask)], *bits.shape) == mask
    assert (np.logical_or.reduce([filled(polygon, *bits.shape) for polygon in polygons]) == bits).all()
    for polygon in polygons:
        assert len(polygon) >= 4
        steps = np.abs(np.diff([*polygon, polygon[0]], axis=0))
        assert ((steps > 0).sum(axis=1) == 1).all()  # upright or level, none of length 0


def test_a_hole_is_reached_by_a_seam_on_the_mask():
    (polygon,) = polygons_of(Mask.from_array(RING))
    outline, hole = [(0, 0), (4, 0), (4, 4), (0, 4)], [(3, 3), (3, 1), (1, 1)]
    assert polygon == [*outline, (0, 3), (1, 3), *hole, (1, 3), (0, 3)]


def test_parts_are_masks_of_their_own():
    parts = split_parts(Mask.from_array(ISLAND))
    assert sorted(part.area for part in parts) == [1, 16]
    assert (np.sum([part.to_array() for part in parts], axis=0) == ISLAND).all()


def test_an_empty_mask_has_no_polygon():
    assert polygons_of(Mask.empty(3, 4)) == []
    assert one_polygon(Mask.empty(3, 4)) == []


def test_a_polygon_of_two_points_is_refused():
    with pytest.raises(InvalidMask, match="three points"):
        rasterise([[(0, 0), (3, 3)]], 5, 5)


@pytest.mark.skipif("MASKLOOP_DATA" not in os.environ, reason="MASKLOOP_DATA names no folder of real images")
@pytest.mark.parametrize("name", ["balloons", "road_cracks", "glas_glands"])
def test_real_masks_come_back(name):
    images = read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / name).images[:40]
    objects = [item for image in images for item in image.objects]
    assert len(objects) > 40
    for item in objects:
        shape = item.mask.height, item.mask.width
        assert rasterise(polygons_of(item.mask), *shape) == item.mask
        assert rasterise([one_polygon(item.mask)], *shape) == item.mask
