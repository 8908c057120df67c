import numpy as np
import pytest
import torch

from maskloop.errors import InvalidArgument
from models.refinement.affinity.paths import (
    at_offset,
    neighbour_offsets,
    on_grid,
    path_affinity,
    path_cells,
    source_size,
)
from tests.models.refinement import slow


def test_there_are_34_neighbours_within_5_and_152_within_10():
    assert len(neighbour_offsets(5)) == 34
    assert len(neighbour_offsets(10)) == 152


@pytest.mark.parametrize("radius", [2, 3, 5, 10])
def test_each_pair_of_near_cells_is_listed_once_from_above_or_from_the_left(radius):
    listed = neighbour_offsets(radius)
    assert list(listed) == slow.offsets(radius)
    near = {(y, x) for y in range(-radius, radius + 1) for x in range(-radius, radius + 1) if y * y + x * x < radius**2}
    assert sorted([*listed, *((-y, -x) for y, x in listed), (0, 0)]) == sorted(near)


@pytest.mark.parametrize("radius", [5, 10])
def test_every_path_is_of_the_cells_of_its_box_nearer_than_1_to_its_line(radius):
    for offset in neighbour_offsets(radius):
        around = [(y, x) for y in range(-radius, radius + 1) for x in range(-radius, radius + 1)]
        assert list(path_cells(offset)) == [cell for cell in around if slow.on_path(cell, offset)]


def test_paths_by_hand():
    assert path_cells((0, 3)) == ((0, 0), (0, 1), (0, 2), (0, 3))
    assert path_cells((1, 1)) == ((0, 0), (0, 1), (1, 0), (1, 1))  # the corners beside are 0.71 off
    assert path_cells((2, 2)) == ((0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2))  # (0, 2) is 1.41 off
    assert path_cells((2, -1)) == ((0, -1), (0, 0), (1, -1), (1, 0), (2, -1), (2, 0))  # all, 0.89 at the most
    with pytest.raises(InvalidArgument):
        path_cells((0, 0))


def test_sources_are_the_cells_with_all_their_neighbours():
    grid = torch.arange(8 * 9).view(8, 9)
    sources = [y * 9 + x for y in range(8) for x in range(9) if slow.is_source(y, x, 8, 9, 3)]
    assert at_offset(grid, (0, 0), 3).flatten().tolist() == sources
    assert at_offset(grid, (2, -1), 3).flatten().tolist() == [source + 2 * 9 - 1 for source in sources]
    back = on_grid(at_offset(grid, (0, 0), 3)[None], (8, 9), 3)[0]
    assert back.flatten().tolist() == [cell if cell in sources else 0 for cell in range(72)]


def test_a_grid_may_be_too_small_for_any_source():
    assert source_size(3, 8, 5) == (0, 0)
    assert path_affinity(torch.rand(1, 3, 8), 5).shape == (1, 34, 0, 0)
    assert not on_grid(torch.ones(34, 0, 0), (3, 8), 5).any()


@pytest.mark.parametrize(("radius", "height", "width"), [(3, 8, 8), (5, 8, 12)])
def test_affinity_is_1_less_the_largest_edge_on_the_path(radius, height, width):
    edges = np.random.default_rng(0).random((2, height, width), dtype=np.float32)
    affinity = path_affinity(torch.from_numpy(edges), radius)
    margin, seen = radius - 1, 0
    for image in range(2):
        for place, (y, x), other in slow.pairs(height, width, radius):
            expected = slow.path_affinity(edges[image], (y, x), other)
            assert affinity[image, place, y, x - margin].item() == pytest.approx(expected, abs=1e-6)
            seen += 1
    assert seen == affinity.numel()
