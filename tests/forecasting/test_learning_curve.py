"""The forecast against curves whose truth is known, and against a slow sampler that knows no algebra."""

import numpy as np
import pytest

from maskloop.forecasting.learning_curve import CONFIDENCE, EXPONENT, GAIN, NOISE, fit_learning_curve

HOUR_S = 3600.0
ROUNDS = (1.0, 1.7, 2.4, 3.0)
"""Hours at which a campaign with a first batch and three rounds measures."""


def power_law(hours, start, gain, exponent):
    return start + gain * (1 - hours**-exponent)


def fit(values, hours=ROUNDS, seed=0):
    points = [(hour * HOUR_S, value) for hour, value in zip(hours, values, strict=False)]
    return fit_learning_curve(points, np.random.default_rng(seed))


def by_plain_weighting(hours, values, at, rng, draws=1_500_000):
    """Mean and interval of a measurement at hour `at`: curves drawn from the priors, weighted by their likelihood."""
    values, hours = np.array(values), np.array(hours)
    exponent = EXPONENT[0] * np.exp(EXPONENT[1] * rng.standard_normal(draws))
    noise = NOISE[0] * np.exp(NOISE[1] * rng.standard_normal(draws))
    gain = rng.exponential(GAIN * (1 - values.mean()), draws)
    start = rng.uniform(values.min() - 0.15, values.max() + 0.15, draws)
    missed = sum((power_law(h, start, gain, exponent) - v) ** 2 for h, v in zip(hours, values, strict=True))
    log_weight = -len(values) * np.log(noise) - missed / (2 * noise**2)
    weight = np.exp(log_weight - log_weight.max())
    future = power_law(at, start, gain, exponent)
    measured = np.clip(future + noise * rng.standard_normal(draws), 0, 1)
    order = np.argsort(measured)
    reached = np.cumsum(weight[order]) / weight.sum()
    tails = np.searchsorted(reached, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return np.average(future, weights=weight), *measured[order][tails]


@pytest.mark.parametrize(
    "values", [(0.42, 0.46), (0.42, 0.47, 0.46), (0.15, 0.22, 0.26, 0.27), (0.88, 0.87, 0.88), (0.5, 0.5)]
)
def test_it_agrees_with_plain_weighting_of_draws_from_the_priors(values):
    hours = ROUNDS[: len(values)]
    slow = by_plain_weighting(hours, values, 5.0, np.random.default_rng(1))
    outcome = fit(values).expect(5.0 * HOUR_S)
    assert (outcome.mean, outcome.low, outcome.high) == pytest.approx(slow, abs=0.006)


@pytest.mark.parametrize("rounds", [2, 3, 4])
def test_the_interval_holds_its_promise_on_curves_it_was_made_for(rounds):
    """Parameters drawn from the priors, 300 campaigns: 80 of 100 measurements lie inside, give or take chance."""
    rng = np.random.default_rng(rounds)
    held = []
    for seed in range(300):
        start = rng.uniform(0.1, 0.6)
        gain = rng.exponential(GAIN * (1 - start))
        exponent, noise = (prior[0] * np.exp(prior[1] * rng.standard_normal()) for prior in (EXPONENT, NOISE))
        hours = np.array([*ROUNDS[:rounds], 4.5])
        *seen, came = np.clip(power_law(hours, start, gain, exponent) + noise * rng.standard_normal(rounds + 1), 0, 1)
        outcome = fit(seen, seed=seed).expect(4.5 * HOUR_S)
        held.append(outcome.low <= came <= outcome.high)
    assert np.mean(held) == pytest.approx(CONFIDENCE, abs=0.07)  # three standard deviations of 300 draws


@pytest.mark.parametrize(
    ("start", "gain", "exponent", "noise"),
    [(0.45, 0.25, 0.5, 0.01), (0.15, 0.5, 0.3, 0.01), (0.86, 0.03, 0.6, 0.005), (0.5, 0.0, 0.5, 0.01)],
    ids=["typical", "steep", "saturated", "flat"],
)
def test_the_interval_roughly_holds_on_any_one_curve(start, gain, exponent, noise):
    rng, held = np.random.default_rng(0), []
    for seed in range(150):
        measured = power_law(np.array([*ROUNDS, 4.0]), start, gain, exponent) + noise * rng.standard_normal(5)
        outcome = fit(measured[:4], seed=seed).expect(4.0 * HOUR_S)
        held.append(outcome.low <= measured[4] <= outcome.high)
    assert np.mean(held) > 0.7


def test_what_is_farther_away_is_less_certain():
    curve = fit((0.42, 0.46, 0.48))
    widths = [(outcome := curve.expect(hours * HOUR_S)).high - outcome.low for hours in (2.4, 3, 4, 6, 10, 20)]
    assert widths == sorted(widths)
    assert widths[-1] > 1.5 * widths[0]


def test_more_rounds_leave_less_open():
    truth = [power_law(hours, 0.45, 0.25, 0.5) for hours in ROUNDS]
    widths = [(outcome := fit(truth[:rounds]).expect(5 * HOUR_S)).high - outcome.low for rounds in (2, 3, 4)]
    assert widths == sorted(widths, reverse=True)


def test_a_curve_is_found_again_where_noise_is_small():
    hours = np.geomspace(1, 30, 15)
    curve = fit(power_law(hours, 0.4, 0.3, 0.6), hours)
    for later in (40.0, 60.0):
        assert curve.expect(later * HOUR_S).mean == pytest.approx(power_law(later, 0.4, 0.3, 0.6), abs=0.005)
    assert curve.rise(30 * HOUR_S, 60 * HOUR_S) == pytest.approx(0.3 * (30**-0.6 - 60**-0.6), abs=0.004)


def test_a_longer_way_rises_more_and_no_way_not_at_all():
    curve = fit((0.42, 0.46, 0.44))
    rises = [curve.rise(2.4 * HOUR_S, hours * HOUR_S) for hours in (2.4, 3, 5, 10)]
    assert rises[0] == 0
    assert rises == sorted(rises)
    assert rises[1] > 0


def test_rounds_that_fell_promise_little():
    fell, rose = fit((0.50, 0.47, 0.44)), fit((0.44, 0.47, 0.50))
    assert fell.rise(3 * HOUR_S, 6 * HOUR_S) < 0.01 < rose.rise(3 * HOUR_S, 6 * HOUR_S)


@pytest.mark.parametrize("values", [(1.0, 1.0), (0.0, 0.0, 0.0), (0.99, 1.0, 0.98), (0.0, 1.0), (1.0, 0.0)])
def test_the_ends_of_the_scale_are_no_trouble(values):
    outcome = fit(values).expect(9 * HOUR_S)
    assert 0 <= outcome.low <= outcome.mean <= outcome.high <= 1


@pytest.mark.parametrize("points", [[], [(3600.0, 0.4)], [(3600.0, 0.4), (3600.0, 0.5)], [(0.0, 0.3), (3600.0, 0.4)]])
def test_one_time_is_too_few(points):
    assert fit_learning_curve(points, np.random.default_rng(0)) is None


def test_the_same_draws_say_the_same_and_order_does_not_matter():
    points = [(3600.0, 0.4), (7200.0, 0.5), (9000.0, 0.52)]
    first = fit_learning_curve(points, np.random.default_rng(3))
    again = fit_learning_curve(points[::-1], np.random.default_rng(3))
    assert first.expect(1e4) == again.expect(1e4)
