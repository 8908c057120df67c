import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.refinement.affinity.paths import neighbour_offsets
from models.refinement.affinity.random_walk import read_scores, walk
from tests.models.refinement import slow


def inside(affinity, radius):
    """Pairs of cells of the grid, and their affinities; what is not in the grid is set to 0."""
    height, width = affinity.shape[1:]
    listed = []
    for place, (dy, dx) in enumerate(neighbour_offsets(radius)):
        for y in range(height):
            for x in range(width):
                if y + dy < height and 0 <= x + dx < width:
                    listed.append(((y, x), (y + dy, x + dx), affinity[place, y, x].item()))
                else:
                    affinity[place, y, x] = 0
    return listed


def random_affinity(seed, radius, height, width, largest=1.0):
    generator = torch.Generator().manual_seed(seed)
    return largest * torch.rand(len(neighbour_offsets(radius)), height, width, generator=generator)


@pytest.mark.parametrize(("radius", "height", "width", "beta"), [(5, 8, 8, 8.0), (5, 8, 8, 10.0), (3, 9, 7, 10.0)])
@pytest.mark.parametrize(("squarings", "largest"), [(0, 1.0), (3, 0.7), (8, 0.5)])
def test_products_are_squarings_of_the_dense_matrix(radius, height, width, beta, squarings, largest):
    affinity = random_affinity(0, radius, height, width, largest)
    matrix = slow.dense(height, width, inside(affinity, radius))
    maps = torch.rand(3, height, width, generator=torch.Generator().manual_seed(1))
    walked = walk(maps, affinity, radius=radius, beta=beta, steps=2**squarings)
    expected = slow.walked(maps.numpy(), matrix, beta, squarings)
    assert expected.std(axis=(1, 2)).min() > 0.005  # not mixed yet
    assert abs(expected - maps.numpy()).max() > 0.05
    np.testing.assert_allclose(walked.numpy(), expected, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 7), st.integers(1, 7), st.integers(0, 40), st.floats(0, 12))
def test_maps_stay_between_their_least_and_largest_values(seed, height, width, steps, beta):
    affinity = random_affinity(seed, 5, height, width)
    inside(affinity, 5)
    maps = torch.rand(2, height, width, generator=torch.Generator().manual_seed(seed))
    walked = walk(maps, affinity, radius=5, beta=beta, steps=steps)
    assert walked.shape == maps.shape
    for one, before in zip(walked, maps, strict=True):
        assert before.min() - 1e-6 <= one.min()
        assert one.max() <= before.max() + 1e-6


def test_cells_that_are_like_no_other_keep_what_they_hold():
    maps = torch.rand(2, 6, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(walk(maps, torch.zeros(34, 6, 6), radius=5, beta=8, steps=256), maps)


def test_scores_are_read_as_probabilities_and_labels_of_the_classes_asked():
    scores = torch.tensor([[[0.2, 0.5]], [[0.6, 0.5]], [[0.0, 0.25]]])
    probabilities, labels = read_scores(scores, (4, 0))
    assert labels.tolist() == [[5, 0]]  # of equal scores the first
    torch.testing.assert_close(probabilities, torch.tensor([[[0.25, 0.4]], [[0.75, 0.4]], [[0.0, 0.2]]]))
