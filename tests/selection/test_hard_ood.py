import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.values import Category
from selection.hard_ood import (
    ANSWER_WEIGHT,
    PRIOR_LOGIT_DEVIATION,
    HardOod,
    cluster_hard,
    probabilities,
    prune,
    rank_hard_ood,
    refit,
)

CATEGORIES = (Category(3, "neutrophil"), Category(7, "{odd} name"))


def candidates(seed: int, number: int = 60, clusters: int = 5, dimensions: int = 6) -> HardOod:
    """Pruned candidates at random; about half of the images they were pruned from."""
    rng = np.random.default_rng(seed)
    head = rng.normal(size=(2, dimensions)).astype(np.float32)
    features = np.maximum(rng.normal(size=(number, dimensions)), 0.01).astype(np.float32)
    hard = prune(features, head)
    return HardOod(
        categories=CATEGORIES,
        ids=np.array([f"i{place:04}".encode() for place in hard], dtype=np.bytes_),
        features=features[hard],
        clusters=rng.integers(0, clusters, len(hard)),
        head=head,
        labeled_features=np.maximum(rng.normal(size=(40, dimensions)), 0).astype(np.float32),
    )


def names(ids: np.ndarray) -> list[str]:
    return [image_id.decode() for image_id in ids]


def some_answers(hard: HardOod, number: int, seed: int) -> dict[str, frozenset[int]]:
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(hard), min(number, len(hard)), replace=False)
    return {hard.ids[row].decode(): frozenset({7} if rng.random() < 0.2 else ()) for row in drawn}


def newton(hard: HardOod, answers: dict[str, frozenset[int]]) -> np.ndarray:
    """The refitted layer, a class at a time, in double precision, by Newton's method with halved steps to the end."""
    labeled = hard.labeled_features.astype(float)
    deviation = PRIOR_LOGIT_DEVIATION / np.sqrt((labeled**2).sum(axis=1).mean())
    x = np.concatenate([labeled, hard.features[hard.rows(list(answers))]])
    times = np.array([1.0] * len(labeled) + [ANSWER_WEIGHT] * len(answers))
    layer = []
    for category, trained in zip(hard.categories, hard.head.astype(float), strict=True):
        y = np.append(sigmoid(labeled @ trained), [category.id in said for said in answers.values()])

        def loss(w: np.ndarray, y: np.ndarray = y, trained: np.ndarray = trained) -> float:
            z = x @ w
            far = ((w - trained) ** 2).sum() / (2 * deviation**2)
            return float((times * (np.logaddexp(0, z) - y * z)).sum() + far)

        w = trained
        for _ in range(100):
            p = sigmoid(x @ w)
            slope = x.T @ (times * (p - y)) + (w - trained) / deviation**2
            bend = x.T @ (x * (times * p * (1 - p))[:, None]) + np.eye(len(w)) / deviation**2
            step = np.linalg.solve(bend, slope)
            while loss(w - step) > loss(w) + 1e-12:
                step = step / 2
            w = w - step
        assert np.abs(slope).max() < 1e-6
        layer.append(w)
    return np.array(layer)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize("seed", range(6))
def test_the_refit_is_where_newtons_method_ends(seed):
    hard = candidates(seed)
    answers = some_answers(hard, 1 + 4 * seed, seed)
    np.testing.assert_allclose(refit(hard, answers), newton(hard, answers), atol=2e-3)


def test_without_an_answer_the_trained_layer_stays():
    hard = candidates(0)
    assert refit(hard, {}) is hard.head
    assert refit(hard, {"nobody's": frozenset()}) is hard.head


@given(st.integers(0, 999))
def test_a_no_lowers_what_it_was_said_of_and_a_yes_raises_it(seed):
    hard = candidates(seed, 200)
    assume(len(hard))
    image_id = hard.ids[seed % len(hard)].decode()
    row = hard.rows([image_id])
    before = probabilities(hard.features[row], hard.head)[0]
    no = probabilities(hard.features[row], refit(hard, {image_id: frozenset()}))[0]
    yes = probabilities(hard.features[row], refit(hard, {image_id: frozenset({3, 7})}))[0]
    assert (no <= before + 1e-6).all()
    assert (yes >= before - 1e-6).all()
    assert no.sum() < before.sum() < yes.sum()


def test_the_order_of_answers_has_no_influence():
    hard = candidates(1)
    answers = some_answers(hard, 8, 0)
    backwards = dict(reversed(answers.items()))
    assert (refit(hard, answers) == refit(hard, backwards)).all()


def test_an_answer_of_an_unknown_category_is_refused():
    hard = candidates(1)
    with pytest.raises(InvalidArgument, match="category 5"):
        rank_hard_ood(hard, {hard.ids[0].decode(): frozenset({5})})


@given(st.integers(0, 9999), st.integers(0, 120), st.integers(1, 8), st.integers(0, 20))
def test_a_ranking_holds_what_is_still_hard_and_has_no_answer(seed, number, clusters, said):
    hard = candidates(seed, number, clusters)
    answers = some_answers(hard, said, seed)
    ranked = rank_hard_ood(hard, answers)
    p = probabilities(hard.features, refit(hard, answers)).max(axis=1, initial=0)
    expected = {one for one, value in zip(names(hard.ids), p, strict=True) if value >= 0.5 and one not in answers}
    assert set(names(ranked.ids)) == expected
    assert len(ranked.ids) == len(expected)
    assert (ranked.values >= 0.5).all()
    np.testing.assert_allclose(ranked.values, p[hard.rows(names(ranked.ids))], atol=1e-6)
    assert names(ranked.ids[ranked.by_id]) == sorted(expected)


@given(st.integers(0, 9999), st.integers(0, 120), st.integers(1, 8), st.integers(0, 20))
def test_any_beginning_takes_clusters_in_turn_whose_turns_answers_take_too(seed, number, clusters, said):
    hard = candidates(seed, number, clusters)
    answers = some_answers(hard, said, seed)
    ranked = rank_hard_ood(hard, answers)
    of = dict(zip(names(hard.ids), hard.clusters.tolist(), strict=True))
    taken = np.bincount([of[one] for one in answers], minlength=clusters)
    left = np.bincount([of[one] for one in names(ranked.ids)], minlength=clusters)
    for image_id in names(ranked.ids):
        assert taken[of[image_id]] == taken[left > 0].min()
        taken[of[image_id]] += 1
        left[of[image_id]] -= 1


def test_the_likeliest_of_a_cluster_goes_first_and_the_reason_says_so():
    head = np.array([[1, 0], [0, 1]], np.float32)
    features = np.array([[0.1, 0], [2, 0], [0, 3], [1, 0.5]], np.float32)
    ids = np.array([b"a", b"b", b"c", b"d"])
    hard = HardOod(CATEGORIES, ids, features, np.array([0, 0, 1, 0]), head, features)
    ranked = rank_hard_ood(hard, {})
    assert names(ranked.ids) == ["c", "b", "d", "a"]
    assert [ranked.reason(place) for place in range(3)] == [
        "taken for '{odd} name' at 0.95, cluster 1",
        "taken for 'neutrophil' at 0.88, cluster 0",
        "taken for 'neutrophil' at 0.73, cluster 0",
    ]


def test_clusters_are_numbered_by_size_and_are_at_most_as_many_as_there_are_candidates():
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], [5, 30, 15])
    features = (100 * np.eye(3, 8)[groups] + rng.random((50, 8))).astype(np.float32)
    assert (cluster_hard(features, 3, 0) == np.array([2, 0, 1])[groups]).all()
    assert sorted(cluster_hard(features[:4], 50, 0)) == [0, 1, 2, 3]
    assert cluster_hard(features[:0], 50, 0).shape == (0,)


def test_equal_candidates_leave_no_empty_cluster():
    of = cluster_hard(np.ones((20, 4), np.float32), 6, 0)
    assert set(of) == set(range(of.max() + 1))


@pytest.mark.parametrize(
    "values",
    [
        {"ids": np.array([b"b", b"a"])},
        {"ids": np.array([b"a", b"a"])},
        {"clusters": np.zeros(3, np.int64)},
        {"head": np.zeros((1, 2), np.float32)},
        {"labeled_features": np.zeros((1, 3), np.float32)},
        {"features": np.full((2, 2), np.nan, np.float32)},
    ],
)
def test_candidates_that_do_not_hold_together_are_refused(values):
    zeros = np.zeros((2, 2), np.float32)
    whole = HardOod(CATEGORIES, np.array([b"a", b"b"]), zeros, np.zeros(2, np.int64), zeros, zeros)
    with pytest.raises(InvalidArgument):
        dataclasses.replace(whole, **values)
