"""What every strategy promises, checked of each with each of its options."""

import dataclasses
from string import Formatter

import numpy as np
import pytest

from maskloop.errors import InvalidArgument
from maskloop.values import STRATEGY_KINDS, Need, Strategy
from selection.pool import ObjectIous, Pool
from selection.ranking import RankedImages
from selection.strategies import STRATEGIES, rank_pool
from tests.selection.pools import pool_of

TEXTS = (
    *STRATEGIES,
    "mask_guided:target=0.5",
    "mask_guided:target=learned",
    "mask_guided:target=median",
    "mask_guided:scores=imported",
    "mask_guided:scores=iou_branch",
    "mask_guided:trust=any",
    "mask_guided:diverse=yes",
    "mask_guided:diverse=yes,per_second=yes",
    *(f"{name}:per_second=yes" for name in ("mask_guided", "dropout", "entropy", "margin", "least_confidence")),
    "mask_guided:diverse=yes,softrank=yes",
    *(f"{name}:softrank=yes" for name in ("mask_guided", "dropout", "entropy", "margin", "least_confidence")),
    "entropy:softrank=yes,per_second=yes",
    "expected_gain:trust=any",
    "expected_gain:per_second=no",
    "expected_gain:softrank=yes",
    "dropout:prefer=lowest",
    "dropout:prefer=nearest,quantile=0.25,per_second=yes",
    "mix:first=core_set,second=stratified_random,share=0.25",
    "mix:first=typicality,second=mask_guided,second.target=0.5,second.diverse=yes,share=1",
    "mix:first=entropy,first.per_second=yes,share=0",
)
EVERY = pytest.mark.parametrize("strategy", [Strategy.parse(text) for text in TEXTS], ids=str)
POOLS = {
    "empty": pool_of(0),
    "one": pool_of(1),
    "fewer than clusters": pool_of(7),
    "all equal": pool_of(40, equal=True),
    "nothing labeled": pool_of(50, labeled=0),
    "many labeled": pool_of(60, labeled=300),
    "some hundred": pool_of(700, labeled=30),
}


OF_OTHERS = {"encoder", "weights", "first", "second"}
"""Options that say whose features or which rankings are taken; those have cases of their own."""


def order(ranked: RankedImages) -> list[str]:
    return [image_id.decode() for image_id in ranked.ids]


def test_every_strategy_that_can_be_named_can_rank():
    of_the_pool = {name: kind for name, kind in STRATEGY_KINDS.items() if Need.CLASSIFIER not in kind.needs}
    assert set(STRATEGIES) == set(of_the_pool)
    for name, kind in of_the_pool.items():
        ranking = {key: option for key, option in kind.options.items() if key not in OF_OTHERS}
        words = {f"{name}:{key}={word}" for key, option in ranking.items() for word in option.words}
        tried = ",".join(text for text in TEXTS if text.startswith(name))
        assert {word for word in words if word.partition(":")[2] not in tried} <= {
            f"{name}:{key}={option.default}" for key, option in kind.options.items()
        }


@EVERY
@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS)
def test_ranks_each_image_once_with_a_reason(strategy: Strategy, pool: Pool):
    ranked = rank_pool(pool, strategy, seed=3)
    assert sorted(ranked.ids) == list(pool.ids)
    assert (ranked.ids[ranked.by_id] == pool.ids).all()
    for place, image_id in enumerate(ranked.ids):
        assert "nan" not in ranked.reason(place)
        assert ranked.scores[place] == pool.scores[list(pool.ids).index(image_id)]
    for reason in ranked.reasons:
        assert [field for _, field, _, _ in Formatter().parse(reason) if field is not None] == ["value"]


@EVERY
@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS)
def test_the_same_seed_gives_the_same_ranking_whatever_else_is_random(strategy: Strategy, pool: Pool):
    np.random.seed(1)
    first = rank_pool(pool, strategy, seed=2**40 + 7)
    np.random.seed(2)
    again = rank_pool(pool, strategy, seed=2**40 + 7)
    for field in dataclasses.fields(RankedImages):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(again, field.name))


@EVERY
def test_what_it_needs_is_asked_for_by_name(strategy: Strategy):
    nothing_known = Pool(ids=pool_of(3).ids)
    if not strategy.needs:
        assert len(rank_pool(nothing_known, strategy, seed=0).ids) == 3
        return
    with pytest.raises(InvalidArgument, match=f"{strategy.name} needs "):
        rank_pool(nothing_known, strategy, seed=0)


@EVERY
def test_needs_no_more_than_it_says(strategy: Strategy):
    pool = pool_of(60)
    columns = {
        "scores": pool.scores, "uncertainty": pool.uncertainty, "dropout": pool.dropout, "counts": pool.counts,
        "costs": pool.costs_s, "object_ious": pool.object_ious, "features": pool.features,
        "labeled_features": pool.labeled_features,
    }  # fmt: skip
    needed = {"uncertainty" if need == "scores" else str(need).removeprefix("cold_") for need in strategy.needs}
    told = {name for name in columns if name in needed or (name == "scores" and strategy.needs_scores)}
    sparse = dataclasses.replace(
        pool,
        scores=pool.scores if "scores" in told else None,
        uncertainty=pool.uncertainty if "uncertainty" in told else {},
        dropout=pool.dropout if "dropout" in told else None,
        counts=pool.counts if "counts" in told else None,
        costs_s=pool.costs_s if "costs" in told else None,
        object_ious=pool.object_ious if "object_ious" in told else None,
        features=pool.features if "features" in told else None,
        labeled_features=pool.labeled_features if "labeled_features" in told else None,
    )
    assert order(rank_pool(sparse, strategy, seed=3)) == order(rank_pool(pool, strategy, seed=3))


BY_SEED_OR_COUNTS = {"random", "stratified_random", "mix"}


@EVERY
def test_ties_are_broken_by_id(strategy: Strategy):
    """Where nothing tells images apart, they come by id; random ones by their draw."""
    by_seed = strategy.is_on("softrank") or strategy.random_share
    if strategy.name not in BY_SEED_OR_COUNTS and not by_seed:
        assert order(rank_pool(POOLS["all equal"], strategy, seed=3)) == [f"im{place:04}" for place in range(40)]


@EVERY
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("column", ["scores", "dropout", "costs_s", "features"])
def test_a_value_that_is_no_number_names_its_image(strategy: Strategy, column: str, wrong: float):
    pool = pool_of(5)
    values = getattr(pool, column).copy()
    values[3] = wrong
    with pytest.raises(InvalidArgument, match="image im0003 has the "):
        rank_pool(dataclasses.replace(pool, **{column: values}), strategy, seed=0)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_a_proposal_whose_predicted_iou_is_no_number_names_its_image(wrong: float):
    pool = pool_of(5)
    ious = np.array([0.5, 0.5, wrong, 0.5])
    with pytest.raises(InvalidArgument, match="image im0003 has the sum of predicted IoUs"):
        dataclasses.replace(pool, object_ious=ObjectIous(np.array([1, 0, 1, 2, 0]), ious))


def test_proposals_of_another_number_of_images_are_refused():
    with pytest.raises(InvalidArgument, match="5 image ids came with 2 sum"):
        dataclasses.replace(pool_of(5), object_ious=ObjectIous(np.array([1, 0]), np.array([0.5])))
