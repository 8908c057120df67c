"""From class maps to masks, beside cases by hand and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from maskloop.errors import InvalidArgument
from models.proposals.from_maps import NAMES, THRESHOLDS, MaskMaking, label_map, masks_of, sweep

PLAIN = MaskMaking(0.5, closing=0, least_share=0.0)
maps = arrays.arrays(np.float32, (2, 6, 5), elements=st.floats(0, 1, width=16))


@given(maps, st.sampled_from(THRESHOLDS))
def test_a_pixel_is_of_the_largest_map_above_the_threshold(values, threshold):
    labels = label_map(values, threshold)
    for row, column in np.ndindex(6, 5):
        first, second = values[:, row, column]
        expected = 0 if max(first, second) <= np.float32(threshold) else 1 if first >= second else 2
        assert labels[row, column] == expected


def test_no_map_is_all_ground():
    assert not label_map(np.empty((0, 3, 4), np.float32), 0.3).any()
    assert masks_of(np.empty((0, 3, 4), np.float32), (), (), PLAIN) == ()


@given(maps)
def test_masks_are_the_connected_areas_of_a_class_by_a_flood_fill(values):
    labels, expected = label_map(values, 0.5), set()
    for place in (0, 1):
        left = {(int(row), int(column)) for row, column in np.argwhere(labels == place + 1)}
        while left:
            piece, grown = set(), {left.pop()}
            while grown:
                row, column = grown.pop()
                piece.add((row, column))
                near = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
                left -= near
                grown |= near
            expected.add((place + 7, frozenset(piece)))
    found = masks_of(values, (7, 8), (1.0, 1.0), PLAIN)
    assert {(one.class_index, frozenset(map(tuple, np.argwhere(one.mask).tolist()))) for one in found} == expected
    assert len(found) == len(expected)


def test_gaps_are_closed_and_small_areas_go():
    values = np.zeros((1, 12, 12), np.float32)
    values[0, 2:10, 2:5] = values[0, 2:10, 6:9] = 0.9  # a gap one pixel wide
    values[0, 11, 11] = 0.9
    apart = masks_of(values, (0,), (1.0,), PLAIN)
    assert [int(one.mask.sum()) for one in apart] == [24, 24, 1]
    joined = masks_of(values, (0,), (1.0,), MaskMaking(0.5, closing=3, least_share=2 / 144))
    assert len(joined) == 1
    assert joined[0].mask[2:10, 2:9].all()


def test_closing_reaches_the_border_of_the_image_and_takes_nothing_away():
    values = np.zeros((1, 6, 6), np.float32)
    values[0, 0] = 0.9
    (one,) = masks_of(values, (0,), (1.0,), MaskMaking(0.5, closing=5, least_share=0.0))
    assert one.mask[0].all()
    assert not one.mask[1:].any()


def test_a_watershed_cuts_two_summits_of_one_area():
    rows, columns = np.mgrid[:40, :80]
    hills = [np.exp(-((rows - 20) ** 2 + (columns - middle) ** 2) / 200) for middle in (25, 55)]
    values = np.maximum(*hills)[None].astype(np.float32)
    making = MaskMaking(0.2, closing=0, least_share=0.0)
    assert len(masks_of(values, (0,), (1.0,), making)) == 1
    cut = masks_of(values, (0,), (1.0,), MaskMaking(0.2, closing=0, least_share=0.0, split="watershed"))
    assert len(cut) == 2
    left, right = sorted(float(np.argwhere(one.mask)[:, 1].mean()) for one in cut)
    assert abs(left - 25) < 4
    assert abs(right - 55) < 4
    assert (cut[0].mask | cut[1].mask).sum() == (values[0] > 0.2).sum()
    assert not (cut[0].mask & cut[1].mask).any()


def test_statistics_by_hand():
    values = np.full((1, 30, 30), 0.1, np.float32)
    values[0, 10:14, 10:20] = 0.6
    values[0, 10, 10] = 0.9
    (one,) = masks_of(values, (3,), (0.8,), PLAIN)
    told = dict(zip(NAMES, one.statistics, strict=True))
    inside = (39 * 0.6 + 0.9) / 40
    assert told == pytest.approx({
        "confidence": 0.8 * inside, "inside": inside, "peak": 0.9, "class": 0.8, "sure": 1 / 40,
        "contrast": inside - 0.1, "extent": 1.0, "root_area": np.sqrt(40 / 900), "objects": 1 / 20,
    }, abs=1e-6)  # fmt: skip


def test_the_threshold_of_largest_mean_iou_is_found_on_labeled_images():
    """The object lies between .4 and .7, a halo at .3: any threshold from .3 on is right, and the lowest is taken."""
    values = np.zeros((1, 4, 4), np.float32)
    values[0, :2], values[0, 2] = 0.7, 0.3
    true = np.zeros((4, 4), np.int64)
    true[:2] = 1
    best, ious = sweep([(values, true)])
    assert best == 0.3
    assert ious[0.3] == ious[0.65] == 1.0
    assert ious[0.25] == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_unknown_pixels_count_for_nothing_in_a_sweep():
    values = np.full((1, 2, 2), 0.5, np.float32)
    true = np.array([[1, 1], [255, 255]])
    assert sweep([(values, true)], (0.3,))[1] == {0.3: 1.0}


@given(st.lists(st.tuples(maps, arrays.arrays(np.int64, (6, 5), elements=st.sampled_from([0, 1, 2, 255])))
                , min_size=1, max_size=3))  # fmt: skip
def test_a_sweep_is_beside_a_plain_count_of_pixels(labeled):
    _, ious = sweep(labeled, (0.4,))
    shared, union = np.zeros(3), np.zeros(3)
    for values, true in labeled:
        said = label_map(values, 0.4)
        for row, column in np.ndindex(6, 5):
            if true[row, column] != 255:
                for label in range(3):
                    both = (said[row, column] == label, true[row, column] == label)
                    shared[label] += all(both)
                    union[label] += any(both)
    there = union > 0
    assert ious[0.4] == pytest.approx((shared[there] / union[there]).mean() if there.any() else 0.0)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"threshold": 1.2}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"least_share": -0.1}, "least_share"),
        ({"closing": -1}, "closing"),
        ({"split": "magic"}, "split"),
    ],
)
def test_a_making_that_cannot_be_is_refused_by_name(options, named):
    with pytest.raises(InvalidArgument, match=named):
        MaskMaking(**options)


def test_without_a_labeled_image_there_is_no_threshold():
    with pytest.raises(InvalidArgument, match="labeled images, and there is none"):
        sweep([])
