"""Outlines and boxes as people draw them: on real photographs, and on shapes that leave little room."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.formats.coco import read_coco_folder
from maskloop.labelers import Person
from maskloop.labelers.outlines import draw_box, draw_outline
from maskloop.labelers.person import HUMAN_IOU
from maskloop.masks import Mask
from maskloop.values import ObjectLabel

REAL = os.environ.get("MASKLOOP_DATA", "")
HUMAN = Person(outline_iou=HUMAN_IOU)


def disc(radius: float, size: int = 120, x: float = 60, y: float = 60) -> ObjectLabel:
    rows, columns = np.mgrid[:size, :size] + 0.5
    return ObjectLabel(1, Mask.from_array((columns - x) ** 2 + (rows - y) ** 2 < radius**2))


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="MASKLOOP_DATA names no folder of real images")
@pytest.mark.parametrize("set_name", ["balloons", "dsb2018_nuclei", "glas_glands", "wbc_cells", "building_facades"])
def test_two_people_agree_as_two_people_do(set_name: str):
    dataset = read_coco_folder(Path(REAL) / set_name)
    there = [(image.file_name, item) for image in dataset.images for item in image.objects if not item.crowd]
    some = [there[place] for place in np.random.default_rng(0).permutation(len(there))[:30]]
    first = [draw_outline(item, HUMAN, name) for name, item in some]
    second = [draw_outline(item, replace(HUMAN, seed=1), name) for name, item in some]
    ious = [item.mask.iou(drawn) for (_, item), drawn in zip(some, first, strict=True)]
    assert np.mean(ious) == pytest.approx(HUMAN_IOU, abs=0.015)
    assert 0.84 <= np.mean([one.iou(other) for one, other in zip(first, second, strict=True)]) <= 0.9


@settings(deadline=None, max_examples=40)
@given(st.floats(8, 40), st.floats(0, 120), st.floats(0, 120), st.floats(0.7, 0.98), st.integers(0, 1000))
def test_an_outline_is_as_far_off_as_asked_for_wherever_the_object_lies(radius, x, y, iou, seed):
    item = disc(radius, x=x, y=y)
    if item.mask.area < 300:  # of few pixels, whole rings come and go
        return
    drawn = draw_outline(item, Person(outline_iou=iou, seed=seed), "image")
    assert (drawn.height, drawn.width) == (120, 120)
    assert item.mask.iou(drawn) == pytest.approx(iou, abs=0.05)


@pytest.mark.parametrize("radius", [0.8, 1.5, 2.5])
def test_a_few_pixels_stay_an_object(radius):
    assert draw_outline(disc(radius), Person(outline_iou=0.5), "image").area > 0


def test_the_same_person_draws_the_same_object_alike_and_another_one_otherwise():
    item = disc(30)
    drawn = draw_outline(item, HUMAN, "image")
    assert draw_outline(item, HUMAN, "image") == drawn
    assert draw_outline(item, HUMAN, "other") != drawn
    assert draw_outline(item, replace(HUMAN, seed=1), "image") != drawn
    assert draw_outline(item, Person(), "image") == item.mask


@given(st.floats(1, 60), st.floats(0, 120), st.floats(0, 120), st.integers(0, 1000))
def test_a_box_lies_in_the_image_and_around_the_object(radius, x, y, seed):
    item = disc(radius, x=x, y=y)
    if not item.mask.area:
        return
    box = draw_box(item, Person(seed=seed), "image")
    left, top, right, bottom = box.corners
    assert 0 <= left < right <= 120
    assert 0 <= top < bottom <= 120
    _, _, width, height = item.mask.box
    near = 6 * max(1.0, 0.05 * max(width, height))  # six standard deviations
    assert np.allclose(box.corners, _corners(item), atol=near)


def test_the_sides_of_boxes_are_off_by_a_twentieth():
    items = [disc(40, x=60 + place / 10) for place in range(200)]
    off = [
        np.subtract(draw_box(item, Person(), str(place)).corners, _corners(item)) for place, item in enumerate(items)
    ]
    assert np.std(off) == pytest.approx(0.05 * 80, rel=0.1)
    assert abs(np.mean(off)) < 0.5


@pytest.mark.parametrize("wrong", [{"outline_iou": 0.4}, {"accept_iou": 1.2}, {"outline_iou": float("nan")}])
def test_a_person_who_cannot_be_is_refused(wrong):
    with pytest.raises(InvalidArgument, match="outside"):
        Person(**wrong)


def _corners(item: ObjectLabel) -> tuple[float, float, float, float]:
    x, y, width, height = item.mask.box
    return x, y, x + width, y + height
