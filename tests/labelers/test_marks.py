"""Points and strokes as people put them: on the object wherever it lies, near its middle, and the same each time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.costs.cost_model import CostModel
from maskloop.labelers import GroundTruthLabeler, Person
from maskloop.labelers.marks import draw_stroke, put_point
from maskloop.labelers.person import HUMAN_IOU
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel, PointsLabel, ScribblesLabel, Split, SupervisionKind
from maskloop.values import Image as ImageOfProject
from tests.labelers.people import square, task

HUMAN = Person(outline_iou=HUMAN_IOU)
IMAGE = ImageOfProject("a", "p", "a.png", "", 40, 30, "0" * 64, Split.POOL)


def scattered(seed: int, share: float) -> ObjectLabel:
    pixels = np.random.default_rng(seed).random((30, 40)) < share
    pixels[seed % 30, seed % 40] = True
    return ObjectLabel(1, Mask.from_array(pixels))


def is_on(item: ObjectLabel, x: float, y: float) -> bool:
    return bool(item.mask.to_array()[int(y), int(x)])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 500), st.floats(0.001, 0.9), st.integers(0, 50))
def test_marks_lie_on_their_object_whatever_its_form(seed, share, person):
    item, who = scattered(seed, share), replace(HUMAN, seed=person)
    point, stroke = put_point(item, who, "image"), draw_stroke(item, who, "image")
    assert is_on(item, point.x, point.y)
    assert all(is_on(item, x, y) for x, y in stroke.path)
    PointsLabel((point,)).check((Category(1, "crack"),), IMAGE, "image")
    ScribblesLabel((stroke,)).check((Category(1, "crack"),), IMAGE, "image")


def test_points_are_off_by_a_share_of_the_object():
    """On a square that leaves room, the spread is what is asked for: 15 % of its side, and a pixel's rounding."""
    pixels = np.zeros((200, 200), bool)
    pixels[50:150, 50:150] = True
    item = ObjectLabel(1, Mask.from_array(pixels))
    points = [put_point(item, replace(HUMAN, seed=seed), "image") for seed in range(200)]
    assert 0.13 <= np.std([point.x for point in points]) / 100 <= 0.17
    assert abs(np.mean([point.x for point in points]) - 100) < 4


def test_the_same_person_marks_alike_and_another_one_otherwise():
    item = scattered(3, 0.7)
    again, other = put_point(item, HUMAN, "image"), put_point(item, replace(HUMAN, seed=1), "image")
    assert put_point(item, HUMAN, "image") == again != other
    assert draw_stroke(item, HUMAN, "image") == draw_stroke(item, HUMAN, "image")
    assert draw_stroke(item, HUMAN, "image") != draw_stroke(item, HUMAN, "another image")


def test_one_who_outlines_as_people_do_marks_as_they_do_and_a_crowd_gets_no_mark():
    crowd = replace(square(2), crowd=True)
    objects = {"id-a": (square(1), crowd, square(1, 4)), "id-b": ()}
    exact, like_people = (GroundTruthLabeler(objects, CostModel(3), person) for person in (Person(), HUMAN))
    for kind, content in ((SupervisionKind.POINTS, PointsLabel), (SupervisionKind.SCRIBBLES, ScribblesLabel)):
        said, drawn = (labeler.label(task(kind)).drafts for labeler in (exact, like_people))
        assert [draft.content for draft in said] == [content.of(objects["id-a"]), content()]
        assert drawn[0].content.shown == said[0].content.shown
        assert drawn[0].content.shown.by_category == {1: 2}
        assert drawn[1].content == content()
