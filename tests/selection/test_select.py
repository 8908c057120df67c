import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.values import Strategy
from selection.candidates import Candidates
from selection.select import Limits, Quote, select_batch
from selection.strategies import STRATEGIES, find_strategy

SCORES = {"a": 0.10, "b": 0.35, "c": 0.52, "d": 0.55, "e": 0.90}


def candidates() -> Candidates:
    return Candidates(list(SCORES), np.array(list(SCORES.values())))


def price(cost_s: float):
    return lambda image_id: Quote(cost_s, cost_s)


def test_mask_guided_takes_the_images_nearest_the_target_with_their_scores():
    chosen = select_batch(candidates(), Strategy("mask_guided", 0.5), 10, Limits(left_s=1000, images=3), price(80))
    assert [(pick.image_id, pick.score, pick.cost_s) for pick in chosen.picks] == [
        ("c", 0.52, 80), ("d", 0.55, 80), ("b", 0.35, 80)
    ]  # fmt: skip
    assert chosen.target_iou == 0.5
    assert not chosen.exhausted
    assert chosen.picks[0].reason == "predicted IoU 0.52, target 0.50"


@pytest.mark.parametrize(
    ("labeled", "beta"), [(1, 0.3), (200, 0.3), (300, 0.45), (400, 0.6), (600, 0.55), (800, 0.5), (5000, 0.5)]
)
def test_the_automatic_target_follows_the_number_of_labeled_images(labeled, beta):
    chosen = select_batch(candidates(), Strategy("mask_guided"), labeled, Limits(left_s=99, images=1), price(1))
    assert chosen.target_iou == pytest.approx(beta)


def test_an_image_that_costs_more_than_is_left_is_passed_over():
    costs = {"a": 10.0, "b": 50.0, "c": 500.0, "d": 60.0, "e": 10.0}
    chosen = select_batch(
        candidates(),
        Strategy("mask_guided", 0.5),
        0,
        Limits(left_s=120, images=5),
        lambda image_id: Quote(costs[image_id], costs[image_id]),
    )
    assert [pick.image_id for pick in chosen.picks] == ["d", "b", "a"]
    assert chosen.exhausted


def test_an_image_of_unknown_cost_takes_what_is_left_and_ends_the_batch():
    chosen = select_batch(
        candidates(), Strategy("mask_guided", 0.5), 0, Limits(left_s=100, images=4), lambda _: Quote(80, 5)
    )
    assert [(pick.image_id, pick.cost_s) for pick in chosen.picks] == [("c", 80), ("d", 20)]
    assert chosen.exhausted


def test_a_batch_in_seconds_holds_what_fits_and_at_least_one():
    def images(seconds: float) -> int:
        limits = Limits(left_s=1000, seconds=seconds)
        return len(select_batch(candidates(), Strategy("mask_guided", 0.5), 0, limits, price(80)).picks)

    assert [images(seconds) for seconds in (10, 80, 159, 160, 400)] == [1, 1, 1, 2, 5]


def test_a_budget_of_images_ends_the_batch():
    chosen = select_batch(
        candidates(), Strategy("random"), 0, Limits(left_s=math.inf, left_images=2, images=4), price(80)
    )
    assert len(chosen.picks) == 2
    assert chosen.exhausted


@pytest.mark.parametrize("asked", [{"images": 0}, {"images": -1}, {"seconds": 0.0}, {"seconds": math.inf}, {}])
def test_a_batch_of_nothing_cannot_be_asked_for(asked):
    with pytest.raises(InvalidArgument):
        Limits(left_s=10, **asked)


def test_random_order_depends_on_seed_and_id_alone():
    keys = STRATEGIES["random"].keys
    ids = [f"{place:04d}" for place in range(2000)]
    first = keys(ids, None, 7)
    assert (first == keys(ids, None, 7)).all()
    assert (keys(ids[500:600], None, 7) == first[500:600]).all()
    assert abs(np.corrcoef(first, keys(ids, None, 8))[0, 1]) < 0.1
    histogram, _ = np.histogram(first, bins=10, range=(0, 1))
    assert histogram.min() > 140
    assert histogram.max() < 260


def test_an_unknown_strategy_is_refused_with_the_known_ones():
    with pytest.raises(InvalidArgument, match="no strategy 'magic'; there are mask_guided, random"):
        find_strategy("magic")


def test_mask_guided_needs_scores():
    with pytest.raises(InvalidArgument, match="needs scores"):
        STRATEGIES["mask_guided"].keys(["a"], None, 0)


@pytest.mark.parametrize("name", sorted(STRATEGIES))
@given(data=st.data())
def test_every_strategy_keeps_the_contract(name, data):
    """Distinct open images, within both limits, the same answer twice, and no money left that would have bought one."""
    scores = data.draw(st.lists(st.floats(0, 1), min_size=1, max_size=30))
    ids = [f"im{place}" for place in range(len(scores))]
    costs = dict(zip(ids, data.draw(st.lists(st.integers(1, 90), min_size=len(ids), max_size=len(ids))), strict=True))
    left_s = data.draw(st.integers(0, 400))
    asked = data.draw(st.integers(1, 40))
    closed = set(data.draw(st.lists(st.sampled_from(ids))))

    def select():
        candidates = Candidates(ids, find_strategy(name).keys(ids, np.array(scores), 3))
        for image_id in closed:
            candidates.close(image_id)
        limits = Limits(left_s=left_s, images=asked)
        return select_batch(candidates, Strategy(name), 5, limits, lambda image: Quote(costs[image], costs[image]))

    chosen = select()
    assert chosen == select()
    picked = [pick.image_id for pick in chosen.picks]
    assert len(set(picked)) == len(picked) <= asked
    assert not closed & set(picked)
    spent = sum(pick.cost_s for pick in chosen.picks)
    assert spent <= left_s
    rest = [costs[image] for image in ids if image not in closed and image not in picked]
    assert chosen.exhausted == (len(picked) < asked)
    if chosen.exhausted and rest:
        assert min(rest) > left_s - spent
