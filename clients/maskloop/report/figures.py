"""The report's figures in reading order, and those over annotator time: quality, its forecast, spending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maskloop.forecasting.learning_curve import CONFIDENCE
from maskloop.pages.figures import ARM_COLOURS, ARM_MARKERS, MUTED, PAPER, Drawing, figure, name_time_axes, time_unit
from maskloop.pages.wording import capital, say_kind, say_measure, say_number, say_strategy, say_time
from maskloop.report import reliability_figures
from maskloop.report.kinds.figure import kinds_figure
from maskloop.report.outlook import next_round_checks, say_checks, say_outlook
from maskloop.report.report import RunReport
from maskloop.report.reviews.figures import review_steps
from maskloop.report.summary import curve_of
from maskloop.values import SupervisionKind
from maskloop.values.measures import FORMERLY

KIND_COLOURS = dict(
    zip(
        SupervisionKind,
        ("#8c96a3", "#e69f00", "#cc79a7", "#f0e442", "#56b4e9", "#009e73", "#7f5539"),
        strict=True,
    )
)


def figures(report: RunReport) -> tuple[Drawing, ...]:
    """The figures for which `report` has numbers, in reading order."""
    drawings = [
        *(_quality(report, measure) for measure in report.shown),
        _outlook(report),
        _spending(report),
        kinds_figure(report, KIND_COLOURS),
        review_steps(report.reviews),
        reliability_figures.raw_reliability(report),
        reliability_figures.reliability(report),
        reliability_figures.chosen_sizes(report),
        reliability_figures.chosen_objects(report),
    ]
    return tuple(drawing for drawing in drawings if drawing is not None)


def curve_name(measure: str) -> str:
    """Of the figure of a measure over annotator time: `curve-mean-iou`."""
    return f"curve-{measure.replace('_', '-')}"


def _quality(report: RunReport, measure: str) -> Drawing | None:
    title, name = capital(say_measure(measure)), curve_name(measure)
    arms = {arm: curve_of(rounds, measure) for arm, rounds in report.arms()}
    arms = {arm: points for arm, points in arms.items() if points}
    if not arms:
        return None
    unit_s, unit = time_unit(max(at_s for points in arms.values() for at_s, _ in points))
    constant = report.constant_iou if measure == FORMERLY else None

    def draw(axes: Any) -> None:
        for arm, points in arms.items():
            place = _place(report, arm)
            hours, values = zip(*[(at_s / unit_s, value) for at_s, value in points], strict=True)
            label = f"{say_strategy(arm)}: {say_number(values[-1])}"
            dashes = "-" if arm == report.strategy else "--"
            axes.plot(
                hours, values, dashes, color=ARM_COLOURS[place], marker=ARM_MARKERS[place], lw=2, ms=6, label=label
            )
        if constant is not None:
            axes.axhline(constant, color=MUTED, ls=":", lw=1.5, label=f"one constant mask: {say_number(constant)}")
        axes.set_xlim(left=0)
        axes.margins(y=0.12)
        name_time_axes(axes, unit, title)

    ends = "; ".join(f"{say_strategy(arm)} ends at {say_number(points[-1][1])}" for arm, points in arms.items())
    return figure(name, f"{title} over annotator time", f"{ends}.", draw)


def _place(report: RunReport, arm: str) -> int:
    """Which colour an arm takes: random always the second, the others the rest in order."""
    others = [name for name, _ in report.arms() if name != "random"]
    places = [place for place in range(len(ARM_COLOURS)) if place != 1]
    return 1 if arm == "random" else places[others.index(arm) % len(places)]


def _outlook(report: RunReport) -> Drawing | None:
    outlook = next(iter(report.outlooks), None)
    if outlook is None:
        return None
    unit_s, unit = time_unit(outlook.ahead[-1].at_s)
    colour, title = ARM_COLOURS[_place(report, report.strategy)], capital(say_measure(outlook.measure))

    def draw(axes: Any) -> None:
        measured = [(at_s / unit_s, value) for at_s, value in curve_of(report.rounds, outlook.measure)]
        axes.plot(*zip(*measured, strict=True), "o", color=colour, ms=6, label="measured")
        ahead = [expected.at_s / unit_s for expected in outlook.ahead]
        low, high = [expected.low for expected in outlook.ahead], [expected.high for expected in outlook.ahead]
        axes.fill_between(ahead, low, high, color=colour, alpha=0.2, lw=0, label=f"{CONFIDENCE:.0%} of what is to come")
        axes.plot(ahead, [expected.mean for expected in outlook.ahead], "--", color=colour, lw=2, label="expected")
        strip = {"color": MUTED, "lw": 5, "alpha": 0.45, "solid_capstyle": "butt"}
        for number, check in enumerate(next_round_checks(outlook)):
            at, label = check.expected.at_s / unit_s, None if number else "said one round before"
            axes.plot([at, at], [check.expected.low, check.expected.high], **strip, label=label)
        axes.set_xlim(left=0)
        name_time_axes(axes, unit, title)

    description = f"{say_outlook(outlook, finished=report.finished)} {say_checks(outlook)}".strip()
    return figure("outlook", f"{title} to be expected of more annotator time", description, draw)


def _spending(report: RunReport) -> Drawing | None:
    bars = spending_by_round(report)
    kinds = [kind for kind in SupervisionKind if any(kind in spent for _, spent in bars)]
    if not kinds:
        return None
    unit_s, unit = time_unit(max(sum(spent.values()) for _, spent in bars))

    def draw(axes: Any) -> None:
        base = [0.0 for _ in bars]
        for kind in kinds:
            heights = [spent.get(kind, 0.0) / unit_s for _, spent in bars]
            label = f"{say_kind(kind)}: {say_time(report.spent_s_by_kind.get(kind, 0.0))} in all"
            axes.bar(
                range(len(bars)), heights, 0.7, base, color=KIND_COLOURS[kind], edgecolor=PAPER, lw=0.8, label=label
            )
            base = [low + height for low, height in zip(base, heights, strict=True)]
        axes.set_xticks(range(len(bars)), [name for name, _ in bars])
        axes.grid(axis="x", visible=False)
        axes.set_xlabel("bought before the network of round")
        axes.set_ylabel(f"annotator {unit}")

    parts = [f"{say_kind(kind)} {say_time(report.spent_s_by_kind.get(kind, 0.0))}" for kind in kinds]
    return figure("spending", "Annotator time by kind and round", f"In all: {', '.join(parts)}.", draw)


def spending_by_round(report: RunReport) -> list[tuple[str, Mapping[str, float]]]:
    """Seconds by kind that each round added; a last entry holds what was spent after the last network."""
    totals = [(str(row.round), row.spent_s_by_kind) for row in report.rounds]
    last = totals[-1][1] if totals else {}
    if any(seconds - last.get(kind, 0.0) > 0.5 for kind, seconds in report.spent_s_by_kind.items()):
        totals.append(("later", report.spent_s_by_kind))
    earlier: list[Mapping[str, float]] = [{}, *(total for _, total in totals)]
    return [(name, _added(total, before)) for (name, total), before in zip(totals, earlier, strict=False)]


def _added(total: Mapping[str, float], before: Mapping[str, float]) -> Mapping[str, float]:
    return {kind: max(0.0, seconds - before.get(kind, 0.0)) for kind, seconds in total.items()}
