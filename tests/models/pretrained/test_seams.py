"""Objects across windows' seams are given once and whole; neighbours stay apart."""

import numpy as np

from maskloop.masks import Mask
from models.data.windows import Window, windows
from models.pretrained.seams import Piece, join

SIZE = (90, 90)
LOOKED = windows(SIZE, 40, 40)
"""Three by three: from 0, 25 and 50, forty pixels each."""


def solid(*boxes):
    mask = np.zeros(SIZE, dtype=bool)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = True
    return mask


def seen(mask, sure=0.5):
    """What every window shows of a mask."""
    pieces = []
    for number, window in enumerate(LOOKED):
        own = np.zeros(SIZE, dtype=bool)
        window.of(own)[:] = window.of(mask)
        if own.any():
            pieces.append(Piece(window, Mask.from_array(own), sure + number / 100))
    return pieces


def masks(pieces):
    return [mask.to_array() for _, mask in join(pieces)]


def test_an_object_across_four_windows_is_one_object():
    assert len(LOOKED) == 9
    large = solid((10, 12, 70, 80))
    pieces = seen(large)
    assert len(pieces) == 9
    (found,) = masks(pieces)
    np.testing.assert_array_equal(found, large)
    ((place, _),) = join(pieces)
    assert pieces[place].mask.area == max(piece.mask.area for piece in pieces)


def test_an_object_that_one_window_shows_whole_is_that_one():
    small = solid((30, 20, 36, 37))
    pieces = seen(small)
    assert sorted(piece.cut for piece in pieces) == [False, False, True, True]
    ragged = [Piece(piece.window, piece.mask, 0.99) if piece.cut else piece for piece in pieces]
    ((place, mask),) = join(ragged)
    assert not ragged[place].cut
    np.testing.assert_array_equal(mask.to_array(), small)


def test_neighbours_stay_apart_and_two_in_one_window_are_two():
    one, other = solid((5, 5, 60, 20)), solid((5, 24, 60, 34))
    found = masks([*seen(one), *seen(other)])
    assert len(found) == 2
    for true in (one, other):
        assert any((true == mask).all() for mask in found)


def test_a_window_at_the_image_border_cuts_nothing_off_there():
    corner = Piece(Window(0, 0, 40, 40), Mask.from_array(solid((0, 0, 10, 10))), 0.5)
    assert not corner.cut
    assert Piece(Window(0, 0, 40, 40), Mask.from_array(solid((0, 0, 10, 40))), 0.5).cut
    assert Piece(Window(50, 50, 40, 40), Mask.from_array(solid((60, 50, 90, 90))), 0.5).cut
    assert not Piece(Window(50, 50, 40, 40), Mask.from_array(solid((60, 60, 90, 90))), 0.5).cut


def test_nothing_is_nothing():
    assert join([]) == []
