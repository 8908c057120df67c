"""Segments that are joined, and masks made of them, counted by hand."""

import numpy as np
import pytest

from models.boxes.boxed import BoxMask
from models.boxes.segments import LEAST_SIDE, Segments, image_segments, merged_segments, snapped, snapped_mask

SIDE = 64
BOX = np.array([0, 0, 48, 64], dtype=np.float32)


def columns() -> np.ndarray:
    """Eight segments of 64 rows and 8 columns."""
    return np.tile(np.arange(8).repeat(8), (SIDE, 1))


def up_to(column: int, first: int = 0) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[:, first:column] = True
    return mask


def proposals(*members) -> tuple[Segments]:
    rows = np.zeros((len(members), 8), dtype=bool)
    for row, chosen in zip(rows, members, strict=True):
        row[list(chosen)] = True
    return (Segments(columns(), rows),)


def test_neighbours_of_the_nearest_colours_are_joined_first():
    labels = np.array([[0, 1, 2, 3]])
    colours = np.array([[[0.0], [10.0], [13.0], [30.0]]])
    made = [tuple(np.flatnonzero(row).tolist()) for row in merged_segments(labels, colours)]
    assert made == [(0,), (1,), (2,), (3,), (1, 2), (0, 1, 2), (0, 1, 2, 3)]


def test_segments_that_do_not_touch_are_not_joined_however_alike():
    labels, colours = np.array([[0, 1, 2]]), np.array([[[0.0], [50.0], [0.0]]])
    assert (0, 2) not in [tuple(np.flatnonzero(row).tolist()) for row in merged_segments(labels, colours)]


def test_pixels_are_counted():
    (made,) = proposals((0, 1), (7,))
    assert made.counted(up_to(12)).tolist() == [12 * SIDE, 0]
    assert made.counted(up_to(64, 60)).tolist() == [0, 4 * SIDE]


def test_proposals_within_the_mask_and_the_best_one_make_the_mask():
    segments = proposals((0,), (1,), (0, 1, 2), (0, 1, 2, 3, 4), (6,))
    # columns 0 to 19: the first two lie inside; (0, 1, 2) has the best IoU, 20 of 24
    assert np.array_equal(snapped_mask(up_to(20), BOX, segments), up_to(24))
    # of columns 0 to 8 the second segment is not inside, and (0,) is the best
    assert np.array_equal(snapped_mask(up_to(9), BOX, segments), up_to(8))


def test_proposals_with_a_segment_outside_of_the_box_are_left_out():
    segments = proposals((5, 6), (5,))  # the sixth lies wholly beside the box
    assert np.array_equal(snapped_mask(up_to(48, 40), BOX, segments), up_to(48, 40))
    assert np.array_equal(snapped_mask(up_to(48, 40), BOX, proposals((5, 6))), up_to(48, 40))


def test_a_segment_beside_the_box_rules_a_proposal_out_however_small_it_is():
    labels = columns()
    labels[:, 48:50] = 8
    members = np.zeros((1, 9), dtype=bool)
    members[0, [0, 1, 2, 3, 4, 5, 8]] = True  # 48 of its 50 columns are in the box
    assert np.array_equal(snapped_mask(up_to(47), BOX, (Segments(labels, members),)), up_to(47))
    members[0, 8] = False
    assert np.array_equal(snapped_mask(up_to(47), BOX, (Segments(labels, members),)), up_to(48))


def test_the_best_proposal_has_to_lie_in_the_box():
    box = np.array([0, 0, 44, 64], dtype=np.float32)  # half of the sixth segment
    segments = proposals((4, 5), (4,))
    assert np.array_equal(snapped_mask(up_to(44, 34), box, segments), up_to(40, 32))
    whole = snapped_mask(up_to(44, 32), np.array([0, 0, 47.5, 64], dtype=np.float32), segments)
    assert np.array_equal(whole, up_to(48, 32))


def test_results_are_cut_to_the_box():
    box = np.array([0, 0, 47, 64], dtype=np.float32)  # 23 of the proposal's 24 columns
    assert np.array_equal(snapped_mask(up_to(46, 24), box, proposals((3, 4, 5))), up_to(47, 24))


def test_what_nothing_fits_stays_as_it_is():
    empty = up_to(0)
    assert not snapped_mask(empty, BOX, proposals((0,))).any()
    odd = up_to(20, 18)
    assert np.array_equal(snapped_mask(odd, BOX, proposals((6, 7))), odd)
    small = np.array([0, 0, LEAST_SIDE - 1, LEAST_SIDE], dtype=np.float32)
    assert np.array_equal(snapped_mask(odd, small, proposals((2,))), odd)


def test_a_loose_mask_holds_the_tight_one():
    made = snapped(BoxMask(up_to(9), up_to(20)), BOX, proposals((0,), (1,), (2,), (0, 1, 2)))
    assert np.array_equal(made.tight, up_to(8))
    assert np.array_equal(made.loose, up_to(24))


@pytest.mark.parametrize("scale", [30.0, 200.0])
def test_segments_of_an_image_end_with_the_whole_of_it(scale):
    pixels = np.full((48, 64, 3), 40, dtype=np.uint8)
    pixels[10:40, 20:50] = (200, 60, 60)
    (made,) = image_segments(pixels, (scale,))
    number = made.labels.max() + 1
    assert made.members.shape == (2 * number - 1, number)
    assert made.members[-1].all()
    found = [made.joined([row]) for row in range(len(made.members))]
    block = pixels[..., 1] == 60
    assert max((mask & block).sum() / (mask | block).sum() for mask in found) > 0.9
