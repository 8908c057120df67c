from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from maskloop.forecasting.learning_curve import Expected, fit_learning_curve
from maskloop.report import ChosenImage, RoundReport, RunReport, with_outlooks
from maskloop.report.outlook import outlook, points, say_checks, say_outlook, until_s
from maskloop.report.report import CheckedForecast, Outlook, from_json, to_json

Make = Callable[..., RunReport]
MakeRound = Callable[..., RoundReport]
MEASURED = {1: (3600.0, 0.40), 2: (6000.0, 0.45), 4: (9000.0, 0.47), 5: (9900.0, 0.46)}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_it_begins_at_the_last_round_and_ends_with_the_budget() -> None:
    outcome = outlook("pq", MEASURED, 18_000.0, rng())
    assert outcome is not None
    assert [each.at_s for each in outcome.ahead] == pytest.approx([9900, 11250, 12600, 13950, 15300, 16650, 18000])
    assert [each.mean for each in outcome.ahead] == sorted(each.mean for each in outcome.ahead)


def test_each_earlier_round_is_held_against_its_next_and_the_last() -> None:
    outcome = outlook("pq", MEASURED, 18_000.0, rng())
    assert outcome is not None
    assert [(each.made_in, each.of_round, each.came) for each in outcome.checks] == [
        (2, 4, 0.47),
        (2, 5, 0.46),
        (4, 5, 0.46),
    ]


def test_an_earlier_forecast_knows_nothing_later() -> None:
    outcome = outlook("pq", MEASURED, 18_000.0, rng())
    changed = outlook("pq", {**MEASURED, 4: (9000.0, 0.9), 5: (9900.0, 0.1)}, 30_000.0, rng())
    assert outcome is not None
    assert changed is not None
    assert [each.expected for each in changed.checks[:2]] == [each.expected for each in outcome.checks[:2]]
    curve = fit_learning_curve([MEASURED[1], MEASURED[2]], rng())
    assert curve is not None
    assert outcome.checks[0].expected == curve.expect(9000.0)


@pytest.mark.parametrize("rounds", [0, 1])
def test_too_few_rounds_have_no_outlook_and_it_is_said(rounds: int) -> None:
    assert outlook("pq", dict(list(MEASURED.items())[:rounds]), 18_000.0, rng()) is None
    assert say_outlook(None, finished=False) == "A forecast needs 2 rounds."


def test_a_report_has_one_for_each_measure_that_was_measured(a_report: Make, a_round: MakeRound) -> None:
    report = with_outlooks(a_report(), rng())
    assert [each.measure for each in report.outlooks] == ["pq", "ap50"]
    assert report.outlooks[0].ahead[-1].at_s == pytest.approx(1.5 * 7200)  # the budget is spent: half as far again
    running = with_outlooks(a_report(budget_s=9000.0, stopped_because=""), rng())
    assert running.outlooks[0].ahead[-1].at_s == 9000.0
    each = a_report(rounds=(a_round(0, 1800.0, 0.3), a_round(1, 3600.0, 0.4, ap50=None)))
    assert [outcome.measure for outcome in with_outlooks(each, rng()).outlooks] == ["pq"]
    assert with_outlooks(a_report(rounds=()), rng()).outlooks == ()


def test_a_budget_of_images_ends_where_those_labeled_so_far_say(a_report: Make, a_round: MakeRound) -> None:
    """Each image takes 240 s: 10 to test on, 30 and 20 to learn from, and the 20 that the last network chose."""
    tested, chosen = [
        tuple(ChosenImage(f"{name}{number}", None, "", 240.0) for number in range(images))
        for name, images in (("t", 10), ("c", 20))
    ]
    first = a_round(1, 40 * 240.0, 0.3, labeled_images=30)
    before = a_round(2, 60 * 240.0, 0.4, labeled_images=50)
    after = replace(before, batch=chosen)
    for spent_images, last in ((60, before), (80, after)):
        report = a_report(
            budget_s=None,
            budget_images=90,
            spent_s=spent_images * 240.0,
            stopped_because="",
            rounds=(first, last),
            test=tested,
        )
        assert with_outlooks(report, rng()).outlooks[0].ahead[-1].at_s == pytest.approx(90 * 240)


def test_a_report_with_outlooks_reads_back(a_report: Make) -> None:
    report = with_outlooks(a_report(), rng())
    assert from_json(to_json(report)) == report


def test_rounds_without_a_number_or_a_cost_are_left_out(a_round: MakeRound) -> None:
    rounds = (a_round(0, 0.0, 0.2), a_round(1, 60.0, None), a_round(2, 90.0, 0.4))
    assert points(rounds, "pq") == {2: (90.0, 0.4)}


def test_outlooks_end_with_the_budget_or_after_it_half_as_far_again() -> None:
    assert until_s(7000.0, 7200.0, finished=True) == 10_500.0
    assert until_s(3000.0, 7200.0, finished=True) == 7200.0
    assert until_s(3000.0, 7200.0, finished=False) == 7200.0


def test_it_is_said_in_a_sentence_with_how_right_it_was() -> None:
    now, then = Expected(3600, 0.40, 0.37, 0.43), Expected(10_800, 0.452, 0.41, 0.489)
    checks = (
        CheckedForecast(1, 2, Expected(1800, 0.30, 0.28, 0.32), 0.31),
        CheckedForecast(1, 3, Expected(3600, 0.50, 0.48, 0.52), 0.40),
        CheckedForecast(2, 3, Expected(3600, 0.43, 0.41, 0.45), 0.40),
    )
    outcome = Outlook("pq", (now, then), checks)
    expected = "expected to bring panoptic quality to 0.45 (80% between 0.41 and 0.49)."
    assert say_outlook(outcome, finished=False) == (
        f"The 2 h from the last network to the end of the budget are {expected}"
    )
    assert say_outlook(outcome, finished=True) == f"2 h more would be {expected}"
    assert say_checks(outcome) == "Of 2 earlier forecasts of the next round, 1 held; they were off by 0.020 on average."
    assert say_checks(Outlook("pq", (now, then))) == ""
