import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.values import Strategy
from selection.learned_target import BANDS, automatic_target, band_shares, learned_target, paired_gain
from selection.pool import RoundOutcome
from selection.strategies import rank_pool
from tests.selection.pools import pool_of

HUNDREDTHS = st.integers(0, 100).filter(lambda n: n % 10 != 5)  # which lies on the border of two bands
SCORES = st.lists(HUNDREDTHS.map(lambda n: n / 100), min_size=1, max_size=8).map(tuple)
ROUNDS = st.lists(st.builds(RoundOutcome, SCORES, st.floats(-0.05, 0.2), st.floats(60, 9000)), min_size=1, max_size=8)


@given(st.integers(0, 2000))
def test_without_rounds_it_is_the_automatic_target(labeled):
    silent = RoundOutcome((), 0.1, 500.0), RoundOutcome((0.9,), 0.1, 0.0)
    assert learned_target((), labeled) == learned_target(silent, labeled) == automatic_target(labeled)


def plain_utilities(rounds: list[RoundOutcome], labeled: int) -> np.ndarray:
    """The textbook's form: precisions added up over weights (Bishop, equations 3.50 and 3.51)."""

    def bump(distance):
        return np.exp(-((distance / 0.2) ** 2) / 2)

    inputs = [
        [1, np.log(number + 1), *(np.mean([abs(s - band) < 0.05 for s in one.scores]) for band in BANDS)]
        for number, one in enumerate(rounds)
    ]
    rates = np.array([one.gain / one.seconds for one in rounds])
    rates = rates / (np.sqrt((rates**2).mean()) or 1)
    prior = np.zeros((13, 13))
    prior[:2, :2] = np.eye(2) * 100
    prior[2:, 2:] = 0.25 * bump(BANDS[:, None] - BANDS) + 1e-9 * np.eye(11)
    mean = np.array([0, 0, *(0.3 * bump(BANDS - automatic_target(labeled)))])
    precision = np.linalg.inv(prior) + np.transpose(inputs) @ inputs / 0.25
    return np.linalg.solve(precision, np.linalg.inv(prior) @ mean + np.transpose(inputs) @ rates / 0.25)[2:]


@given(ROUNDS, st.integers(0, 1200))
def test_is_the_band_of_most_worth_by_the_textbook_s_form(rounds, labeled):
    utilities = plain_utilities(rounds, labeled)
    chosen = round(learned_target(rounds, labeled) * 10)
    assert utilities[chosen] == pytest.approx(utilities.max(), abs=1e-4)


@given(ROUNDS, st.integers(-4, 4), st.integers(-4, 4))
def test_does_not_depend_on_the_units_of_gain_and_time(rounds, gain_power, time_power):
    scaled = [RoundOutcome(one.scores, one.gain * 2.0**gain_power, one.seconds * 2.0**time_power) for one in rounds]
    assert learned_target(scaled, 300) == learned_target(rounds, 300)


@pytest.mark.parametrize("labeled", [100, 200, 400, 800])
def test_rounds_that_bought_the_same_bands_tell_nothing(labeled):
    rounds = [RoundOutcome((0.1, 0.9), gain, 1000.0) for gain in (0.05, 0.05, 0.05)]
    assert learned_target(rounds, labeled) == pytest.approx(automatic_target(labeled))


def campaign(best: float, rounds: int, seed: int) -> list[RoundOutcome]:
    """Rounds about targets all over the range; what lies near `best` gains three times as much, with noise of 20 %."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(1, rounds + 1):
        scores = np.clip(rng.normal(rng.choice(BANDS), 0.1, 20), 0, 1)
        worth = np.mean(0.5 + np.exp(-(((scores - best) / 0.2) ** 2) / 2))
        seconds = rng.uniform(2000, 6000)
        gain = seconds * worth * (1 + 0.2 * rng.normal()) / np.sqrt(number)
        made.append(RoundOutcome(tuple(scores), 1e-5 * gain, seconds))
    return made


@pytest.mark.parametrize("best", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_band_that_keeps_winning_is_found_within_some_rounds(best):
    found = [learned_target(campaign(best, 12, seed), 340) for seed in range(20)]
    assert np.mean(np.abs(np.array(found) - best) < 0.16) >= 0.9


def test_shares_by_hand():
    assert band_shares((0.0, 0.04, 0.06, 1.0)).tolist() == [0.5, 0.25, 0, 0, 0, 0, 0, 0, 0, 0, 0.25]


def test_the_strategy_uses_the_rounds_of_its_pool():
    rounds = tuple(campaign(0.9, 12, 0))
    pool = dataclasses.replace(pool_of(30), rounds=rounds, labeled_images=340)
    ranked = rank_pool(pool, Strategy.parse("mask_guided:target=learned"), 0)
    assert ranked.target_iou == learned_target(rounds, 340) > 0.75 > automatic_target(340)


def mean_of(qualities):
    return float(np.mean(list(qualities.values())))


def learnt_from_nothing(seed: int, measure: str, rounds: int = 12) -> float:
    """The target learnt where no image teaches anything; every round bought about another target.

    A network's reading of an image is its quality, which stays, and noise. What a gain is measured on: "held out", a
    quarter of the labels there are then, "drawn", what was drawn at random and is new to both networks, or "noise",
    nothing at all.
    """
    rng = np.random.default_rng(seed)
    chosen = [np.clip(rng.normal(rng.choice(BANDS), 0.1, 18), 0, 1) for _ in range(rounds)]
    drawn = [rng.uniform(0, 1, 2) for _ in range(rounds)]
    labeled = [rng.uniform(0, 1, 20), *(np.concatenate(batch) for batch in zip(chosen, drawn, strict=True))]

    def read(qualities: np.ndarray) -> np.ndarray:
        return np.clip(qualities + rng.normal(0, 0.1, len(qualities)), 0, 1)

    def held_out(version: int) -> float:
        there = np.concatenate(labeled[: version + 1])
        return float(read(rng.choice(there, len(there) // 4, replace=False)).mean())

    readings = [
        {f"{number}/{place}": value for number, batch in enumerate(drawn) for place, value in enumerate(read(batch))}
        for _ in range(rounds + 1)
    ]
    unlabeled = [
        {image: value for image, value in reading.items() if int(image.partition("/")[0]) >= version}
        for version, reading in enumerate(readings)
    ]
    held = [held_out(version) for version in range(rounds + 1)]
    gains: dict[str, list[float | None]] = {
        "held out": np.diff(held).tolist(),
        "drawn": [paired_gain(before, after, mean_of) for before, after in pairwise(unlabeled)],
        "noise": rng.normal(0, 0.05, rounds).tolist(),
    }
    told = [
        RoundOutcome(tuple(np.concatenate([some, more])), gain, 1000.0)
        for some, more, gain in zip(chosen, drawn, gains[measure], strict=True)
        if gain is not None
    ]
    return learned_target(told, 340)


def test_buying_easy_images_that_teach_nothing_is_no_gain():
    """Measured on a share of all labels, most campaigns learn a target of .7 or more; on images drawn, as by chance."""
    shares = {
        measure: np.mean([learnt_from_nothing(seed, measure) >= 0.65 for seed in range(200)])
        for measure in ("held out", "drawn", "noise")
    }
    assert shares["held out"] >= 0.6
    assert abs(shares["drawn"] - shares["noise"]) <= 0.1


def test_a_gain_is_that_of_the_images_both_were_judged_on():
    before, after = {"a": 0.2, "b": 0.5, "c": 0.9}, {"b": 0.6, "c": 0.7, "d": 0.0}
    assert paired_gain(before, after, mean_of) == pytest.approx(-0.05)
    assert paired_gain({"a": 0.2}, {"b": 0.6}, mean_of) is None
