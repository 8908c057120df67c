"""What the annotator time bought, in one or two sentences that stay honest when the baseline wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from maskloop.pages.wording import (
    capital,
    say_a_measure,
    say_budget,
    say_learnt_from,
    say_number,
    say_strategy,
    say_time,
)
from maskloop.report.report import RoundReport, RunReport
from maskloop.values.measures import is_noise, measured

Curve = Sequence[tuple[float, float]]
"""Quality over seconds of annotator time."""
SAME_TIME = 0.02
"""Times that differ by at most this share are called the same."""


def summary(report: RunReport) -> tuple[str, ...]:
    """The sentences for the head of the report: the result, the comparison, the strongest of other baselines, and
    whether the strategy has had a say at all."""
    last = last_measured(report.rounds, report.decided_by)
    if last is None and report.not_measured:
        return (_without_quality(report), *_pending_or_not(report))
    if last is None:
        return ("No quality has been measured yet.", _pending(report))
    if len(report.rounds) == 1:
        return (_first_network(report, last), _pending(report))
    rival = _rival(report)
    others = [beside for name in report.baselines if name != rival and (beside := compare(report, name)) is not None]
    best = [_beside(report, last, min(others, key=lambda beside: beside.lead))] if others else []
    return (_result(report, last), _comparison(report, last), *best, *_never_trusted(report))


def images_to_learn_from(report: RunReport) -> int:
    """Images labeled to learn from so far: those of the last network, and the batch that it chose."""
    return report.rounds[-1].labeled_images + len(report.rounds[-1].batch) if report.rounds else 0


def last_measured(rounds: Sequence[RoundReport], measure: str) -> RoundReport | None:
    """The last round that was measured so."""
    return next((row for row in reversed(rounds) if measured(row, measure) is not None), None)


def quality_at(curve: Curve, spent_s: float) -> float | None:
    """Quality after `spent_s` seconds, linear between rounds; `None` outside of what was measured."""
    for (before_s, before), (after_s, after) in pairwise(curve):
        if before_s <= spent_s <= after_s and after_s > before_s:
            return before + (after - before) * (spent_s - before_s) / (after_s - before_s)
    return next((quality for at_s, quality in curve if at_s == spent_s), None)


def time_to(curve: Curve, quality: float) -> float | None:
    """Seconds after which the curve first reaches `quality`, linear between rounds; `None` if it never does."""
    if curve and curve[0][1] >= quality:
        return curve[0][0]
    for (before_s, before), (after_s, after) in pairwise(curve):
        if before < quality <= after:
            return before_s + (after_s - before_s) * (quality - before) / (after - before)
    return None


def curve_of(rounds: Sequence[RoundReport], measure: str) -> Curve:
    """A measure of rounds over their seconds, as far as it was measured."""
    values = ((row.spent_s, measured(row, measure)) for row in rounds)
    return [(at_s, value) for at_s, value in values if value is not None]


@dataclass(frozen=True)
class Comparison:
    """Quality of the campaign and of a baseline, by `measure`, after the same `at_s` seconds of annotator time.

    `both_ended` says that this is where both curves end. `saved_s` is how much sooner the campaign reached where the
    baseline ends: 0 when it did not.
    """

    baseline: str
    measure: str
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
        """Whether the difference may be no more than that of two trainings."""
        return is_noise(self.ours - self.theirs, self.measure)


def compare(report: RunReport, baseline: str = "") -> Comparison | None:
    """The campaign beside a baseline (random, else the first measured one) at the last time both have reached.

    `None` without a measured baseline, or when the two were measured in different ranges of time.
    """
    name, measure = baseline or _rival(report), report.decided_by
    ours = curve_of(report.rounds, measure)
    theirs = curve_of(report.baselines[name].rounds, measure) if name else []
    if name is None or not ours or not theirs:
        return None
    (our_end_s, our_end), (their_end_s, their_end) = ours[-1], theirs[-1]
    at_s = min(our_end_s, their_end_s)
    same = abs(our_end_s - their_end_s) <= SAME_TIME * our_end_s
    our_quality = our_end if same else quality_at(ours, at_s)
    their_quality = their_end if same else quality_at(theirs, at_s)
    if our_quality is None or their_quality is None:
        return None
    reached_s = time_to(ours, their_end)
    saved_s = 0.0 if reached_s is None else max(0.0, their_end_s - reached_s)
    return Comparison(name, measure, at_s, our_quality, their_quality, same, saved_s)


def _rival(report: RunReport) -> str | None:
    known = [name for name, arm in report.baselines.items() if last_measured(arm.rounds, report.decided_by)]
    return "random" if "random" in known else next(iter(known), None)


def _pending(report: RunReport) -> str:
    if report.finished:
        return f"The campaign ended before anything was chosen: {report.stopped_because}."
    return f"The campaign is running; its budget is {say_budget(report.budget_s, report.budget_images)}."


def _without_quality(report: RunReport) -> str:
    last = report.rounds[-1]
    labeled = _learnt_from(last)
    bought = f"{say_time(last.spent_s)} of {report.time_name} bought {labeled} to learn from."
    return f"{bought} How good the network is was not measured: {report.not_measured}."


def _pending_or_not(report: RunReport) -> tuple[str, ...]:
    return () if report.finished else (_pending(report),)


def _learnt_from(row: RoundReport) -> str:
    return say_learnt_from(row.labeled_images, "labeled image", boxed=row.boxed_images, marked=row.marked_images)


def _first_network(report: RunReport, first: RoundReport) -> str:
    learnt = _learnt_from(first)
    return (
        f"The first network, trained on {learnt} ({say_time(first.spent_s)} of {report.time_name}), reaches "
        f"{say_a_measure(report.decided_by)} of {say_number(measured(first, report.decided_by))}."
    )


def _result(report: RunReport, last: RoundReport) -> str:
    measure = report.decided_by
    start, end = measured(report.rounds[0], measure), measured(last, measure) or 0.0
    rise = "" if start is None else f", {_change(start, end, measure)} {say_number(start)} at the start"
    so_far = "" if report.finished else "So far, "
    bought = f"{say_a_measure(measure)} of {say_number(end)}"
    return f"{so_far}{say_time(last.spent_s)} of {report.time_name} bought {bought}{rise}."


def _change(start: float, end: float, measure: str) -> str:
    if is_noise(end - start, measure):
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
