"""Which labels look thin, by drawings."""

import numpy as np
import pytest

from maskloop.masks import Mask
from models.data.thinness import is_thin, look_thin


def drawn(rows, columns, side=192):
    array = np.zeros((side, side), dtype=np.bool_)
    array[rows, columns] = True
    return array


LINE, BLOB = drawn(slice(5, 8), slice(10, 100)), drawn(slice(20, 80), slice(20, 80))


@pytest.mark.parametrize(
    ("thick", "long", "thin"), [(1, 5, True), (1, 4, False), (7, 35, True), (7, 34, False), (9, 190, False)]
)
def test_an_object_is_thin_if_it_is_narrow_and_much_longer_than_thick(thick, long, thin):
    assert is_thin(drawn(slice(50, 50 + thick), slice(1, 1 + long))) is thin


def test_most_objects_decide():
    line, blob = Mask.from_array(LINE), Mask.from_array(BLOB)
    assert look_thin([line])
    assert look_thin([line, line, blob])
    assert not look_thin([line, blob])
    assert not look_thin([])


def test_large_images_are_looked_at_from_afar():
    assert look_thin([Mask.from_array(np.kron(LINE, np.ones((5, 5), dtype=np.bool_)))])
    assert not look_thin([Mask.from_array(np.kron(BLOB, np.ones((5, 5), dtype=np.bool_)))])


def test_objects_that_vanish_from_afar_are_left_out():
    line, speck = Mask.from_array(np.kron(LINE, np.ones((3, 3), dtype=np.bool_))), drawn(0, 0, 576)
    assert look_thin([line, Mask.from_array(speck), Mask.from_array(speck)])


def test_a_crack_that_is_a_fraction_of_a_pixel_wide_from_afar_is_thin():
    wall = np.zeros((4000, 5000), dtype=bool)
    for row in range(4000):
        wall[row, 1000 + row // 2 : 1006 + row // 2] = True
    assert look_thin([Mask.from_array(wall)])
