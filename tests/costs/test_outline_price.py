"""Outlines priced by their length: by hand, on thin structures, and at any size of the image."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from maskloop.costs.cost_model import CostModel
from maskloop.errors import InvalidArgument
from maskloop.masks import Mask
from maskloop.values import (
    MEAN_OUTLINE_LENGTH,
    OUTLINE_BY_LENGTH,
    OUTLINE_FLAT,
    Category,
    Counts,
    FullLabel,
    ObjectLabel,
    OutlinePrice,
    Project,
    SupervisionKind,
)
from maskloop.values.outline_price import FIXED_PART_S

SIDE = 400
prices = st.builds(OutlinePrice, st.floats(0.1, 200), st.floats(0, 200))
boxes = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 20), st.integers(1, 20))
objects = st.lists(st.builds(ObjectLabel, st.integers(1, 5), boxes.map(lambda box: rectangle(40, *box))), max_size=4)


def rectangle(side, x, y, width, height):
    array = np.zeros((side, side), dtype=bool)
    array[y : y + height, x : x + width] = True
    return Mask.from_array(array)


def label(*masks):
    return FullLabel(tuple(ObjectLabel(1, mask) for mask in masks))


def outlines_s(price, content):
    """What the outlines alone are planned to take: each class of the vocabulary is in the image."""
    return content.cost_s(CostModel(content.shown.categories, price))


def test_a_mean_object_of_coco_takes_79_seconds_by_either_price():
    assert OutlinePrice(79.0) == OUTLINE_FLAT
    by_length = CostModel(20, OUTLINE_BY_LENGTH)
    assert by_length.label_s(SupervisionKind.FULL, 20, 1, MEAN_OUTLINE_LENGTH) == pytest.approx(79)
    assert by_length.full(1.5, 2.8) == pytest.approx(CostModel(20).full(1.5, 2.8)) == pytest.approx(239.7)
    assert by_length.counts(1.5) == CostModel(20).counts(1.5)


@pytest.mark.skipif("MASKLOOP_DATA" not in os.environ, reason="MASKLOOP_DATA names no folder of real images")
def test_mean_length_and_fixed_part_are_those_of_cocos_training_objects():
    folder = Path(os.environ["MASKLOOP_DATA"]) / "coco_subset"
    document = json.loads((folder / "annotations.json").read_text())
    train = set((folder / "train.txt").read_text().split())
    images = {image["id"]: image for image in document["images"] if image["file_name"] in train}
    outlined = [one for one in document["annotations"] if one["image_id"] in images and not one["iscrowd"]]
    lengths = [drawn(one["segmentation"], images[one["image_id"]]).outline_length for one in outlined]
    corners = [sum(len(polygon) // 2 for polygon in one["segmentation"]) for one in outlined]
    assert (len(lengths), len(images)) == (1796, 195)
    assert np.mean(lengths) == pytest.approx(MEAN_OUTLINE_LENGTH, abs=5e-4)
    a_side, an_outline = np.polyfit(lengths, corners, 1)
    assert (an_outline, a_side) == pytest.approx((13.7, 12.3), abs=0.05)
    assert 79 * an_outline / np.mean(corners) == pytest.approx(FIXED_PART_S, abs=0.5)


def drawn(polygons, image):
    height, width = image["height"], image["width"]
    rle = coco_mask.merge(coco_mask.frPyObjects(polygons, height, width))
    return ObjectLabel(1, Mask(height, width, rle["counts"]))


def test_a_crack_takes_longer_than_a_disc_of_its_area():
    y, x = np.mgrid[:SIDE, :SIDE]
    disc = Mask.from_array((x - 200) ** 2 + (y - 200) ** 2 < 300)
    crack = Mask.from_array((abs(y - x) < 2) & (x < 315) & (y < 315))  # a slanting line of about 3 pixels
    assert crack.area == pytest.approx(disc.area, rel=0.02)
    assert outlines_s(OUTLINE_FLAT, label(crack)) == outlines_s(OUTLINE_FLAT, label(disc)) == 79
    length = 2 * 315 * math.sqrt(2) / SIDE  # there and back
    assert outlines_s(OUTLINE_BY_LENGTH, label(crack)) == pytest.approx(49 + 44.5 * length, rel=0.06)
    assert outlines_s(OUTLINE_BY_LENGTH, label(disc)) == pytest.approx(
        49 + 44.5 * 2 * math.pi * math.sqrt(300) / SIDE, rel=0.02
    )


@given(boxes, st.integers(2, 4))
def test_the_same_photograph_costs_the_same_at_any_size(box, factor):
    small = rectangle(40, *box)
    large = Mask.from_array(np.kron(small.to_array(), np.ones((factor, factor), dtype=bool)))
    # Four directions round a corner off by half a pixel or so, whatever the size.
    corners = 4 * 44.5 / 40
    assert outlines_s(OUTLINE_BY_LENGTH, label(small)) == pytest.approx(
        outlines_s(OUTLINE_BY_LENGTH, label(large)), abs=corners
    )


@given(prices, objects, objects)
def test_outlines_of_two_labels_take_what_they_take_together(price, first, second):
    costs = CostModel(5, price)
    apart = sum(costs.label_s(SupervisionKind.FULL, 5, len(some), length(some)) for some in (first, second))
    together = costs.label_s(SupervisionKind.FULL, 5, len(first + second), length(first + second))
    assert together == pytest.approx(apart)
    assert together == pytest.approx(
        sum(price.fixed_s + price.length_s * one.outline_length for one in first + second), abs=1e-9
    )


def length(some):
    return FullLabel(tuple(some)).outline_length


@given(prices, st.integers(0, 9), st.floats(0, 50), st.floats(0, 50))
def test_a_longer_outline_is_never_cheaper_and_nothing_is_negative(price, number, one, other):
    shorter, longer = sorted((one, other))
    costs = [CostModel(5, price).label_s(SupervisionKind.FULL, 1, number, sides) for sides in (shorter, longer)]
    assert 0 <= costs[0] <= costs[1]


@given(prices, st.dictionaries(st.integers(1, 5), st.integers(1, 9), max_size=3).map(Counts))
def test_outlines_that_nobody_drew_are_taken_for_mean_ones(price, counts):
    costs = CostModel(5, price)
    mean_s = price.fixed_s + price.length_s * MEAN_OUTLINE_LENGTH
    assert costs.full_label(counts) == pytest.approx(5 - counts.categories + counts.objects * mean_s)


def test_a_projects_cost_model_has_its_vocabulary_and_its_price():
    project = Project("p", "P", (Category(1, "crack"), Category(2, "rust")), outline_price=OUTLINE_BY_LENGTH)
    assert CostModel.of(project) == CostModel(2, OUTLINE_BY_LENGTH)


@pytest.mark.parametrize("parts", [(-1, 0), (1, -1), (0, 0), (math.inf, 0), (math.nan, 1), (1, math.nan)])
def test_prices_that_cannot_be_are_refused(parts):
    with pytest.raises(InvalidArgument, match="cannot be priced"):
        OutlinePrice(*parts)
