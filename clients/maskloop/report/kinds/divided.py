"""Batches that were divided among kinds of labels: what was planned, what was bought, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from maskloop.pages.wording import say_count, say_kind, say_number
from maskloop.report.report import RoundReport, RunReport
from maskloop.values import MARKS, Estimate, KindOutlook, KindsPlan, SupervisionKind
from maskloop.values.measures import DECIDING, measured

HOUR_S = 3600.0


@dataclass(frozen=True)
class DividedBatch:
    """One batch.

    Args:
        name: for a person.
        plan: how the server divided it.
        begun_s: annotator seconds that had been spent before it.
        spent_s: seconds that it took, by kind.
        after: the network that learnt from it; `None` while there is none.
    """

    name: str
    plan: KindsPlan
    begun_s: float
    spent_s: Mapping[str, float]
    after: RoundReport | None

    @property
    def came(self) -> float | None:
        """Panoptic quality of that network."""
        return None if self.after is None else measured(self.after, DECIDING)

    @property
    def right(self) -> bool | None:
        """Whether that lies within what was expected; `None` while nobody knows."""
        expected = self.plan.expected
        return None if self.came is None else expected.low <= self.came <= expected.high

    @property
    def took_s(self) -> float:
        """Seconds of all kinds."""
        return sum(self.spent_s.values())

    def bought_share(self, kind: SupervisionKind) -> float:
        """What share of its seconds the kind took."""
        return self.spent_s.get(kind.value, 0.0) / self.took_s if self.took_s else 0.0


def divided_batches(report: RunReport) -> list[DividedBatch]:
    """The campaign's batches that the server divided, in order; what has not been bought yet is left out."""
    return list(_batches(report))


def _batches(report: RunReport) -> Iterator[DividedBatch]:
    plans = [("first batch", report.initial_kinds), *((f"round {row.round}", row.kinds) for row in report.rounds)]
    after_rounds = (row.spent_s_by_kind for row in report.rounds)
    spent: list[Mapping[str, float]] = [_before_first(report), *after_rounds, report.spent_s_by_kind]
    networks: list[RoundReport | None] = [*report.rounds, None]
    for place, (name, plan) in enumerate(plans):
        before, after = spent[place], spent[place + 1]
        bought = {kind: seconds - before.get(kind, 0.0) for kind, seconds in after.items()}
        if plan is not None:
            kinds = {each.kind.value for each in plan.kinds}
            of_plan = {kind: max(0.0, seconds) for kind, seconds in bought.items() if kind in kinds}
            if any(of_plan.values()):
                yield DividedBatch(name, plan, sum(before.values()), of_plan, networks[place])


def _before_first(report: RunReport) -> Mapping[str, float]:
    """Seconds by kind before the first batch: of test images, and of what `--weak` bought. Of a kind that batches are
    divided among, such as boxes, that is what is missing of the budget then, besides these."""
    plan = report.initial_kinds
    if plan is None or report.budget_s is None:
        return {}
    divided = {each.kind for each in plan.kinds}
    weak_s = {
        kind.value: report.spent_s_by_kind.get(kind.value, 0.0)
        for kind in (SupervisionKind.IMAGE_LEVEL, *MARKS)
        if kind not in divided
    }
    boxes_s = report.budget_s - plan.left_s - report.test_s - sum(weak_s.values())
    return {**weak_s, "full": report.test_s, "boxes": max(0.0, boxes_s)}


def say_divided(batches: list[DividedBatch]) -> str:
    """How right the plans were, for a person."""
    known = [each for each in batches if each.right is not None]
    if not known:
        return "What came of the shares is known with the next network."
    right = sum(bool(each.right) for each in known)
    off = [(each.came or 0.0) - each.plan.expected.mean for each in known]
    least, most = min(off), max(off)
    within = f"{right} of {say_count(len(known), 'network')} measured within what was expected"
    return (
        f"{within}; they were off by {least:+.2f}."
        if least == most
        else f"{within}; off by {least:+.2f} to {most:+.2f}."
    )


def say_estimate(estimate: Estimate) -> str:
    """A mean with its interval."""
    return f"{say_number(estimate.mean)} ({say_number(estimate.low)} to {say_number(estimate.high)})"


def say_gain(outlook: KindOutlook) -> str:
    """What an hour of a kind should gain, with its interval."""
    gain = outlook.gain_per_s
    return say_estimate(Estimate(gain.mean * HOUR_S, gain.low * HOUR_S, gain.high * HOUR_S))


def say_share(batch: DividedBatch, kind: SupervisionKind) -> str:
    """A kind's share of a batch as it was bought, and as it was planned where that differs by a tenth."""
    bought, planned = batch.bought_share(kind), batch.plan.shares.get(kind, 0.0)
    return f"{bought:.0%}" + (f" (planned {planned:.0%})" if abs(bought - planned) >= 0.1 else "")


def describe(batches: list[DividedBatch]) -> str:
    """All of it in a sentence, for who cannot see the figure."""
    parts = [
        f"{batch.name}: "
        + ", ".join(f"{say_kind(each.kind)} {say_share(batch, each.kind)}" for each in batch.plan.kinds)
        for batch in batches
    ]
    return f"{'; '.join(parts)}. {say_divided(batches)}"
