"""k-means, typicality and cold start: images of clusters."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.values import Strategy
from selection.pool import Pool
from selection.strategies import rank_pool, typicality
from selection.strategies.typicality import neighbour_distances
from tests.selection.test_clusters import blobs

OF_CLUSTERS = pytest.mark.parametrize("name", ["k_means", "typicality", "cold_start"])


def pool_in_groups(groups: int, each: int, seed: int = 0, labeled: int = 0) -> tuple[Pool, np.ndarray]:
    """Images in far-apart groups; images of the first `labeled` groups are labeled. Returns the groups too."""
    features, of = blobs(np.random.default_rng(seed), groups, each)
    known = (100 * np.eye(groups, 20)[:labeled] + 0.5).astype(np.float32)
    ids = np.array([f"{place:04}".encode() for place in range(len(of))])
    return Pool(ids=ids, scores=np.zeros(len(of)), features=features, labeled_features=known), of


def groups_in_order(pool: Pool, of: np.ndarray, name: str, seed: int = 0) -> np.ndarray:
    return of[[int(image_id) for image_id in rank_pool(pool, Strategy(name), seed).ids]]


@OF_CLUSTERS
@pytest.mark.parametrize("seed", range(5))
def test_the_first_images_come_from_every_group(name, seed):
    pool, of = pool_in_groups(8, 30, seed)
    assert sorted(groups_in_order(pool, of, name, seed)[:8]) == list(range(8))


@OF_CLUSTERS
def test_any_beginning_holds_at_most_a_few_of_each_group(name):
    """17 groups: by the time 64 clusters have given one each, no group has more than a fair share doubled."""
    pool, of = pool_in_groups(17, 40)
    order = groups_in_order(pool, of, name)
    for end in (17, 34, 68, 136):
        assert np.bincount(order[:end]).max() <= 3 * end / 17


def test_typicality_goes_where_nothing_is_labeled_first():
    pool, of = pool_in_groups(8, 30, labeled=5)
    first = groups_in_order(pool, of, "typicality")[:3]
    assert sorted(first) == [5, 6, 7]


def test_k_means_and_cold_start_do_not_look_at_labels():
    pool, _ = pool_in_groups(8, 30, labeled=5)
    for name in ("k_means", "cold_start"):
        unlabeled = dataclasses.replace(pool, labeled_features=None)
        ranked = [rank_pool(one, Strategy(name), 0).ids.tolist() for one in (pool, unlabeled)]
        assert ranked[0] == ranked[1]


def test_k_means_takes_the_image_nearest_the_centre_of_each_group():
    pool, of = pool_in_groups(8, 30)
    assert pool.features is not None
    ranked = rank_pool(pool, Strategy("k_means"), 0)
    for image_id in ranked.ids[:8]:
        members = np.flatnonzero(of == of[int(image_id)])
        centre = pool.features[members].astype(np.float64).mean(axis=0)
        assert int(image_id) == members[((pool.features[members] - centre) ** 2).sum(axis=1).argmin()]
    assert ranked.reason(0) == "nearest the centre of one of 8 clusters"


@pytest.mark.parametrize("name", ["typicality", "cold_start"])
def test_the_typical_image_lies_where_its_neighbours_are_nearest(name):
    pool, of = pool_in_groups(8, 50)
    assert pool.features is not None
    ranked = rank_pool(pool, Strategy(name), 0)
    for image_id in ranked.ids[:8]:
        members = np.flatnonzero(of == of[int(image_id)])
        apart = np.sqrt(((pool.features[members][:, None] - pool.features[members]) ** 2).sum(axis=2))
        spacing = np.sort(apart, axis=1)[:, 1:21].mean(axis=1)
        assert int(image_id) == members[spacing.argmin()]


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_neighbour_distances_are_those_of_brute_force(count, seed):
    vectors = np.random.default_rng(seed).integers(-9, 9, (count, 4)).astype(np.float32)
    apart = np.sort(np.sqrt(((vectors[:, None] - vectors) ** 2).sum(axis=2)), axis=1)
    neighbours = max(1, min(20, count // 2))
    expected = apart[:, 1 : neighbours + 1].sum(axis=1) / neighbours
    np.testing.assert_allclose(neighbour_distances(vectors), expected, atol=1e-3)


def test_of_a_large_cluster_some_stand_for_all(monkeypatch):
    """The typical image is one of those looked at; all others still come, once."""
    monkeypatch.setattr(typicality, "REPRESENTATIVES", 10)
    pool, of = pool_in_groups(8, 91)
    ranked = rank_pool(pool, Strategy("cold_start"), 0)
    assert sorted(ranked.ids) == list(pool.ids)
    places = {int(image_id) - 91 * of[int(image_id)] for image_id in ranked.ids[:8]}
    assert places <= {number * 91 // 10 for number in range(10)}
