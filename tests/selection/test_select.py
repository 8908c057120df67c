import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.values import Strategy
from selection.candidates import Candidates
from selection.pool import Pool
from selection.select import Limits, Quote, Selection, select_batch
from selection.strategies import rank_pool

SCORES = {"a": 0.10, "b": 0.35, "c": 0.52, "d": 0.55, "e": 0.90}


def candidates() -> Candidates:
    """c, d, b, a, e: as they lie about a target of 0.5."""
    pool = Pool(ids=np.array(list(SCORES), dtype="S1"), scores=np.array(list(SCORES.values())))
    return Candidates(rank_pool(pool, Strategy.parse("mask_guided:target=0.5"), seed=0))


def select(limits: Limits, quote: Callable[[str], Quote], look_further: int = 0) -> Selection:
    return select_batch(candidates(), limits, quote, look_further=look_further)


def price(cost_s: float) -> Callable[[str], Quote]:
    return lambda image_id: Quote(cost_s, cost_s)


def prices(**costs_s: float) -> Callable[[str], Quote]:
    return lambda image_id: Quote(costs_s[image_id], costs_s[image_id])


def test_the_best_images_come_with_score_reason_and_cost():
    chosen = select(Limits(left_s=1000, images=3), price(80))
    assert [(pick.image_id, pick.score, pick.cost_s) for pick in chosen.picks] == [
        ("c", 0.52, 80), ("d", 0.55, 80), ("b", 0.35, 80)
    ]  # fmt: skip
    assert chosen.picks[0].reason == "predicted IoU 0.52, target 0.50"
    assert not chosen.exhausted


def test_an_image_that_costs_more_than_is_left_is_passed_over():
    chosen = select(Limits(left_s=120, images=5), prices(a=10, b=50, c=500, d=60, e=10))
    assert [pick.image_id for pick in chosen.picks] == ["d", "b", "a"]
    assert chosen.exhausted


def test_an_image_of_unknown_cost_takes_what_is_left_and_ends_the_batch():
    chosen = select(Limits(left_s=100, images=4), lambda _: Quote(80, 5))
    assert [(pick.image_id, pick.cost_s) for pick in chosen.picks] == [("c", 80), ("d", 20)]
    assert chosen.exhausted


@pytest.mark.parametrize(("seconds", "images"), [(10, 1), (80, 1), (159, 1), (160, 2), (400, 5)])
def test_a_batch_in_seconds_holds_what_fits_and_at_least_one(seconds, images):
    assert len(select(Limits(left_s=1000, seconds=seconds), price(80)).picks) == images


@pytest.mark.parametrize(("look_further", "chosen"), [(0, "c"), (1, "cb"), (2, "cbe"), (3, "cbe")])
def test_a_batch_in_seconds_is_filled_by_looking_further(look_further, chosen):
    """40 of 100 s go to c. Then d does not fit, b does; a does not, e does."""
    taken = select(Limits(left_s=1000, seconds=100), prices(c=40, d=90, b=40, a=30, e=20), look_further)
    assert "".join(pick.image_id for pick in taken.picks) == chosen


def test_costs_that_fit_but_for_rounding_fit():
    assert len(select(Limits(left_s=0.1 + 0.1 + 0.1 - 1e-12, images=3), price(0.1)).picks) == 3


def test_a_budget_of_images_ends_the_batch():
    chosen = select(Limits(left_s=math.inf, left_images=2, images=4), price(80))
    assert len(chosen.picks) == 2
    assert chosen.exhausted


@pytest.mark.parametrize("asked", [{"images": 0}, {"images": -1}, {"seconds": 0.0}, {"seconds": math.inf}, {}])
def test_a_batch_of_nothing_cannot_be_asked_for(asked):
    with pytest.raises(InvalidArgument):
        Limits(left_s=10, **asked)


COSTS = st.fixed_dictionaries(dict.fromkeys(SCORES, st.integers(1, 90)))


@given(COSTS, st.integers(0, 400), st.integers(1, 7), st.sets(st.sampled_from(sorted(SCORES))))
def test_leaves_no_money_that_would_have_bought_another(costs, left_s, asked, closed):
    walk = candidates()
    walk.close_all(closed)
    chosen = select_batch(walk, Limits(left_s=left_s, images=asked), prices(**costs))
    picked = [pick.image_id for pick in chosen.picks]
    assert len(set(picked)) == len(picked) <= asked
    assert not closed & set(picked)
    spent_s = sum(pick.cost_s for pick in chosen.picks)
    assert spent_s <= left_s
    assert chosen.exhausted == (len(picked) < asked)
    rest = [costs[image_id] for image_id in SCORES if image_id not in closed and image_id not in picked]
    if chosen.exhausted and rest:
        assert min(rest) > left_s - spent_s
