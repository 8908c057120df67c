"""Measures of thin structures: cases by hand, and every pixel with every other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage
from skimage.morphology import thin

from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.metrics.thin import TOLERANCE, Traces, near, outline_of, thin_metrics, trace
from tests.models.rectangles import proposal, rectangle

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=12))


def line(row, left=2, right=18, thick=1):
    return rectangle(row, left, row + thick, right)


def measured(true, drawn, tolerance=TOLERANCE):
    truths = {"a": [ObjectLabel(1, mask) for mask in true]}
    return thin_metrics(truths, {"a": [proposal(mask, 0.5) for mask in drawn]}, tolerance)


def values(metrics):
    return [metrics[name] for name in ("boundary_f1", "cl_dice", "length_found")]


def slow_near(points, others, tolerance):
    return [any(np.hypot(*(np.array(one) - other)) <= tolerance for other in others) for one in points]


def slow_outline(mask):
    inside = set(map(tuple, np.argwhere(mask).tolist()))
    sides = ((0, 1), (1, 0), (0, -1), (-1, 0))
    return sorted(
        each for each in inside if any((each[0] + down, each[1] + right) not in inside for down, right in sides)
    )


@given(mask=masks)
def test_an_outline_is_what_touches_the_outside(mask):
    assert list(map(tuple, outline_of(mask).tolist())) == slow_outline(mask)


@given(first=masks, second=masks, tolerance=st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0]))
def test_near_looks_at_every_pair(first, second, tolerance):
    points, others = np.argwhere(first), np.argwhere(second)
    assert near(points, others, tolerance).tolist() == slow_near(points, others, tolerance)


@st.composite
def pairs(draw):
    shape = draw(array_shapes(min_dims=2, max_dims=2, max_side=12))
    return draw(arrays(np.bool_, shape)), draw(arrays(np.bool_, shape))


@given(pair=pairs(), tolerance=st.sampled_from([0.0, 1.0, 2.0]))
def test_the_measures_follow_their_definitions(pair, tolerance):
    """Distances by dilation with a disc, skeletons and shares by whole arrays, as the papers write them."""
    true, drawn = pair
    reach = np.hypot(*np.mgrid[-2:3, -2:3]) <= tolerance

    def share(part, whole):
        return (part & whole).sum() / whole.sum() if whole.any() else 0.0

    def f1(precision, recall):
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    edges, lines = [], []
    for mask in pair:
        edges.append(mask & ~ndimage.binary_erosion(mask))
        lines.append(thin(mask))
    wide = [ndimage.binary_dilation(edge, reach) for edge in edges]
    found = trace(true, drawn, tolerance)
    assert found.boundary_f1 == pytest.approx(f1(share(wide[0], edges[1]), share(wide[1], edges[0])))
    assert found.cl_dice == pytest.approx(f1(share(true, lines[1]), share(drawn, lines[0])))
    assert found.length_found == pytest.approx(share(ndimage.binary_dilation(drawn, reach), lines[0]))


@pytest.mark.parametrize(
    ("aside", "expected"), [(0, [1, 1, 1]), (1, [1, 0, 1]), (2, [1, 0, 1]), (3, [0, 0, 0]), (9, [0, 0, 0])]
)
def test_a_line_drawn_aside_is_found_within_two_pixels(aside, expected):
    assert values(measured([line(5)], [line(5 + aside)])) == expected


def test_half_of_a_line():
    """16 pixels, 8 of them drawn: 2 more are near, and all that is drawn is right."""
    boundary, centre, length = values(measured([line(5)], [line(5, right=10)]))
    assert boundary == pytest.approx(2 * (10 / 16) / (1 + 10 / 16))
    assert centre == pytest.approx(2 * 0.5 / 1.5)
    assert length == pytest.approx(10 / 16)


def test_a_centreline_is_a_pixel_wide():
    """Of a line three pixels wide the middle row alone is drawn, which is its centreline."""
    boundary, centre, length = values(measured([line(5, thick=3)], [line(6)]))
    assert centre == pytest.approx(1.0)
    assert (boundary, length) == (1.0, 1.0)


def test_a_line_inside_of_a_blob_is_found_and_badly_outlined():
    """Whole images would be found, too: length found says nothing of what is wrong, the two others do."""
    boundary, _, length = values(measured([line(10)], [rectangle(0, 0, 20, 20)]))
    assert length == 1.0
    assert boundary < 0.05


def test_where_one_crack_ends_and_the_next_begins_does_not_matter():
    assert values(measured([line(5)], [line(5, right=10), line(5, left=10)])) == [1, 1, 1]
    assert values(measured([line(5, right=10), line(5, left=8)], [line(5)])) == [1, 1, 1]


def test_wrong_lines_lower_all_but_the_length_found_in_images_without_objects_too():
    truths = {"a": [ObjectLabel(1, line(5))], "b": []}
    drawn = {"a": [proposal(line(5), 0.5)], "b": [proposal(line(5), 0.5)]}
    assert values(thin_metrics(truths, drawn)) == pytest.approx([2 / 3, 2 / 3, 1])


def test_long_lines_count_for_more_within_a_category_and_categories_for_the_same():
    short = line(5, 2, 6)
    truths = {"a": [ObjectLabel(1, line(5, 2, 18)), ObjectLabel(2, short)], "b": [ObjectLabel(1, short)]}
    drawn = {"a": [proposal(line(5, 2, 18), 0.5)], "b": []}
    assert thin_metrics(truths, drawn)["length_found"] == pytest.approx((16 / 20 + 0) / 2)


def test_a_category_that_is_only_drawn_has_no_length_and_counts_otherwise():
    drawn = {"a": [proposal(line(5), 0.5), proposal(line(15), 0.5, category_id=2)]}
    assert values(thin_metrics({"a": [ObjectLabel(1, line(5))]}, drawn)) == [0.5, 0.5, 1]


@pytest.mark.parametrize("truths", [{}, {"a": []}, {"a": [ObjectLabel(1, Mask.empty(20, 20))]}])
def test_nothing_to_measure_is_zero(truths):
    assert values(thin_metrics(truths, {})) == [0, 0, 0]


def test_counts_of_images_add_up():
    assert Traces(true_line=3, drawn_line=1) + Traces(true_line=4) == Traces(true_line=7, drawn_line=1)


def test_an_image_is_cut_to_its_masks(monkeypatch):
    """Of a wide image no more than the box of the masks becomes pixels."""
    seen = []
    decode = Mask.to_array

    def remembered(mask):
        seen.append((mask.height, mask.width))
        return decode(mask)

    monkeypatch.setattr(Mask, "to_array", remembered)
    array = np.zeros((1000, 1000), dtype=np.bool_)
    array[500:502, 100:180] = True
    wide = Mask.from_array(array)
    assert values(measured([wide], [wide])) == [1, 1, 1]
    assert set(seen) == {(2, 80)}
