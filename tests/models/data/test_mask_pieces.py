"""Masks put together and cut, beside the slow and obvious way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.masks import Mask
from models.data.mask_pieces import cut_off, held, placed, united

HEIGHT, WIDTH = 7, 9


def drawn(text):
    """A mask of lines of # and dots."""
    return Mask.from_array(np.array([[sign == "#" for sign in line] for line in text.split()]))


masks = st.builds(
    lambda seed, share: Mask.from_array(np.random.default_rng(seed).random((HEIGHT, WIDTH)) < share),
    st.integers(0, 10_000),
    st.sampled_from([0.0, 0.2, 0.6, 1.0]),
)
pixels = st.lists(st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1)), max_size=4, unique=True)


@given(st.lists(masks, min_size=1, max_size=3))
def test_a_union_holds_what_any_holds(parts):
    np.testing.assert_array_equal(united(parts).to_array(), np.any([part.to_array() for part in parts], axis=0))


@given(st.integers(0, 10_000), st.integers(0, 4), st.integers(0, 5))
def test_a_piece_is_where_it_was_placed(seed, top, left):
    solid = np.random.default_rng(seed).random((3, 4)) < 0.5
    whole = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    whole[top : top + 3, left : left + 4] = solid
    assert placed(solid, top, left, HEIGHT, WIDTH) == Mask.from_array(whole)


@given(masks, pixels)
def test_pixels_are_held_where_the_mask_is(mask, asked):
    solid = mask.to_array()
    assert held(mask, asked) == [bool(solid[pixel]) for pixel in asked]


@given(masks, pixels, pixels)
def test_a_cut_leaves_what_is_no_nearer_to_a_pixel_beside_it(mask, on, beside):
    beside = [pixel for pixel in beside if pixel not in on]
    solid = mask.to_array()
    denied = [pixel for pixel in beside if solid[pixel]]
    expected = solid.copy()
    for row, column in np.argwhere(solid):
        nearest = min((np.hypot(row - r, column - c) for r, c in denied), default=np.inf)
        own = min((np.hypot(row - r, column - c) for r, c in on), default=0.5)
        expected[row, column] = own <= nearest
    cut = cut_off(mask, on, beside)
    np.testing.assert_array_equal(cut.to_array(), expected)
    assert not any(cut.to_array()[pixel] for pixel in beside)
    assert all(cut.to_array()[pixel] for pixel in on if solid[pixel])


def test_a_bar_is_cut_in_the_middle_between_two_points():
    bar = drawn("......... .#######. .#######. .........")
    assert cut_off(bar, [(1, 1)], [(1, 7)]) == drawn("......... .####.... .####.... .........")


@pytest.mark.parametrize("beside", [[], [(0, 0)]])
def test_points_that_the_mask_does_not_hold_cut_nothing(beside):
    bar = drawn("......... .#######. .#######. .........")
    assert cut_off(bar, [(1, 1)], beside) == bar
