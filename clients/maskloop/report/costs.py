"""What labels cost, planned and measured, in the report's words."""

from __future__ import annotations

from dataclasses import dataclass

from maskloop.pages.wording import capital, say_count, say_kind, say_time
from maskloop.report.report import RunReport
from maskloop.values import KindCosts, OutlineFit, ReviewFit, SecondsEstimate, SupervisionKind

ITEMS = {
    SupervisionKind.COUNTS: "counting a class",
    SupervisionKind.POINTS: "pointing at an object",
    SupervisionKind.SCRIBBLES: "a stroke on an object",
    SupervisionKind.BOXES: "boxing an object",
    SupervisionKind.FULL: "outlining an object",
}


@dataclass(frozen=True)
class StepCosts:
    """One step of labeling under the name a person knows it by; `part` says that it is one category's share of the row
    above."""

    name: str
    seconds: SecondsEstimate
    part: bool = False


@dataclass(frozen=True)
class LabelCosts:
    """What labels of one kind took: a sentence, and the estimate of each step."""

    kind: str
    sentence: str
    steps: tuple[StepCosts, ...]


def label_costs(report: RunReport) -> list[LabelCosts]:
    """The kinds of which a label was timed."""
    if report.costs is None:
        return []
    names = {category.id: category.name for category in report.setup.categories}
    told = [
        LabelCosts(capital(say_kind(costs.kind)), _sentence(costs), _steps(costs, names))
        for costs in report.costs.kinds
        if costs.labels
    ]
    told += [_by_length(report.costs.outlines)] if report.costs.outlines.labels else []
    return told + ([_of_reviews(report.costs.reviews)] if report.costs.reviews.labels else [])


def _of_reviews(fit: ReviewFit) -> LabelCosts:
    steps = (
        StepCosts("drawing what was missed", fit.drawn),
        StepCosts("looking at a proposal", fit.look),
        StepCosts("boxing an object", fit.box),
        StepCosts("mending a whole outline’s worth", fit.mended),
    )
    kept = tuple(step for step in steps if step.seconds.steps)
    return LabelCosts("Labels with proposals", _sentence(fit), kept)


def _by_length(fit: OutlineFit) -> LabelCosts:
    text = (
        f"an outline is {fit.mean_length:.2f} sides long in the mean, each that of a square of the image’s area. "
        f"Seconds expected by length miss the measured ones by {fit.error:.0%}; if all outlines took the same, by "
        f"{fit.flat_error:.0%}. The next campaign can plan so: "
        f"--outline-cost {fit.fixed.estimated_s:.0f}+{fit.length.estimated_s:.0f}."
    )
    steps = (StepCosts("an outline, however long", fit.fixed), StepCosts("each side of its length", fit.length))
    return LabelCosts("Outlines by length", text, steps)


def _steps(costs: KindCosts, names: dict[int, str]) -> tuple[StepCosts, ...]:
    parts = [StepCosts(names.get(key, str(key)), seconds, part=True) for key, seconds in costs.by_category.items()]
    check = StepCosts("checking a class", costs.class_check)
    return check, StepCosts(ITEMS[costs.kind], costs.item), *(parts if len(parts) > 1 else [])


def _sentence(costs: KindCosts | ReviewFit) -> str:
    timed = costs.labels - costs.left_out
    text = f"{say_count(timed, 'label')} planned at {say_time(costs.planned_s)} took {say_time(costs.measured_s)}."
    if not costs.left_out:
        return text
    return f"{text} Left out: {say_count(costs.left_out, 'label')} whose time has little to do with what it shows."
