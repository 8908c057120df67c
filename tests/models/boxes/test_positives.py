"""Jitters stay where they may be, positives by hand, and boxes as torchvision decodes them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.boxes.boxed import box_ious, whole_ious
from models.boxes.positives import box_rng, chosen_positives, found_boxes, jittered
from tests.models.boxes.toys import linear_detector


@given(
    size=st.tuples(st.integers(8, 300), st.integers(8, 300)),
    shares=st.tuples(*(st.floats(0, 1) for _ in range(4))),
    reach=st.floats(0, 0.49),
    seed=st.integers(0, 100),
)
def test_jitters_move_each_side_by_at_most_their_reach_and_stay_in_the_image(size, shares, reach, seed):
    height, width = size
    left, upper = shares[0] * (width - 2), shares[1] * (height - 2)
    box = np.array(
        [left, upper, left + 2 + shares[2] * (width - 2 - left), upper + 2 + shares[3] * (height - 2 - upper)]
    )
    drawn = jittered(box, size, 50, reach, np.random.default_rng(seed)).numpy()
    assert drawn.shape == (50, 4)
    sides = np.array([box[2] - box[0], box[3] - box[1]] * 2)
    assert (np.abs(drawn - box) <= reach * sides + 1e-9).all()
    assert (drawn >= 0).all()
    assert (drawn <= np.array([width, height] * 2)).all()
    assert (drawn[:, 2:] > drawn[:, :2]).all()


def test_jitters_use_their_whole_reach_on_every_side():
    box = np.array([40.0, 30.0, 60.0, 70.0])
    moves = (jittered(box, (200, 200), 4000, 0.3, np.random.default_rng(0)).numpy() - box) / [20, 40, 20, 40]
    assert moves.min(axis=0) == pytest.approx([-0.3] * 4, abs=0.01)
    assert moves.max(axis=0) == pytest.approx([0.3] * 4, abs=0.01)
    assert np.abs(np.corrcoef(moves.T) - np.eye(4)).max() < 0.1


def test_draws_are_of_the_seed_the_box_and_the_class():
    box = np.array([1, 2, 30, 40], dtype=np.float32)
    draws = [
        box_rng(*asked).random() for asked in ((0, box, 1), (0, box, 1), (1, box, 1), (0, box, 2), (0, box + 1, 1))
    ]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 4


LIKELIEST = torch.tensor([True, True, False, True, True, True])
OVERLAPS = torch.tensor([0.95, 0.86, 0.99, 0.91, 0.82, 0.9])


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (1, [0]),  # two are above .9, more than one: the first of them
        (2, [0, 1]),  # two are no more than two: .85, of which there are four, the first two
        (3, [0, 1, 3]),
        (4, [0, 1, 3, 4]),  # four are no more than four: .8
        (9, [0, 1, 3, 4, 5]),
    ],
)
def test_positives_are_sought_further_where_there_are_not_enough(most, expected):
    assert chosen_positives(LIKELIEST, OVERLAPS, (0.9, 0.85, 0.8), most).tolist() == expected


def test_the_papers_positives_are_above_one_iou():
    assert chosen_positives(LIKELIEST, OVERLAPS, (0.8,), 100).tolist() == [0, 1, 3, 4, 5]
    assert chosen_positives(LIKELIEST, OVERLAPS, (0.96,), 100).tolist() == []


def test_found_boxes_by_hand():
    regions = torch.tensor([[10.0, 10.0, 30.0, 50.0], [60.0, 10.0, 80.0, 30.0]])
    offsets = torch.tensor([[1.0, -1.0, 0.0, 5 * np.log(2)], [10.0, 0.0, 0.0, 0.0]], dtype=torch.float32)
    made = found_boxes(linear_detector().network, regions, offsets, (64, 90))
    expected = torch.tensor([[12.0, 0.0, 32.0, 64.0], [80.0, 10.0, 90.0, 30.0]])  # a tenth of the side, twice as high
    torch.testing.assert_close(made, expected)
    whole = found_boxes(linear_detector().network, regions, offsets, None)
    torch.testing.assert_close(whole, torch.tensor([[12.0, -14.0, 32.0, 66.0], [80.0, 10.0, 100.0, 30.0]]))


def test_ious_by_hand():
    boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0], [5.0, 5.0, 6.0, 6.0], [0.0, 0.0, 2.0, 1.0]])
    assert box_ious(boxes, torch.tensor([0.0, 0.0, 2.0, 2.0])).tolist() == pytest.approx([1, 1 / 7, 0, 0.5])


def test_the_program_compares_whole_pixels():
    boxes = torch.tensor([[0.9, 0.9, 4.9, 4.9], [-0.9, 0.0, 4.0, 4.0], [1.0, 0.0, 4.0, 4.0]])
    assert whole_ious(boxes, torch.tensor([0.5, 0.5, 4.5, 4.5])).tolist() == pytest.approx([1, 1, 0.75])
