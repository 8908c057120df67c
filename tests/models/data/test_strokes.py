"""Strokes as pixels, and as windows show them: against slow obvious references."""

import itertools
from math import dist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.values import Scribble
from models.data.samples import Example, prepare
from models.data.strokes import HALF_WIDTH, drawn, halfway, shown
from models.data.windows import Window, cut, some_windows

CORNERS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=5)
FRAME = (10, 5, 30, 20)


def fine(path, steps=400):
    """Places along a path, close together."""
    return [
        (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
        for start, end in itertools.pairwise(path)
        for share in np.linspace(0, 1, steps)
    ] or list(path)


@settings(max_examples=40, deadline=None)
@given(CORNERS, st.sampled_from([16, 40]))
def test_a_strokes_pixels_are_those_whose_middles_are_close_to_it(path, size):
    solid = drawn(Scribble(1, tuple(path)), (30, 40), size)
    places = np.array(fine([(x * size / 40, y * size / 30) for x, y in path]))
    for row in range(size):
        for column in range(size):
            away = np.hypot(*(places - (column + 0.5, row + 0.5)).T).min()
            if abs(away - HALF_WIDTH) > 0.05:  # the reference goes in steps
                assert solid[row, column] == (away < HALF_WIDTH), (row, column)


def test_a_point_at_the_very_edge_is_a_pixel():
    assert drawn(Scribble(1, ((40, 30),)), (30, 40), 8)[7, 7]
    assert drawn(Scribble(1, ((0, 0),)), (3000, 4000), 8)[0, 0]


@settings(max_examples=60, deadline=None)
@given(CORNERS)
def test_a_window_shows_of_a_stroke_on_the_ground_what_lies_in_it(path):
    pieces, _most = shown(Scribble(0, tuple(path)), FRAME)
    told = [(x + 10, y + 5) for piece in pieces for x, y in fine(piece.path)]
    path = fine(path)
    inside = [place for place in path if 10.5 < place[0] < 29.5 and 5.5 < place[1] < 19.5]
    assert all(min(dist(place, other) for other in told) < 0.2 for place in inside[:: len(inside) // 40 + 1])
    assert all(min(dist(place, other) for other in path) < 0.2 for place in told[:: len(told) // 40 + 1])
    assert all(10 <= x <= 30 and 5 <= y <= 20 for x, y in told)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.tuples(st.integers(0, 40), st.integers(0, 30))] * 2))
def test_most_of_a_stroke_is_half_of_its_length(path):
    inside = [10 <= x <= 30 and 5 <= y <= 20 for x, y in fine(path)]
    if abs(np.mean(inside) - 0.5) > 0.02 and path[0] != path[1]:
        assert shown(Scribble(0, path), FRAME)[1] == (np.mean(inside) > 0.5)


def test_of_a_stroke_that_leaves_a_window_and_comes_back_the_longest_piece_is_the_object():
    there_and_back = Scribble(3, ((12, 10), (12, 30), (20, 30), (20, 6)))
    pieces, most = shown(there_and_back, FRAME)
    assert (pieces, most) == ((Scribble(3, ((10, 15), (10, 1))),), False)
    assert len(shown(Scribble(0, there_and_back.path), FRAME)[0]) == 2


def test_a_window_takes_its_marks_and_keeps_which_classes_the_image_shows():
    marks = (Scribble(1, ((5, 5),)), Scribble(2, ((35, 5),)), Scribble(0, ((0, 25), (40, 25))))
    image = Example("a", np.zeros((30, 40, 3), np.uint8), (), marks=marks)
    seen = cut(image, Window(0, 0, 30, 20))
    assert seen.marks == (Scribble(1, ((5, 5),)), Scribble(0, ((0, 25), (20, 25))))
    assert seen.present == {1, 2}
    named = Example("a", image.pixels, (), present=frozenset({2}))
    seen = cut(named, Window(0, 0, 30, 20))
    assert seen.marks is None
    assert seen.present == {2}


def test_nothing_is_learnt_around_the_lesser_part_of_a_stroke():
    image = Example("a", np.zeros((30, 40, 3), np.uint8), (), marks=(Scribble(1, ((2, 10), (30, 10))),))
    seen = cut(image, Window(0, 0, 30, 10))
    assert seen.marks == ()
    assert [crowd.mask.box for crowd in seen.crowds] == [(1, 9, 9, 2)]
    most = cut(image, Window(0, 0, 30, 20))
    assert (most.marks, most.crowds) == ((Scribble(1, ((2, 10), (20, 10))),), ())


@pytest.mark.parametrize(
    ("path", "middle"),
    [
        (((3, 4),), (3, 4)),
        (((0, 0), (10, 0)), (5, 0)),
        (((0, 0), (2, 0), (2, 10)), (2, 4)),
        (((1, 1), (1, 1)), (1, 1)),
        (((0, 0), (0, 0), (4, 0), (4, 4)), (4, 0)),
    ],
)
def test_halfway_is_half_the_length(path, middle):
    assert halfway(Scribble(2, path)) == Scribble(2, (middle,))


def test_an_objects_stroke_is_learnt_from_as_a_dot_and_one_on_the_ground_at_length():
    line, ground = Scribble(1, ((10, 10), (30, 10))), Scribble(0, ((0, 25), (40, 25)))
    made = prepare(Example("a", np.zeros((40, 40, 3), np.uint8), (), marks=(line, ground)), [1], 40, 9)
    assert made.ground is not None
    assert np.array_equal(made.masks[0], drawn(Scribble(1, ((20, 10),)), (40, 40), 40))
    assert np.array_equal(made.ground, drawn(ground, (40, 40), 40))


@pytest.mark.parametrize("category", [1, 0])
def test_windows_with_marked_objects_are_learnt_from_first(category):
    image = Example("a", np.zeros((40, 40, 3), np.uint8), (), marks=(Scribble(category, ((5, 5),)),))
    among = [Window(row, column, 10, 10) for row in range(0, 40, 10) for column in range(0, 40, 10)]
    taken = [some_windows(image, among, 2, np.random.default_rng(seed)) for seed in range(20)]
    assert all(among[0] in windows for windows in taken) == (category == 1)
