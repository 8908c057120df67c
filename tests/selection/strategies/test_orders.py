"""Strategies that sort: mask guided, dropout, uncertainty, worth per second, random; beside plain sorts and by hand."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.values import Strategy
from selection.clusters import cluster
from selection.diverse import spread
from selection.draws import draws
from selection.pool import ObjectIous, Pool
from selection.ranking import Ranking
from selection.strategies import rank_pool
from tests.selection.pools import pool_of


def order(pool: Pool, text: str, seed: int = 0) -> list[int]:
    return [int(image_id[2:]) for image_id in rank_pool(pool, Strategy.parse(text), seed).ids]


def worth(pool: Pool, text: str) -> np.ndarray:
    """What the docstrings say an image is worth."""
    middle = np.quantile(pool.dropout, 0.75)
    return {
        "mask_guided:target=0.25": 1 - abs(pool.scores - 0.25),
        "dropout": 2 * pool.dropout,
        "dropout:prefer=lowest": 1 - 2 * pool.dropout,
        "dropout:prefer=nearest,quantile=0.75": 1 - 2 * abs(pool.dropout - middle),
        **pool.uncertainty,
    }[text]


SORTS = (
    "mask_guided:target=0.25", "dropout", "dropout:prefer=lowest", "dropout:prefer=nearest,quantile=0.75", "entropy",
    "margin", "least_confidence",
)  # fmt: skip


@given(st.sampled_from(SORTS), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_most_worth_first_then_by_id(text, images, seed):
    pool = pool_of(images + 1, seed)
    gives = worth(pool, text)
    assert 0 <= gives.min() <= gives.max() <= 1
    assert order(pool, text) == sorted(range(images + 1), key=lambda row: (-gives[row], row))


@given(st.sampled_from(SORTS), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_per_second_means_most_worth_for_its_cost_first(text, images, seed):
    pool = pool_of(images + 1, seed)
    gives = worth(pool, text)
    if text.startswith("mask_guided"):
        gives = np.minimum(pool.scores / 0.25, (1 - pool.scores) / 0.75)
    rate = gives / pool.costs_s
    per_second = text + ("," if ":" in text else ":") + "per_second=yes"
    assert order(pool, per_second) == sorted(range(images + 1), key=lambda row: (-rate[row], row))


def test_per_second_an_image_that_teaches_nothing_comes_last_however_cheap():
    """D3: eight times as cheap, images of which nothing or all is known came first."""
    pool = Pool(
        ids=np.array([b"hopeless", b"known", b"near", b"nearer"]),
        scores=np.array([0.0, 1.0, 0.4, 0.5]),
        costs_s=np.array([10.0, 10.0, 80.0, 80.0]),
    )
    ranked = rank_pool(pool, Strategy.parse("mask_guided:target=0.5,per_second=yes"), 0)
    assert list(ranked.ids) == [b"nearer", b"near", b"hopeless", b"known"]


def test_expected_gain_by_hand():
    """Two half known objects for 160 s, one for 60 s, four nearly known for 60 s, and two images that teach nothing."""
    pool = Pool(
        ids=np.array([b"crowd", b"known", b"none", b"pair", b"single"]),
        scores=np.full(5, 0.5),
        object_ious=ObjectIous(np.array([4, 2, 0, 2, 1]), np.array([0.9, 0.9, 0.9, 0.9, 1.0, 0.0, 0.5, 0.5, 0.5])),
        costs_s=np.array([60.0, 1.0, 1.0, 160.0, 60.0]),
    )
    by_second = rank_pool(pool, Strategy.parse("expected_gain"), 0)
    assert list(by_second.ids) == [b"crowd", b"single", b"pair", b"known", b"none"]
    np.testing.assert_allclose(by_second.values, [4 * 0.36, 1, 2, 0, 0])
    assert by_second.reason(0) == "expected gain 1.44 objects; most worth per second first"
    by_image = rank_pool(pool, Strategy.parse("expected_gain:per_second=no"), 0)
    assert list(by_image.ids) == [b"pair", b"crowd", b"single", b"known", b"none"]


@given(st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_expected_gain_is_beside_a_plain_sum_over_proposals(images, seed):
    pool = pool_of(images + 1, seed)
    ends = np.cumsum(pool.object_ious.lengths)
    parts = np.split(pool.object_ious.ious, ends[:-1])
    rate = [sum(4 * iou * (1 - iou) for iou in part) / cost_s for part, cost_s in zip(parts, pool.costs_s, strict=True)]
    assert order(pool, "expected_gain") == sorted(range(images + 1), key=lambda row: (-rate[row], row))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.data())
def test_proposals_of_some_images_are_taken_in_their_order(lengths, data):
    ious = ObjectIous(np.array(lengths), np.arange(sum(lengths), dtype=float))
    parts = np.split(ious.ious, np.cumsum(lengths)[:-1])
    rows = data.draw(st.lists(st.integers(0, len(lengths) - 1), unique=True))
    taken = ious.taken(np.array(rows, dtype=np.int64))
    assert taken.ious.tolist() == [value for row in rows for value in parts[row]]
    assert taken.lengths.tolist() == [lengths[row] for row in rows]


@given(st.integers(1, 9), st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def test_filling_seconds_by_worth_per_second_misses_less_than_one_image(images, seed, share):
    """Beside all subsets: the greedy rule loses less than the worth of the first image that does not fit."""
    pool = pool_of(images, seed)
    seconds, gives = share * pool.costs_s.sum(), pool.uncertainty["entropy"]
    subsets = [np.flatnonzero([number >> row & 1 for row in range(images)]) for number in range(2**images)]
    best = max(gives[rows].sum() for rows in subsets if pool.costs_s[rows].sum() <= seconds)
    ranked = np.array(order(pool, "entropy:per_second=yes"))
    fits = int((np.cumsum(pool.costs_s[ranked]) <= seconds).sum())
    assert gives[ranked[:fits]].sum() + gives[ranked[fits]] >= best


def test_drawing_by_rank_takes_each_image_with_a_weight_of_one_over_its_rank():
    """Three images by 6000 seeds: 6/11, 3/11 and 2/11 come first; after rank 1, rank 2 by (1/2) / (1/2 + 1/3)."""
    pool = dataclasses.replace(pool_of(3), uncertainty={"entropy": np.array([0.9, 0.6, 0.1])})
    orders = [order(pool, "entropy:softrank=yes", seed) for seed in range(6000)]
    firsts = np.bincount([one[0] for one in orders], minlength=3) / len(orders)
    np.testing.assert_allclose(firsts, [6 / 11, 3 / 11, 2 / 11], atol=0.025)
    second = np.mean([one[1] == 1 for one in orders if one[0] == 0])
    assert second == pytest.approx(3 / 5, abs=0.03)


def test_what_is_drawn_by_rank_does_not_follow_the_random_order():
    """Else images that the random first batch passed over would be passed over again."""
    pool = pool_of(2000)
    assert abs(np.corrcoef(draws(pool.ids, 7), draws(pool.ids, 7, purpose="by rank"))[0, 1]) < 0.1


def test_reasons_tell_the_score_and_the_target():
    pool = Pool(ids=np.array([b"a", b"b"]), scores=np.array([0.1, 0.52]), costs_s=np.array([1.0, 9.0]))
    ranked = rank_pool(pool, Strategy.parse("mask_guided:target=0.5"), 0)
    assert (ranked.ids[0], ranked.reason(0), ranked.target_iou) == (b"b", "predicted IoU 0.52, target 0.50", 0.5)
    ranked = rank_pool(pool, Strategy.parse("mask_guided:target=0.5,per_second=yes"), 0)
    assert ranked.ids[0] == b"a"
    assert ranked.reason(0) == "predicted IoU 0.10, target 0.50; most worth per second first"


@pytest.mark.parametrize(
    ("labeled", "beta"), [(1, 0.3), (200, 0.3), (300, 0.45), (400, 0.6), (600, 0.55), (800, 0.5), (5000, 0.5)]
)
def test_the_automatic_target_follows_the_number_of_labeled_images(labeled, beta):
    pool = dataclasses.replace(pool_of(3), labeled_images=labeled)
    assert rank_pool(pool, Strategy("mask_guided"), 0).target_iou == pytest.approx(beta)


def test_the_median_target_is_the_middle_of_what_the_pool_scores():
    ids = np.array([b"a", b"b", b"c", b"d"])
    ranked = rank_pool(
        Pool(ids=ids, scores=np.array([0.0, 0.1, 0.3, 0.9])), Strategy.parse("mask_guided:target=median"), 0
    )
    assert ranked.target_iou == pytest.approx(0.2)
    assert ranked.ids.tolist() == [b"b", b"c", b"a", b"d"]


def test_random_order_depends_on_seed_and_id_alone():
    pool = pool_of(2000)
    drawn = draws(pool.ids, 7)
    assert (draws(pool.ids[500:600], 7) == drawn[500:600]).all()
    assert order(pool, "random", 7) == np.argsort(drawn).tolist()
    assert abs(np.corrcoef(drawn, draws(pool.ids, 8))[0, 1]) < 0.1
    histogram, _ = np.histogram(drawn, bins=10, range=(0, 1))
    assert 140 < histogram.min() <= histogram.max() < 260


def test_a_seed_s_order_never_changes():
    """The first eight bytes of BLAKE2b of "7/a", little-endian, as a fraction: campaigns outlive versions."""
    assert draws(np.array([b"a"]), 7).tolist() == [0.04991714650620005]


def in_groups(images: int, groups: int) -> tuple[Pool, np.ndarray]:
    """Scores 0, 1/4096, 2/4096, ... and features in groups far apart, which come in runs of equal ones."""
    of = np.arange(images) * groups // images % groups
    pool = Pool(
        ids=np.array([f"im{place:04}".encode() for place in range(images)]),
        scores=np.arange(images) / 4096,
        features=(100 * np.eye(groups)[of]).astype(np.float32),
    )
    return pool, of


def test_diverse_takes_the_nearest_of_each_cluster_in_turn():
    pool, of = in_groups(64, 8)
    ranked = order(pool, "mask_guided:target=0,diverse=yes", 5)
    clusters = cluster(pool.features, 8, 5).of
    turn = {row: sum(clusters[:row] == clusters[row]) for row in range(64)}
    assert ranked == sorted(range(64), key=lambda row: (turn[row], row))
    assert len(set(of[order(pool, "mask_guided:target=0")[:8]])) == 1
    assert len(set(of[ranked[:8]])) >= 6


def test_diverse_keeps_each_image_in_its_window():
    """2,000 images: windows of 200, as each image's place says; after sixteen of them comes the plain order."""
    pool, _ = in_groups(2000, 8)
    ranked = np.array(order(pool, "mask_guided:target=0,diverse=yes"))
    assert (ranked // 200 == np.arange(2000) // 200).all()
    assert (ranked != np.arange(2000)).any()
    plain = Ranking.by_key(np.arange(20_000.0), np.arange(20_000.0), "")
    places = spread(plain, np.random.default_rng(0).random((20_000, 2)).astype(np.float32), 0).places
    assert (places[: 16 * 1024] // 1024 == np.arange(16 * 1024) // 1024).all()
    assert (places[16 * 1024 :] == np.arange(16 * 1024, 20_000)).all()
