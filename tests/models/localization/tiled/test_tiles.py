"""Cores cover an image once, and lie deep in their tiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidConfig
from models.localization.tiled.tiles import Tiling


@given(st.integers(1, 150), st.integers(1, 150), st.sampled_from([(0, 0), (32, 8), (32, 0), (64, 24), (100, 40)]))
def test_cores_cover_an_image_once_and_are_central(height, width, cut):
    side, overlap = cut
    times, depth = np.zeros((height, width), int), np.zeros((height, width))
    for tile in Tiling(side, overlap).tiles((height, width)):
        times[tile.core] += 1
        rows, columns = tile.seen
        assert rows.start % 4 == columns.start % 4 == 0
        assert 0 <= rows.start < rows.stop <= height
        assert 0 <= columns.start < columns.stop <= width
        assert side == 0 or (rows.stop - rows.start <= side and columns.stop - columns.start <= side)
        seen = np.zeros((height, width), int)
        seen[tile.seen] = np.arange(1, (rows.stop - rows.start) * (columns.stop - columns.start) + 1).reshape(
            rows.stop - rows.start, -1
        )
        assert (seen[tile.seen][tile.core_in_tile] == seen[tile.core]).all()
        for axis, (part, length) in enumerate(((rows, height), (columns, width))):
            core = tile.core[axis]
            assert part.start == 0 or core.start - part.start >= overlap // 2
            assert part.stop == length or part.stop - core.stop >= overlap // 2
        depth[tile.core] = 1
    assert (times == 1).all()
    assert depth.all()


def test_tiles_by_hand():
    tiles = list(Tiling(32, 8).tiles((20, 70)))
    seen = [(tile.columns.begin, tile.columns.end, tile.columns.first, tile.columns.last) for tile in tiles]
    assert seen == [(0, 32, 0, 28), (24, 56, 28, 48), (40, 70, 48, 70)]
    assert all((tile.rows.begin, tile.rows.end) == (0, 20) for tile in tiles)


@pytest.mark.parametrize(
    ("side", "overlap", "field"),
    [(30, 8, "side"), (-4, 0, "side"), (32, 4, "overlap"), (32, 16, "overlap"), (32, -8, "overlap")],
)
def test_impossible_cuts_are_refused_by_name(side, overlap, field):
    with pytest.raises(InvalidConfig) as refused:
        Tiling(side, overlap)
    assert refused.value.field == field
