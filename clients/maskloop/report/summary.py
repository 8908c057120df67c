"""What the annotator time bought, in one or two sentences that stay honest when the baseline wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from maskloop.pages.wording import capital, say_budget, say_count, say_number, say_strategy, say_time
from maskloop.report.report import RoundReport, RunReport

TIE = 0.045
"""Mean IoUs closer than this are called equal. Those of networks that differ in their seed alone have a deviation of
.016, as measured on several sets; the difference of two is within 1.96 x sqrt(2) x .016 in 95 of 100 cases."""
SAME_TIME = 0.02
"""Times that differ by at most this share are called the same."""


def summary(report: RunReport) -> tuple[str, ...]:
    """The sentences for the head of the report: the result, the comparison, the strongest of other baselines, and
    whether the strategy has had a say at all."""
    last = last_measured(report.rounds)
    if last is None:
        return ("No quality has been measured yet.", _pending(report))
    if len(report.rounds) == 1:
        return (_first_network(last), _pending(report))
    rival = _rival(report)
    others = [beside for name in report.baselines if name != rival and (beside := compare(report, name)) is not None]
    best = [_beside(report, last, min(others, key=lambda beside: beside.lead))] if others else []
    return (_result(report, last), _comparison(report, last), *best, *_never_trusted(report))


def last_measured(rounds: Sequence[RoundReport]) -> RoundReport | None:
    """The last round whose mean IoU is known."""
    return next((row for row in reversed(rounds) if row.mean_iou is not None), None)


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


@dataclass(frozen=True)
class Comparison:
    """Mean IoU of the campaign and of a baseline after the same `at_s` seconds of annotator time.

    `both_ended` says that this is where both curves end. `saved_s` is how much sooner the campaign reached where the
    baseline ends: 0 when it did not.
    """

    baseline: str
    at_s: float
    ours: float
    theirs: float
    both_ended: bool
    saved_s: float

    @property
    def lead(self) -> float:
        """Ours minus theirs as rounded for print, so that what is printed adds up."""
        return round(self.ours, 2) - round(self.theirs, 2)

    @property
    def tied(self) -> bool:
        """Whether the difference is too small to speak of."""
        return abs(self.ours - self.theirs) < TIE


def compare(report: RunReport, baseline: str = "") -> Comparison | None:
    """The campaign beside a baseline (random, else the first measured one) at the last time both have reached.

    `None` without a measured baseline, or when the two were measured in different ranges of time.
    """
    name = baseline or _rival(report)
    ours, theirs = report.rounds, report.baselines[name].rounds if name else ()
    our_last, their_last = last_measured(ours), last_measured(theirs)
    if name is None or our_last is None or their_last is None:
        return None
    at_s = min(our_last.spent_s, their_last.spent_s)
    same = abs(our_last.spent_s - their_last.spent_s) <= SAME_TIME * our_last.spent_s
    ours_iou = our_last.mean_iou if same else iou_at(ours, at_s)
    their_iou = their_last.mean_iou if same else iou_at(theirs, at_s)
    if ours_iou is None or their_iou is None:
        return None
    reached_s = time_to(ours, their_last.mean_iou or 0.0)
    saved_s = 0.0 if reached_s is None else max(0.0, their_last.spent_s - reached_s)
    return Comparison(name, at_s, ours_iou, their_iou, same, saved_s)


def _rival(report: RunReport) -> str | None:
    measured = [name for name, arm in report.baselines.items() if last_measured(arm.rounds)]
    return "random" if "random" in measured else next(iter(measured), None)


def _curve(rounds: Sequence[RoundReport]) -> list[tuple[float, float]]:
    return [(row.spent_s, row.mean_iou) for row in rounds if row.mean_iou is not None]


def _pending(report: RunReport) -> str:
    if report.finished:
        return f"The campaign ended before anything was chosen: {report.stopped_because}."
    return f"The campaign is running; its budget is {say_budget(report.budget_s, report.budget_images)}."


def _first_network(first: RoundReport) -> str:
    return (
        f"The first network, trained on {say_count(first.labeled_images, 'labeled image')} "
        f"({say_time(first.spent_s)} of annotator time), reaches a mean IoU of {say_number(first.mean_iou)}."
    )


def _result(report: RunReport, last: RoundReport) -> str:
    start, end = report.rounds[0].mean_iou, last.mean_iou or 0.0
    rise = "" if start is None else f", {_change(start, end)} {say_number(start)} at the start"
    so_far = "" if report.finished else "So far, "
    return f"{so_far}{say_time(last.spent_s)} of annotator time bought a mean IoU of {say_number(end)}{rise}."


def _change(start: float, end: float) -> str:
    if abs(end - start) < TIE:
        return "hardly different from"
    return "up from" if end > start else "down from"


def _comparison(report: RunReport, last: RoundReport) -> str:
    beside, name = compare(report), _rival(report)
    if name is None:
        return _without_baseline(report)
    if beside is None:
        return f"{_subject(name)} was measured in another range of time, so the two cannot be compared yet."
    return _beside(report, last, beside)


def _beside(report: RunReport, last: RoundReport, beside: Comparison) -> str:
    when = "in the same time"
    if not beside.both_ended and beside.at_s < last.spent_s:
        when = f"in {say_time(beside.at_s)}, where this campaign stood at {say_number(beside.ours)}"
    return f"{_subject(beside.baseline)} got {say_number(beside.theirs)} {when}: {_outcome(report, beside)}."


def _outcome(report: RunReport, beside: Comparison) -> str:
    """Names the winner, or says that there is none."""
    if beside.tied:
        return "no difference worth the name"
    if beside.lead < 0:
        return f"here {say_strategy(report.strategy)} lost by {say_number(-beside.lead)}"
    return f"{say_strategy(report.strategy)} is {say_number(beside.lead)} ahead"


def _never_trusted(report: RunReport) -> tuple[str, ...]:
    """That another way chose in place of the one that is reported on, where it did so in every round."""
    choosing = [row for row in report.rounds if row.batch]
    if not choosing or not all(row.fallback for row in choosing):
        return ()
    strategy = _subject(report.strategy)
    return (
        f"{strategy} itself chose nothing: in no round was the predicted IoU to be trusted, and images were drawn.",
    )


def _without_baseline(report: RunReport) -> str:
    if report.strategy == "random":
        return "Its images were chosen at random: this is the yardstick for other ways of choosing."
    if report.baselines or not report.finished:
        return "No baseline has been measured yet, so this does not say whether the way of choosing helped."
    return "No baseline was run, so this does not say whether the way of choosing helped."


def _subject(name: str) -> str:
    return capital(say_strategy(name))
