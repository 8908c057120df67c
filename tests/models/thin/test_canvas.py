"""Maps of windows stitched: what agrees comes back as it was, and seams are smooth."""

import numpy as np
import pytest

from models.data.windows import windows
from models.thin.canvas import stitch


@pytest.mark.parametrize("size", [(70, 100), (32, 100), (101, 75), (38, 30)])
def test_windows_of_one_map_give_that_map(size):
    whole = np.random.default_rng(0).normal(size=(2, *size)).astype(np.float32)
    looked = windows(size, 32, 32)
    if min(size) <= 40:  # one window there, which the network sees as its square
        looked = [window for window in looked if (window.height, window.width) == (32, 32)]
        if not looked:
            return
    maps = [whole[:, w.top : w.top + 32, w.left : w.left + 32] for w in looked]
    np.testing.assert_allclose(stitch(looked, maps), whole, atol=1e-5)


def test_at_half_the_size_windows_lie_on_the_same_grid():
    whole = np.random.default_rng(0).normal(size=(1, 60, 90)).astype(np.float32)
    looked = windows((120, 181), 64, 32)
    maps = [whole[:, w.top // 2 : w.top // 2 + 32, w.left // 2 : w.left // 2 + 32] for w in looked]
    np.testing.assert_allclose(stitch(looked, maps), whole, atol=1e-5)


def test_where_windows_disagree_the_change_is_gradual():
    looked = windows((32, 56), 32, 32)
    low, high = np.zeros((1, 32, 32), np.float32), np.ones((1, 32, 32), np.float32)
    (row,) = {tuple(line) for line in stitch(looked, [low, high])[0].round(5)}
    assert row[0] == 0
    assert row[-1] == 1
    assert (np.diff(row) >= 0).all()
    assert np.diff(row).max() <= 0.2
