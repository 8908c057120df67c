"""People hear before they spend anything that a network will hardly see their objects, and what helps."""

from pathlib import Path

import numpy as np
import pytest

from maskloop.formats.datasets import DatasetImage
from maskloop.loop.planning.object_sizes import (
    warn_of_idle_marks,
    warn_of_many_objects,
    warn_of_small_objects,
    warn_of_thin_boxes,
)
from maskloop.masks import Mask
from maskloop.values import ObjectLabel, SupervisionKind

COMPACT, PRETRAINED = {"image_size": 64}, {"image_size": 192, "tile": 0}


def image(height, width, *boxes):
    objects = []
    for top, left, high, wide in boxes:
        solid = np.zeros((height, width), dtype=bool)
        solid[top : top + high, left : left + wide] = True
        objects.append(ObjectLabel(1, Mask.from_array(solid)))
    return DatasetImage("a.png", Path("a.png"), width, height, tuple(objects))


def test_a_crack_in_a_photograph_is_a_fraction_of_a_pixel():
    said = warn_of_small_objects([image(600, 800, (10, 0, 6, 800))], COMPACT)
    assert said is not None
    assert "0.6 pixels thick or less at the 64 pixels" in said
    assert "--image-size 224 or --crop 192 helps" in said


@pytest.mark.parametrize(("recipe", "warned"), [(COMPACT, True), (PRETRAINED, False), ({"image_size": 192}, True)])
def test_windows_help_with_large_photographs(recipe, warned):
    assert (warn_of_small_objects([image(1000, 1200, (500, 0, 6, 1200))], recipe) is not None) == warned


def test_objects_without_a_pixel_say_nothing():
    nothing, small = image(300, 400, (10, 10, 0, 0)), image(600, 800, (10, 0, 6, 800))
    for recipe in ({"image_size": 192, "masks": "auto"}, COMPACT):
        assert warn_of_small_objects([nothing], recipe) is None
        assert warn_of_small_objects([nothing, small], recipe) == warn_of_small_objects([small], recipe)


def test_what_it_recommends_is_enough():
    photo = image(300, 400, (10, 10, 8, 9), (50, 50, 9, 9), (100, 100, 150, 150))
    assert warn_of_small_objects([photo], COMPACT) is not None
    assert warn_of_small_objects([photo], {"image_size": 192}) is None


def test_half_of_the_objects_decide_and_none_is_no_reason():
    large, small = (0, 0, 200, 200), (0, 0, 3, 3)
    assert warn_of_small_objects([image(400, 400, large, large, small)], COMPACT) is None
    assert warn_of_small_objects([image(400, 400, large, small, small)], COMPACT) is not None
    assert warn_of_small_objects([image(400, 400)], COMPACT) is None
    assert warn_of_small_objects([], COMPACT) is None
    assert warn_of_small_objects([image(400, 400, small)], {}) is None


def test_lines_are_seen_larger_by_dense_masks():
    line = image(500, 500, (10, 0, 4, 500))
    assert warn_of_small_objects([line], {"image_size": 192, "masks": "regions", "tile": 0}) is not None
    assert warn_of_small_objects([line], {"image_size": 192, "masks": "auto", "tile": 0}) is None


MANY = image(200, 200, *((10 * row, 10 * column, 6, 6) for row in range(5) for column in range(6)))
"""Thirty objects."""


@pytest.mark.parametrize(
    ("recipe", "option"),
    [
        ({"image_size": 64, "steps": 20, "objectness": 0.5}, "steps"),
        ({"image_size": 192, "most_objects": 20, "tile": 0}, "most_objects"),
    ],
)
def test_more_objects_than_the_network_outlines_are_told_with_the_option_that_helps(recipe, option):
    said = warn_of_many_objects([MANY, image(200, 200, (0, 0, 9, 9))], recipe, "compact")
    assert said is not None
    for part in ("at most 20 objects", "1 of 2 images", "10 of the 30 of a.png", f"--recipe compact,{option}=30"):
        assert part in said
    assert warn_of_many_objects([MANY], {**recipe, option: 30}, "compact") is None


@pytest.mark.parametrize(
    "recipe", [{}, {"steps": 2}, {"most_objects": 20, "masks": "dense"}, {"most_objects": 20, "tile": 50}]
)
def test_networks_without_such_a_limit_say_nothing(recipe):
    assert warn_of_many_objects([MANY], {"image_size": 64, **recipe}, "pretrained") is None


@pytest.mark.parametrize(
    ("recipe", "box", "warned"),
    [
        ({"masks": "auto"}, (10, 0, 6, 800), True),
        ({"masks": "auto"}, (10, 0, 200, 300), False),
        ({"masks": "regions"}, (10, 0, 6, 800), False),
        ({"masks": "dense"}, (10, 0, 200, 300), True),
        ({"masks": "auto"}, (10, 0, 0, 0), False),
    ],
)
def test_boxes_of_lines_teach_next_to_nothing(recipe, box, warned):
    assert (warn_of_thin_boxes([image(600, 800, box)], recipe) is not None) == warned


def test_marks_that_teach_nothing_are_named_with_what_to_do():
    assert warn_of_idle_marks([], "pretrained") is None
    told = warn_of_idle_marks([SupervisionKind.SCRIBBLES, SupervisionKind.POINTS], "pretrained,views=1")
    assert told is not None
    assert told.startswith("A network of --recipe pretrained,views=1 learns from no scribbles or points")
