"""What the annotator time bought, in one or two sentences that stay honest when the baseline wins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from maskloop.report.values import Baseline, RoundReport, RunReport
from maskloop.report.words import say_count, say_number, say_strategy, say_time

TIE = 0.01
"""Mean IoUs closer than this are called equal: what retraining with another seed changes anyway."""
SAME_TIME = 0.02
"""Times that differ by at most this share are called the same."""


def verdict(report: RunReport) -> tuple[str, ...]:
    """The sentences for the head of the report, first the result, then the comparison."""
    last = last_measured(report.rounds)
    if last is None:
        return (f"{_so_far(report)}No quality has been measured yet.".strip(), *_pending(report))
    if len(report.rounds) == 1:
        return (_first_network(last), *_pending(report))
    return (_result(report, last), _comparison(report, last))


def last_measured(rounds: Sequence[RoundReport]) -> RoundReport | None:
    """The last round whose mean IoU is known."""
    return next((one for one in reversed(rounds) if one.mean_iou is not None), None)


def iou_at(rounds: Sequence[RoundReport], spent_s: float) -> float | None:
    """Mean IoU after `spent_s` seconds, linear between rounds; `None` outside of what was measured."""
    for (before_s, before), (after_s, after) in pairwise(_curve(rounds)):
        if before_s <= spent_s <= after_s and after_s > before_s:
            return before + (after - before) * (spent_s - before_s) / (after_s - before_s)
    return next((iou for at_s, iou in _curve(rounds) if at_s == spent_s), None)


def time_to(rounds: Sequence[RoundReport], mean_iou: float) -> float | None:
    """Seconds after which the curve first reaches `mean_iou`, linear between rounds; `None` if it never does."""
    curve = _curve(rounds)
    if curve and curve[0][1] >= mean_iou:
        return curve[0][0]
    for (before_s, before), (after_s, after) in pairwise(curve):
        if before < mean_iou <= after:
            return before_s + (after_s - before_s) * (mean_iou - before) / (after - before)
    return None


def rival(report: RunReport) -> tuple[str, Baseline] | None:
    """The baseline the verdict speaks of: random if there is one, else the first with a measured round."""
    measured = {name: arm for name, arm in report.baselines.items() if last_measured(arm.rounds)}
    name = "random" if "random" in measured else next(iter(measured), None)
    return None if name is None else (name, measured[name])


def _curve(rounds: Sequence[RoundReport]) -> list[tuple[float, float]]:
    return [(one.spent_s, one.mean_iou) for one in rounds if one.mean_iou is not None]


def _so_far(report: RunReport) -> str:
    return "" if report.finished else "So far: "


def _pending(report: RunReport) -> tuple[str, ...]:
    if report.finished:
        return (f"The campaign ended before anything was chosen: {report.stopped_because}.",)
    return (f"The campaign is running; its budget is {say_budget(report)}.",)


def say_budget(report: RunReport) -> str:
    """The budget as it was given: time, or a number of images."""
    if report.budget_s is None:
        return say_count(report.budget_images or 0, "labeled image")
    return say_time(report.budget_s)


def _first_network(first: RoundReport) -> str:
    return (
        f"The first network, trained on {say_count(first.labeled_images, 'labeled image')} "
        f"({say_time(first.spent_s)} of annotator time), reaches a mean IoU of {say_number(first.mean_iou)}."
    )


def _result(report: RunReport, last: RoundReport) -> str:
    start = report.rounds[0].mean_iou
    rise = "" if start is None else f", {_change(start, last.mean_iou or 0.0)} {say_number(start)} at the start"
    time = f"{say_time(last.spent_s)} of annotator time bought a mean IoU of {say_number(last.mean_iou)}{rise}."
    return time if report.finished else f"So far, {time} The campaign is still running."


def _change(start: float, end: float) -> str:
    if abs(end - start) < TIE:
        return "hardly different from"
    return "up from" if end > start else "down from"


def _comparison(report: RunReport, last: RoundReport) -> str:
    found = rival(report)
    if found is None:
        return _without_baseline(report)
    name, arm = found
    other = last_measured(arm.rounds)
    assert other is not None
    at_s = min(last.spent_s, other.spent_s)
    ours, theirs = iou_at(report.rounds, at_s), iou_at(arm.rounds, at_s)
    if abs(last.spent_s - other.spent_s) <= SAME_TIME * last.spent_s:
        return _judge(report, name, last.mean_iou, other.mean_iou, "in the same time")
    if ours is None or theirs is None:
        return f"{_subject(name)} was not measured in the same range of time, so the two cannot be compared."
    if at_s == last.spent_s:
        return _judge(report, name, ours, theirs, "in the same time")
    return _judge(report, name, ours, theirs, f"in {say_time(at_s)}, where this campaign stood at {say_number(ours)}")


def _without_baseline(report: RunReport) -> str:
    if report.strategy == "random":
        return "Its images were chosen at random: this is the yardstick for other ways of choosing."
    if report.baselines or not report.finished:
        return "No baseline has been measured yet, so this does not say whether the way of choosing helped."
    return "No baseline was run, so this does not say whether the way of choosing helped."


def _judge(report: RunReport, name: str, ours: float | None, theirs: float | None, when: str) -> str:
    """Name the winner of two measured mean IoUs, or say that there is none."""
    got = f"{_subject(name)} got {say_number(theirs)} {when}"
    gap = (ours or 0.0) - (theirs or 0.0)
    chosen = say_strategy(report.strategy)
    if abs(gap) < TIE:
        return f"{got}: no difference worth the name."
    if gap < 0:
        return f"{got}: here {chosen} lost by {say_number(-gap)}."
    return f"{got}: {chosen} is {say_number(gap)} ahead."


def _subject(name: str) -> str:
    text = say_strategy(name)
    return text[0].upper() + text[1:]
