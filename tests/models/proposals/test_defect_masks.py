"""Masks of a map: threshold, closing, components, area filter, in this order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from maskloop.errors import InvalidArgument
from maskloop.formats.polygons import polygons_of
from models.proposals import defect_masks
from models.proposals.defect_masks import DefectMaking, regions_of
from models.proposals.from_maps import closed


def drawn(*rows):
    return np.array([[{".": 0.0, "#": 0.8, "o": 0.1, "+": 0.11}[cell] for cell in row] for row in rows], np.float32)


def test_by_hand():
    values = drawn(
        "##......",
        "##.+....",
        "..#.....",
        "......oo",
        "......oo",
        "#......o",
    )  # fmt: skip
    making = DefectMaking(0.1, closing=0, least_area=1)
    first, second = regions_of(values, making)
    assert (first.top, first.left, first.area) == (0, 0, 6)  # corners join
    assert first.inside.tolist() == [[True, True, False, False], [True, True, False, True], [False, False, True, False]]
    assert first.confidence == pytest.approx((5 * 0.8 + 0.11) / 6)
    assert (second.top, second.left, second.area) == (5, 0, 1)


def test_the_threshold_itself_is_ground():
    making = DefectMaking(0.5, closing=0, least_area=1)
    (region,) = regions_of(np.array([[0.5, 0.75, 0.25]], np.float32), making)
    assert (region.left, region.area) == (1, 1)


def test_gaps_are_closed_before_what_is_too_small_goes():
    values = drawn("##.##", "##.##", ".....")
    assert regions_of(values, DefectMaking(0.1, closing=0, least_area=5)) == ()
    (joined,) = regions_of(values, DefectMaking(0.1, closing=3, least_area=5))
    assert joined.area == 10  # both and the gap
    assert regions_of(values, DefectMaking(0.1, closing=3, least_area=11)) == ()
    assert [each.area for each in regions_of(values, DefectMaking(0.1, closing=0, least_area=4))] == [4, 4]


def test_masks_lie_where_they_were_found_and_become_polygons():
    values = np.zeros((20, 30), np.float32)
    values[4:9, 7:20] = 0.9
    (region,) = regions_of(values, DefectMaking(closing=0))
    mask = region.mask((20, 30))
    assert mask.box == (7, 4, 13, 5)
    assert mask.area == region.area == 65
    (polygon,) = polygons_of(mask)
    assert {(x, y) for x, y in polygon} >= {(7, 4), (20, 4), (20, 9), (7, 9)}


@settings(max_examples=80)
@given(st.sets(st.tuples(st.integers(0, 30), st.integers(0, 11)), max_size=12), st.integers(0, 9), st.integers(1, 6))
def test_closing_in_bands_is_closing(points, diameter, band):
    area = np.zeros((31, 12), np.bool_)
    area[tuple(np.array(sorted(points), int).reshape(-1, 2).T)] = True
    before = defect_masks.BAND
    defect_masks.BAND = band
    try:
        assert (defect_masks._closed_in_bands(area, diameter) == closed(area, diameter)).all()
    finally:
        defect_masks.BAND = before


@given(arrays.arrays(np.float32, (7, 6), elements=st.floats(0, 1, width=16)), st.integers(0, 4))
def test_regions_are_the_connected_areas_by_a_flood_fill(values, least):
    left = {(int(row), int(column)) for row, column in np.argwhere(values > 0.5)}
    wanted = set()
    while left:
        piece, edge = set(), {left.pop()}
        while edge:
            row, column = edge.pop()
            piece.add((row, column))
            near = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
            left -= near
            edge |= near
        if len(piece) >= least:
            wanted.add(frozenset(piece))
    regions = regions_of(values, DefectMaking(0.5, closing=0, least_area=least))
    found = [frozenset(map(tuple, np.argwhere(each.mask((7, 6)).to_array()).tolist())) for each in regions]
    assert set(found) == wanted
    assert len(found) == len(wanted)


@pytest.mark.parametrize(
    ("options", "named"),
    [({"threshold": 1.1}, "threshold"), ({"closing": 300}, "closing"), ({"least_area": -1}, "least_area")],
)
def test_impossible_options_are_refused_by_name(options, named):
    with pytest.raises(InvalidArgument, match=named):
        DefectMaking(**options)
