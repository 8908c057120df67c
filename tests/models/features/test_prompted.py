"""Which windows of a large photograph a prompt is answered from."""

import pytest

from maskloop.values import Prompt, PromptPoint
from models.data.windows import Window, windows
from models.features.prompted import shown_in

SIDE = 100  # of a window; of 250 x 100 pixels there are three, which begin at 0, 75 and 150
WIDE = windows((100, 250), SIDE, 100)


def test_the_windows_are_as_this_file_says():
    assert [Window(0, 0, 100, 100), Window(0, 75, 100, 100), Window(0, 150, 100, 100)] == WIDE


@pytest.mark.parametrize(
    ("box", "window"),
    [
        ((10, 10, 20, 20), 0),
        (
            (80, 10, 15, 20),
            0,
        ),  # in two of them: its middle, 87.5, is 37.5 from that of the first, 37.5 from the second's
        ((82, 10, 15, 20), 1),
        ((0, 0, 100, 100), 0),
        ((240, 90, 10, 10), 2),
        ((160, 10, 10, 20), 2),
    ],
)
def test_a_box_is_answered_from_the_window_that_holds_it_and_whose_middle_is_nearest(box, window):
    x, y, width, height = box
    assert shown_in(Prompt(box=box), WIDE) == [(WIDE[window], (x, y, x + width, y + height))]


def test_a_box_that_no_window_holds_is_cut_at_their_sides():
    assert shown_in(Prompt(box=(20, 5, 220, 90)), WIDE) == [
        (WIDE[0], (20, 5, 100, 95)),
        (WIDE[1], (75, 5, 175, 95)),
        (WIDE[2], (150, 5, 240, 95)),
    ]


def test_a_window_that_shows_no_more_than_another_is_not_looked_at():
    """From 50 to 160: the last window would show 150 to 160, all of which is in the one before."""
    assert shown_in(Prompt(box=(50, 5, 110, 90)), WIDE) == [(WIDE[0], (50, 5, 100, 95)), (WIDE[1], (75, 5, 160, 95))]


def test_points_are_answered_from_one_window_where_one_holds_all_of_those_on_the_object():
    points = (PromptPoint(80, 10), PromptPoint(140, 50), PromptPoint(240, 50, on_object=False))
    assert shown_in(Prompt(points=points), WIDE) == [(WIDE[1], (80, 10, 140, 50))]


def test_points_farther_apart_are_answered_each_from_its_nearest_window():
    points = (PromptPoint(10, 10), PromptPoint(240, 10), PromptPoint(250, 100))
    assert [window for window, _ in shown_in(Prompt(points=points), WIDE)] == [WIDE[0], WIDE[2]]


def test_a_photograph_that_is_seen_whole_is_one_window():
    (whole,) = windows((60, 90), 0, 100)
    assert shown_in(Prompt(points=(PromptPoint(90, 60),)), [whole]) == [(whole, (90, 60, 90, 60))]
