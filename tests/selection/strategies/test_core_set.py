"""Core-set beside plain k-center greedy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.values import Strategy
from selection.pool import Pool
from selection.strategies import core_set, rank_pool
from tests.selection.pools import pool_of


def farthest_first(features: np.ndarray, centres: np.ndarray, count: int) -> list[tuple[int, float]]:
    """The obvious way: measure all distances again for every choice."""
    chosen: list[tuple[int, float]] = []
    while len(chosen) < count:
        known = np.concatenate([centres, features[[row for row, _ in chosen]]])
        distances = np.sqrt(((features[:, None, :] - known) ** 2).sum(axis=2)).min(axis=1)
        distances[[row for row, _ in chosen]] = -1
        best = int(distances.argmax())
        if distances[best] <= 0:
            break
        chosen.append((best, float(distances[best])))
    return chosen


@given(
    images=st.integers(1, 120),
    labeled=st.integers(1, 12),
    spread=st.sampled_from([1, 2, 30]),
    front=st.sampled_from([1, 3, 16, 200]),
    seed=st.integers(0, 2**32 - 1),
)
def test_chooses_as_plain_k_center_greedy_does(images, labeled, spread, front, seed):
    """With small integers, whose distances are exact and often tied, and with fronts too small to hold the answer."""
    rng = np.random.default_rng(seed)
    features = rng.integers(-spread, spread + 1, (images, 3)).astype(np.float32)
    centres = rng.integers(-spread, spread + 1, (labeled, 3)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core_set, "FRONT", front)
        rows, distances = core_set.farthest_first(features, core_set.first_distances(features, centres), images)
    expected = farthest_first(features.astype(np.float64), centres, images)
    assert list(zip(rows.tolist(), np.round(distances, 6), strict=True)) == [
        (row, pytest.approx(distance, abs=1e-5)) for row, distance in expected
    ]


def test_by_hand_on_a_line():
    """Labeled at 0; 10 is farthest, then 5, the middle, before 9 and 1."""
    places = [1.0, 5.0, 9.0, 10.0]
    pool = Pool(
        ids=np.array([b"a", b"b", b"c", b"d"]),
        scores=np.zeros(4),
        features=np.array(places, np.float32)[:, None],
        labeled_features=np.zeros((1, 1), np.float32),
    )
    ranked = rank_pool(pool, Strategy("core_set"), seed=0)
    assert [ranked.ids[place].decode() for place in range(4)] == ["d", "b", "a", "c"]
    assert ranked.reason(1) == "5.000 from the nearest labeled or chosen image, farthest first"


def test_after_the_horizon_the_rest_follows_farthest_first(monkeypatch):
    monkeypatch.setattr(core_set, "HORIZON", 10)
    ranked = rank_pool(pool_of(60), Strategy("core_set"), seed=0)
    assert ranked.reason(9).endswith("farthest first")
    assert ranked.reason(10).startswith("at most ")
    assert (np.diff(ranked.values[10:]) <= 0).all()


def test_with_nothing_labeled_the_mean_stands_in():
    features = np.array([[0.0], [1.0], [2.0], [9.0]], np.float32)
    assert core_set.first_distances(features, features[:0]).tolist() == [9.0, 4.0, 1.0, 36.0]
