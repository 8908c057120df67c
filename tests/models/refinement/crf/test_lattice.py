"""The lattice beside the sum over all pairs that it stands for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from models.refinement.crf.lattice import Lattice


def all_pairs(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    summed = np.zeros_like(values, dtype=float)
    for here in range(len(points)):
        for there in range(len(points)):
            nearness = np.exp(-0.5 * ((points[here] - points[there]) ** 2).sum())
            summed[here] += nearness * values[there]
    return summed


@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_means_by_nearness_are_near_those_of_all_pairs(dimensions):
    rng = np.random.default_rng(dimensions)
    points = rng.uniform(0, 3, (250, dimensions)).astype(np.float32)
    values = np.stack([np.ones(250), np.sin(points).sum(axis=1)], axis=1).astype(np.float32)
    found, expected = Lattice.of(points).filter(values), all_pairs(points, values)
    error = found[:, 1] / found[:, 0] - expected[:, 1] / expected[:, 0]
    assert np.abs(error).max() < 0.12 * np.ptp(values[:, 1])
    assert np.abs(found[:, 0] / found[:, 0].mean() - expected[:, 0] / expected[:, 0].mean()).max() < 0.35


def test_a_blur_in_one_dimension_by_hand():
    """Points on neighbouring corners: each of the two directions of the line blurs once."""
    corner = np.float32(np.sqrt(2) / (np.sqrt(2 / 3) * 2))
    points = (np.arange(7, dtype=np.float32) * corner).reshape(-1, 1)
    values = np.zeros((7, 1), dtype=np.float32)
    values[3] = 1
    # (1/2, 1, 1/2) twice is (1/4, 1, 3/2, 1, 1/4), and that is divided by 1 + 2^-1.
    expected = np.array([0, 0.25, 1, 1.5, 1, 0.25, 0]) / 1.5
    assert Lattice.of(points).filter(values)[:, 0] == pytest.approx(expected, abs=1e-5)


@given(st.integers(1, 5), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_every_point_is_spread_in_full_over_its_corners_and_directions_are_opposite(dimensions, number, seed):
    points = np.random.default_rng(seed).uniform(-4, 4, (number, dimensions)).astype(np.float32)
    lattice = Lattice.of(points)
    assert np.asarray(lattice.spread.sum(axis=0)).ravel() == pytest.approx(np.ones(number), abs=1e-5)
    assert lattice.spread.min() > -1e-5
    corners = lattice.spread.shape[0]
    for forth, back in zip(lattice.forth, lattice.back, strict=True):
        there = forth < corners
        assert (back[forth[there]] == np.flatnonzero(there)).all()


@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_points_at_one_place_read_the_same(dimensions, seed):
    rng = np.random.default_rng(seed)
    points = rng.uniform(-4, 4, (6, dimensions)).astype(np.float32)
    points[3] = points[0]
    read = Lattice.of(points).filter(rng.normal(size=(6, 2)).astype(np.float32))
    assert (read[3] == read[0]).all()


def test_points_that_lie_too_far_apart_are_refused():
    points = np.array([[0] * 5, [1e7] * 5], dtype=np.float32)
    with pytest.raises(InvalidArgument, match="too many deviations apart"):
        Lattice.of(points)
