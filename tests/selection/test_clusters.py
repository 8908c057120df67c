import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from selection import clusters
from selection.clusters import cluster, nearest


def blobs(rng: np.random.Generator, count: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` far-apart groups of `each` vectors, and the group of each."""
    of = np.repeat(np.arange(count), each)
    return (100 * np.eye(count, 20)[of] + rng.random((len(of), 20))).astype(np.float32), of


@given(st.integers(1, 30), st.integers(1, 10), st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_nearest_measures_as_brute_force_does(vectors, among, block, seed):
    rng = np.random.default_rng(seed)
    left, right = (rng.integers(-9, 9, (size, 5)).astype(np.float32) for size in (vectors, among))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "BLOCK", block)
        distances, rows = nearest(left, right, among)
    squared = ((left[:, None] - right) ** 2).sum(axis=2)
    np.testing.assert_allclose(distances, np.sort(squared, axis=1), atol=1e-3)
    np.testing.assert_allclose(np.take_along_axis(squared, rows, axis=1), distances, atol=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_groups_far_apart_are_found(seed):
    vectors, of = blobs(np.random.default_rng(seed), 6, 40)
    found = cluster(vectors, 6, seed)
    assert sorted(found.sizes) == [40] * 6
    for group in range(6):
        (one,) = set(found.of[of == group])
        assert found.members(one).tolist() == np.flatnonzero(of == group).tolist()
        np.testing.assert_allclose(found.centres[one], vectors[of == group].mean(axis=0), atol=1e-3)


def test_each_vector_belongs_to_its_nearest_centre():
    vectors = np.random.default_rng(0).random((500, 6)).astype(np.float32)
    found = cluster(vectors, 12, 1)
    squared = ((vectors[:, None] - found.centres) ** 2).sum(axis=2)
    assert (found.of == squared.argmin(axis=1)).all()
    np.testing.assert_allclose(found.distances, squared.min(axis=1), atol=1e-5)
    assert sorted(np.concatenate([found.members(one) for one in range(12)])) == list(range(500))


def test_does_not_depend_on_the_number_of_cores(monkeypatch):
    vectors = np.random.default_rng(0).random((5000, 16)).astype(np.float32)
    monkeypatch.setattr(clusters, "BLOCK", 512)
    found = []
    for cores in (1, 4):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        found.append(cluster(vectors, 20, 1))
    assert (found[0].of == found[1].of).all()
    assert (found[0].distances == found[1].distances).all()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_leaves_the_number_of_threads_by_which_networks_are_trained(threads):
    vectors = np.random.default_rng(0).random((500, 6)).astype(np.float32)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        cluster(vectors, 12, 1)
        nearest(vectors, vectors[:9], 2)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
