"""What more time is expected to bring, and how right such forecasts were in earlier rounds.

An earlier round's forecast is made again, from the rounds up to it and nothing later: it is what was said then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from maskloop.costs.budget_end import end_of_budget_s
from maskloop.forecasting.learning_curve import CONFIDENCE, FEWEST_POINTS, LearningCurve, fit_learning_curve
from maskloop.pages.wording import say_count, say_measure, say_number, say_time
from maskloop.report.report import CheckedForecast, Outlook, RoundReport, RunReport
from maskloop.report.summary import images_to_learn_from
from maskloop.values.measures import BESIDE, measured

STEPS = 6
FURTHER = 0.5
"""When a campaign has ended: what this share of its time again would bring."""

Points = Sequence[tuple[float, float]]


def with_outlooks(report: RunReport, rng: np.random.Generator) -> RunReport:
    """`report` with an outlook for each measure that has enough rounds."""
    labeled = len(report.test) + images_to_learn_from(report)
    end_s = end_of_budget_s(report.budget_s, report.budget_images, report.spent_s, labeled)
    to_s = until_s(report.spent_s, end_s, finished=report.finished)
    outlooks = (outlook(measure, points(report.rounds, measure), to_s, rng) for measure in (report.decided_by, BESIDE))
    return replace(report, outlooks=tuple(each for each in outlooks if each is not None))


def points(rounds: Sequence[RoundReport], measure: str) -> dict[int, tuple[float, float]]:
    """(seconds of annotator time, quality) by round, where it was measured; nothing at 0 seconds."""
    known = {row.round: (row.spent_s, measured(row, measure)) for row in rounds if row.spent_s > 0}
    return {number: (at_s, value) for number, (at_s, value) in known.items() if value is not None}


def outlook(
    measure: str, curve: dict[int, tuple[float, float]], to_s: float, rng: np.random.Generator
) -> Outlook | None:
    """What `measure` is expected to be up to `to_s` seconds; `None` as long as there are too few rounds.

    Args:
        measure: by name.
        curve: see `points`.
        to_s: where the outlook ends.
        rng: makes the draws.
    """
    numbers = list(curve)
    fitted = {
        number: fit_learning_curve([curve[earlier] for earlier in numbers[:place]], rng)
        for place, number in enumerate(numbers, start=1)
        if place >= FEWEST_POINTS
    }
    latest = fitted.get(numbers[-1]) if numbers else None
    if latest is None:
        return None
    from_s = curve[numbers[-1]][0]
    steps = np.linspace(from_s, max(to_s, from_s), STEPS + 1)
    checks = [
        _check(explained, made_in, of_round, curve)
        for made_in, explained in fitted.items()
        if explained is not None
        for of_round in _later(numbers, made_in)
    ]
    return Outlook(measure, tuple(latest.expect(float(at_s)) for at_s in steps), tuple(checks))


def until_s(spent_s: float, end_s: float, *, finished: bool) -> float:
    """Where outlooks end: with the budget or, when the campaign has ended, half as far again if that is farther."""
    return max(end_s, spent_s * (1 + FURTHER)) if finished else end_s


def say_outlook(forecast: Outlook | None, *, finished: bool) -> str:
    """The outlook in a sentence."""
    if forecast is None:
        return f"A forecast needs {FEWEST_POINTS} rounds."
    now, then = forecast.ahead[0], forecast.ahead[-1]
    more = say_time(then.at_s - now.at_s)
    what = f"{more} more would be" if finished else f"The {more} from the last network to the end of the budget are"
    return (
        f"{what} expected to bring {say_measure(forecast.measure)} to {say_number(then.mean)} "
        f"({CONFIDENCE:.0%} between {say_number(then.low)} and {say_number(then.high)})."
    )


def say_checks(forecast: Outlook) -> str:
    """How right the forecasts of the round before were; "" while there is none to check."""
    nearest = next_round_checks(forecast)
    if not nearest:
        return ""
    right = sum(check.right for check in nearest)
    error = sum(abs(check.expected.mean - check.came) for check in nearest) / len(nearest)
    return (
        f"Of {say_count(len(nearest), 'earlier forecast')} of the next round, {right} held; "
        f"they were off by {say_number(error, 3)} on average."
    )


def next_round_checks(forecast: Outlook) -> list[CheckedForecast]:
    """The checks of each forecast's next round, in order."""
    nearest = {check.made_in: check for check in reversed(forecast.checks)}
    return list(nearest.values())[::-1]


def _later(numbers: Sequence[int], made_in: int) -> Sequence[int]:
    """The round after `made_in` and the last one; one of them when they are the same, none after the last."""
    later = numbers[numbers.index(made_in) + 1 :]
    return list(dict.fromkeys([later[0], later[-1]])) if later else []


def _check(
    explained: LearningCurve, made_in: int, of_round: int, curve: dict[int, tuple[float, float]]
) -> CheckedForecast:
    at_s, came = curve[of_round]
    return CheckedForecast(made_in, of_round, explained.expect(at_s), came)
