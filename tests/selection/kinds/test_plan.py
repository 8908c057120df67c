"""The plan of kinds: shares, caps, reasons, and what it finds out in small worlds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.values import KindsBasis, KindsReason, MeasuredNetwork, SupervisionKind
from selection.kinds.choose import Believed, best_known, candidates, look_ahead
from selection.kinds.curves import Curves
from selection.kinds.plan import FULL, learn, plan_kinds
from selection.kinds.posterior import Posterior
from selection.kinds.stock import Stock

BOXES, POINTS = SupervisionKind.BOXES, SupervisionKind.POINTS
USELESS = [
    MeasuredNetwork("a", {FULL: 5, BOXES: 60}, 0.30, 0.65),
    MeasuredNetwork("b", {FULL: 7, BOXES: 150}, 0.31, 0.66),
    MeasuredNetwork("c", {FULL: 25, BOXES: 150}, 0.62, 0.76),
]
WORTH = [
    MeasuredNetwork("a", {FULL: 9, BOXES: 0}, 0.36, 0.70),
    MeasuredNetwork("b", {FULL: 10, BOXES: 100}, 0.72, 0.74),
    MeasuredNetwork("c", {FULL: 11, BOXES: 180}, 0.78, 0.75),
]


def stock(**changes: object) -> Stock:
    values: dict[str, object] = {
        "kinds": (BOXES,),
        "full": 10.0,
        "weak": np.array([60.0]),
        "open_full": 290.0,
        "open_weak": np.array([230.0]),
        "full_s": 300.0,
        "weak_s": np.array([60.0]),
    }
    return Stock(**(values | changes))  # type: ignore[arg-type]


def certain(weight, ceiling=0.9):
    """One curve of each factor; boxes teach recognition by `weight`, and segmentation is all there."""
    one = np.ones(1)
    found = Curves(0.0, ceiling * one, 10 * one, one, np.array([[weight]]))
    return Believed(Posterior(found, one), Posterior(Curves(0.8, 0.8 * one, one, one, np.zeros((1, 1))), one))


def brute_best(believed, now, left_s):
    """Every share in steps, the last network of each by the formulas once more."""
    curve = believed.recognition.curves
    ends = {}
    for share in candidates(1)[:, 0]:
        boxed = min(share * left_s / 60, now.open_weak[0])
        outlined = min((left_s - boxed * 60) / 300, now.open_full)
        weak = (now.weak[0] + boxed) * (1 - outlined / now.open_full)
        effective = now.full + outlined + curve.weights[0, 0] * weak
        ends[share] = curve.ceiling[0] * (1 - 1 / (1 + effective / 10)) * 0.8
    return max(ends, key=ends.get)


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.25, 0.6, 1.0])
def test_where_the_curves_are_known_the_best_end_is_bought(weight):
    """Boxes take a fifth of the time: at a tenth of the worth they are a loss, at a quarter a gain."""
    now, believed = stock(), certain(weight)
    chosen = best_known(believed, now, 3000.0, 9000.0)[0]
    best = brute_best(believed, now, 9000.0)
    ends = believed.expected([now.after(np.array([share]), 9000.0) for share in (chosen, best)])
    assert ends[0] == pytest.approx(ends[1], abs=0.0031)
    assert (chosen == 0) == (weight <= 0.1)


def test_the_end_goes_before_the_next_network():
    """All is found after a few boxes, which makes the next network; borders need outlines, which make the last one."""
    one = np.ones(1)
    found = Curves(0.0, 0.9 * one, 4 * one, 2 * one, np.array([[1.0]]))
    outlined = Curves(0.5, 0.95 * one, 40 * one, one, np.zeros((1, 1)))
    believed = Believed(Posterior(found, one), Posterior(outlined, one))
    now = stock(full=1.0, weak=np.zeros(1))
    nexts, ends = (
        believed.expected([now.after(np.array([share]), seconds) for share in (0.0, 0.75)]) for seconds in (600, 20_000)
    )
    assert nexts[1] > nexts[0] + 0.05
    assert ends[0] > ends[1] + 0.02
    assert best_known(believed, now, 600.0, 20_000.0)[0] < 0.2


def test_where_nothing_is_to_be_learnt_looking_ahead_changes_nothing():
    """One certain curve: no network can tell more, so that the next shares only prepare the best end."""
    now, believed = stock(), certain(0.6)
    ahead, tells_more = look_ahead(believed, now, 3000.0, 9000.0, np.random.default_rng(0))
    assert not tells_more
    assert ahead[0] == 0.75


def test_candidates_divide_all_and_leave_a_quarter_for_outlines():
    assert candidates(1)[:, 0].tolist() == [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75]
    for kinds in (2, 3):
        assert candidates(kinds).sum(axis=1).max() == 0.75
        assert candidates(kinds).shape[1] == kinds
    assert candidates(0).shape == (1, 0)


@given(
    st.floats(1, 5000),
    st.floats(0, 20_000),
    st.integers(0, 300),
    st.floats(5, 600),
    st.integers(0, 3),
    st.integers(0, 5),
)
@settings(max_examples=6, deadline=None)
def test_shares_add_up_and_stay_within_the_pool(seconds, more_s, boxless, box_s, networks, seed):
    now = stock(open_weak=np.array([float(boxless)]), weak_s=np.array([box_s]))
    made = plan_kinds(WORTH[:networks], now, seconds, seconds + more_s, seed)
    assert sum(made.shares.values()) == pytest.approx(1)
    assert all(share >= -1e-9 for share in made.shares.values())
    boxes = made.kinds[1]
    assert boxes.images <= boxless + 1e-6
    assert boxes.images * box_s == pytest.approx(boxes.share * seconds)
    assert 0 <= made.expected.low <= made.expected.mean <= made.expected.high <= 1
    for each in made.kinds:
        assert each.gain_per_s.low <= each.gain_per_s.mean <= each.gain_per_s.high
    assert made == plan_kinds(WORTH[:networks], now, seconds, seconds + more_s, seed)


def test_by_what_other_campaigns_gained_most_seconds_go_to_boxes_first():
    made = plan_kinds([], stock(full=0.0, weak=np.zeros(1), weak_s=np.array([30.0])), 4000.0, 12_000.0, 0)
    assert made.basis is KindsBasis.PRIORS
    assert made.shares[BOXES] == 0.75
    assert "other campaigns" in made.words


def test_networks_that_gained_nothing_from_boxes_end_them():
    made = plan_kinds(USELESS, stock(weak=np.array([150.0])), 2000.0, 4000.0, 0)
    assert made.basis is KindsBasis.ROUNDS
    assert made.shares[BOXES] == 0
    assert made.kinds[0].gain_per_s.mean > 2 * made.kinds[1].gain_per_s.mean
    assert made.kinds[1].recognition.high < 0.5


def test_networks_that_gained_much_from_boxes_buy_more_of_them():
    now = stock(weak=np.array([180.0]), open_weak=np.array([400.0]), open_full=500.0)
    made = plan_kinds(WORTH, now, 2000.0, 4000.0, 0)
    assert made.shares[BOXES] >= 0.5
    assert made.kinds[1].recognition.mean > 0.4
    assert made.networks == tuple(WORTH)


def test_a_share_falls_with_every_network_that_gains_nothing_from_boxes():
    now = stock(weak_s=np.array([30.0]))
    worth = [plan_kinds(USELESS[:seen], now, 2000.0, 6000.0, 1).kinds[1].recognition.mean for seen in range(4)]
    assert worth[3] < worth[2] < worth[0]


def test_where_no_image_is_open_for_boxes_there_are_outlines_alone():
    made = plan_kinds(WORTH, stock(open_weak=np.zeros(1)), 2000.0, 4000.0, 0)
    assert (made.shares, made.reason) == ({FULL: 1.0, BOXES: 0.0}, KindsReason.ONE_KIND)
    assert made.words == "Outlines alone: no image is open for boxes."
    alone = plan_kinds(WORTH, stock(kinds=(), weak=np.zeros(0), open_weak=np.zeros(0), weak_s=np.zeros(0)), 9.0, 9.0, 0)
    assert (alone.shares, alone.reason) == ({FULL: 1.0}, KindsReason.ONE_KIND)


def test_a_further_kind_joins_by_its_name():
    many = np.array([200.0, 200.0])
    both = stock(kinds=(BOXES, POINTS), weak=np.zeros(2), open_weak=many, weak_s=np.array([60.0, 20.0]))
    made = plan_kinds([MeasuredNetwork("a", {FULL: 9}, 0.5, 0.7)], both, 3000.0, 6000.0, 0)
    assert list(made.shares) == [FULL, BOXES, POINTS]
    assert sum(made.shares.values()) == pytest.approx(1)


def test_a_network_that_found_nothing_tells_nothing_of_how_well_it_outlines():
    rng = np.random.default_rng(0)
    blind = learn([MeasuredNetwork("a", {FULL: 5}, 0.0, None)], (BOXES,), rng)
    at = np.array([20.0]), np.zeros((1, 1))
    prior = learn([], (BOXES,), np.random.default_rng(0))
    found, outlined = (each.curves.quality(*at)[0] @ each.weights for each in blind.both())
    assert found < (prior.recognition.curves.quality(*at)[0] @ prior.recognition.weights) - 0.1
    assert outlined == pytest.approx(prior.segmentation.curves.quality(*at)[0] @ prior.segmentation.weights, abs=0.01)


@pytest.mark.parametrize(("seconds", "left_s"), [(0.0, 100.0), (200.0, 100.0), (1.0, np.inf), (np.nan, 5.0)])
def test_seconds_that_are_not_there_cannot_be_divided(seconds, left_s):
    with pytest.raises(InvalidArgument, match="cannot be divided"):
        plan_kinds([], stock(), seconds, left_s, 0)


@pytest.mark.parametrize("weight", [0.0, 0.7])
def test_the_kind_that_is_worth_more_a_second_is_found_within_three_networks(weight):
    """Campaigns on certain curves with the noise of trainings: the shares of their last two batches of five."""
    one, shares = np.ones(1), []
    found = Curves(0.0, 0.85 * one, 8 * one, one, np.array([[weight]]))
    outlined = Curves(0.6, 0.85 * one, 10 * one, one, np.array([[0.2 * weight]]))
    for seed in range(2):
        noise, many = np.random.default_rng(seed), np.array([1000.0])
        now = stock(full=0.0, weak=np.zeros(1), open_full=1000.0, open_weak=many, weak_s=np.array([45.0]))
        networks: list[MeasuredNetwork] = []
        left_s = 20_000.0
        for batch in range(5):
            seconds = left_s / (5 - batch)
            made = plan_kinds(networks, now, seconds, left_s, seed)
            now, left_s = now.after(np.array([made.shares[BOXES]]), seconds), left_s - seconds
            values = [curve.quality(np.array([now.full]), now.weak[None])[0, 0] for curve in (found, outlined)]
            rq, sq = values + noise.standard_normal(2) * (0.04, 0.015)
            networks.append(MeasuredNetwork(f"{batch}", {FULL: round(now.full), BOXES: round(now.weak[0])}, rq, sq))
            shares += [made.shares[BOXES]] * (batch > 2)
    assert np.mean(shares) >= 0.5 if weight else np.mean(shares) <= 0.1
