"""The box filled, and GrabCut on what it is made for."""

import sys

import numpy as np
import pytest

from maskloop.errors import Unavailable
from models.boxes.rivals import filled_box, grab_cut

BOX = np.array([10, 8, 34.5, 32], dtype=np.float32)


def scene() -> np.ndarray:
    rng = np.random.default_rng(0)
    pixels = rng.integers(20, 60, (40, 48, 3), dtype=np.uint8)
    pixels[12:28, 14:30] += 150
    return pixels


def test_the_filled_box():
    made = filled_box(scene(), BOX)
    assert made.tight.sum() == made.loose.sum() == 25 * 24
    assert made.tight[8, 10]
    assert made.tight[31, 34]


def test_grab_cut_finds_a_block_of_another_colour_and_repeats_itself():
    block = np.zeros((40, 48), dtype=bool)
    block[12:28, 14:30] = True
    made, again = grab_cut(scene(), BOX), grab_cut(scene(), BOX)
    assert (made.tight & block).sum() / (made.tight | block).sum() > 0.9
    assert np.array_equal(made.tight, again.tight)


@pytest.mark.parametrize("box", [[0, 0, 48, 40], [3, 3, 4, 4]])
def test_where_there_is_nothing_to_cut_the_box_is_filled(box):
    sides = np.array(box, dtype=np.float32)
    assert np.array_equal(grab_cut(scene(), sides).tight, filled_box(scene(), sides).tight)


def test_without_opencv_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(Unavailable, match="opencv"):
        grab_cut(scene(), BOX)
