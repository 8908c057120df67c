"""COCO's three ways to write a mask, and every way to write it wrong."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from maskloop.errors import InvalidMask
from maskloop.formats.segmentation import read_segmentation, write_segmentation
from maskloop.masks import Mask

HEIGHT, WIDTH = 6, 8


def read(segmentation: object) -> np.ndarray:
    return read_segmentation(segmentation, HEIGHT, WIDTH).to_array()


def test_a_polygon_is_a_rectangle_of_pixels() -> None:
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[1:4, 2:6] = True
    assert (read([[2, 1, 6, 1, 6, 4, 2, 4]]) == expected).all()


def test_several_polygons_are_united() -> None:
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[0:2, 0:2] = True
    expected[4:6, 5:8] = True
    expected[1:3, 1:3] = True
    corners = [[0, 0, 2, 0, 2, 2, 0, 2], [5, 4, 8, 4, 8, 6, 5, 6], [1, 1, 3, 1, 3, 3, 1, 3]]
    assert (read(corners) == expected).all()


def test_a_polygon_that_sticks_out_is_cut_at_the_border() -> None:
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[0:3, 5:8] = True
    assert (read([[5, -4, 12, -4, 12, 3, 5, 3]]) == expected).all()


def test_uncompressed_runs_go_down_the_columns() -> None:
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[2:5, 0] = True
    assert (read({"size": [HEIGHT, WIDTH], "counts": [2, 3, 43]}) == expected).all()


def test_compressed_runs_are_what_pycocotools_writes() -> None:
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[2:5, 0] = True
    assert (read({"size": [HEIGHT, WIDTH], "counts": "23[1"}) == expected).all()  # 43 = 0b01011 + 32 * 1


@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_any_mask_survives_writing_and_json(array: np.ndarray) -> None:
    """Holes, many parts, one pixel, empty and full among them."""
    written = json.loads(json.dumps(write_segmentation(Mask.from_array(array))))
    assert (read_segmentation(written, *array.shape).to_array() == array).all()


@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_uncompressed_and_compressed_runs_agree(array: np.ndarray) -> None:
    flat = np.concatenate([[False], array.ravel(order="F")])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], edges, [array.size]])).tolist()
    mask = read_segmentation({"size": list(array.shape), "counts": counts}, *array.shape)
    assert mask == Mask.from_array(array)


@pytest.mark.parametrize(
    ("segmentation", "problem"),
    [
        (None, "segmentation is missing"),
        ("5 5", "segmentation is a str, neither polygons nor run lengths"),
        (7, "segmentation is a int"),
        ([], "it outlines nothing"),
        ([[]], "has 0 coordinates"),
        ([[1, 1, 3, 3]], "has 4 coordinates; three points have 6"),
        ([[1, 1, 3, 1, 3, 3, 1]], "has 7 coordinates"),
        ([[1, 1, 3, 1, 3, "3"]], "not a list of finite numbers"),
        ([[1, 1, 3, 1, 3, True]], "not a list of finite numbers"),
        ([[1, 1, 3, 1, 3, math.nan]], "not a list of finite numbers"),
        ([[1, 1, 3, 1, 3, 10**400]], "not a list of finite numbers"),
        ([1, 1, 3, 1, 3, 3], "not a list of finite numbers"),
        ([[2, 2, 2, 2, 2, 2]], "cover no pixel of the 8 x 6 image"),
        ([[-5, -4, -1, -4, -1, -1]], "cover no pixel"),
        ([[9, 1, 12, 1, 12, 4]], "cover no pixel"),
        ([[0, 0, 1e8, 0, 1e8, 5]], r"x = 1e\+08 lies far outside the 8 x 6 image"),
        ([[0, 0, 4, -7, 4, 5]], "y = -7 lies far outside"),
        ({}, r"of size None, its image is \[6, 8\]"),
        ({"size": [8, 6], "counts": [48]}, r"of size \[8, 6\], its image is \[6, 8\]"),
        ({"size": [6, 8]}, "counts of its run lengths are missing"),
        ({"size": [6, 8], "counts": 48}, "counts of its run lengths are a int"),
        ({"size": [6, 8], "counts": [40]}, "cover 40 pixels, its image has 48"),
        ({"size": [6, 8], "counts": [50, -2]}, "not all whole numbers from 0 up"),
        ({"size": [6, 8], "counts": [46.5, 1.5]}, "not all whole numbers"),
        ({"size": [6, 8], "counts": [True, 47]}, "not all whole numbers"),
        ({"size": [6, 8], "counts": "23"}, "cover 5 pixels"),
        ({"size": [6, 8], "counts": "\x00"}, "run-length string is broken"),
        ({"size": [6, 8], "counts": "é"}, "not ASCII"),
    ],
)
def test_broken_segmentations_are_refused(segmentation: object, problem: str) -> None:
    with pytest.raises(InvalidMask, match=problem):
        read(segmentation)
