"""The posterior of a factor's curve, beside a grid over all its parameters and a campaign by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.values import SupervisionKind
from selection.kinds.curves import RECOGNITION, SEGMENTATION, Curves
from selection.kinds.posterior import Observations, posterior

KINDS = (SupervisionKind.BOXES,)
AT = (np.array([6.0, 30.0, 10.0]), np.array([[0.0], [0.0], [100.0]]))


def seen(*networks):
    full, boxes, values = np.array(networks, np.float64).reshape(-1, 3).T
    return Observations(full, boxes[:, None], values)


def by_grid(factor, networks, steps=21):
    """Mean and deviation of the factor at `AT`, and the mean weight of boxes: every point of a grid of normals."""
    points = np.linspace(-3.6, 3.6, steps)
    z = np.stack(np.meshgrid(*[points] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    logs = -0.5 * (z**2).sum(axis=1)
    curves = Curves.of(factor, KINDS, z)
    for full, boxes, value in networks:
        made = curves.quality(np.array([full]), np.array([[boxes]], np.float64))[0]
        logs -= 0.5 * ((made - value) / factor.noise) ** 2
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    values = curves.quality(*AT)
    means = values @ weights
    return means, np.sqrt(((values - means[:, None]) ** 2) @ weights), weights @ curves.weights[:, 0]


@pytest.mark.parametrize("factor", [RECOGNITION, SEGMENTATION], ids=["recognition", "segmentation"])
@pytest.mark.parametrize(
    "networks",
    [
        (),
        ((6, 0, 0.7),),
        ((5, 40, 0.72), (9, 80, 0.78), (20, 80, 0.82)),
        ((5, 50, 0.62), (5, 150, 0.62), (20, 150, 0.85)),
    ],
    ids=["nothing seen", "one network", "boxes help", "boxes do not"],
)
def test_the_sample_agrees_with_a_grid_over_all_parameters(factor, networks):
    made = posterior(factor, KINDS, seen(*networks), np.random.default_rng(0))
    means, deviations, weight = by_grid(factor, networks)
    values = made.curves.quality(*AT)
    assert values @ made.weights == pytest.approx(means, abs=0.012)
    spread = np.sqrt(((values - (values @ made.weights)[:, None]) ** 2) @ made.weights)
    assert spread == pytest.approx(deviations, abs=0.012)
    assert made.curves.weights[:, 0] @ made.weights == pytest.approx(weight, abs=0.04)
    assert made.weights.sum() == pytest.approx(1)


@given(st.lists(st.tuples(st.integers(1, 80), st.integers(0, 300), st.floats(0, 1)), max_size=6), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_whatever_networks_measure_the_sample_is_worth_many_draws(networks, seed):
    """Six networks may contradict each other and every curve."""
    made = posterior(RECOGNITION, KINDS, seen(*networks), np.random.default_rng(seed))
    assert np.isfinite(made.weights).all()
    assert made.weights.sum() == pytest.approx(1)
    assert made.effective_draws > 3


def test_boxes_lose_worth_where_outlines_bring_what_they_did_not():
    """Recognition stays while boxes come by the hundred; a few outlines then double it: there was more to find."""
    networks = [(5, 100, 0.31), (5, 200, 0.29), (20, 200, 0.6)]
    worth = []
    for number in range(len(networks) + 1):
        made = posterior(RECOGNITION, KINDS, seen(*networks[:number]), np.random.default_rng(1))
        worth.append(float(made.curves.weights[:, 0] @ made.weights))
    assert max(worth[1:3]) < worth[0] - 0.05
    assert worth[3] < 0.1


def test_draws_follow_the_weights_and_pair_at_random():
    made = posterior(RECOGNITION, KINDS, seen((6, 0, 0.5)), np.random.default_rng(2))
    rows = made.drawn(3000, np.random.default_rng(3))
    often = np.bincount(rows, minlength=len(made.weights))
    assert np.abs(often - 3000 * made.weights).max() <= 1  # systematic: off by less than one
    assert (np.diff(rows) < 0).any()


def test_without_another_kind_a_curve_has_no_weight():
    made = posterior(
        RECOGNITION, (), Observations(np.array([5.0]), np.zeros((1, 0)), np.array([0.4])), np.random.default_rng(0)
    )
    assert made.curves.weights.shape == (3000, 0)
    assert made.curves.quality(np.array([5.0]), np.zeros((1, 0)))[0] @ made.weights == pytest.approx(0.4, abs=0.05)
