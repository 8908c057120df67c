"""The report's figures as SVG: quality over annotator time and what is to be expected of it, spending, and predicted
against true IoU.

Every figure is small enough to be read on a phone, keeps its words as text, carries a title and a description for
screen readers, and has one colour (and marker) for one thing everywhere. Colours are of Okabe and Ito's palette, and
two darker ones.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from maskloop.report.learning_curve import CONFIDENCE
from maskloop.report.outlook import next_round_checks, say_checks, say_outlook
from maskloop.report.values import RoundReport, RunReport
from maskloop.report.words import say_count, say_kind, say_number, say_strategy, say_time
from maskloop.values import SupervisionKind

INK, MUTED, GRID, PAPER = "#1d2733", "#5d6a7a", "#dfe4ea", "#fdfdfe"
ARM_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#6a3d9a", "#9a7000")
ARM_MARKERS = ("o", "s", "^", "D", "v", "P")
KIND_COLOURS = dict(
    zip(
        SupervisionKind,
        ("#8c96a3", "#e69f00", "#cc79a7", "#f0e442", "#56b4e9", "#009e73", "#7f5539"),
        strict=True,
    )
)
STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["Inter", "Segoe UI", "Helvetica Neue", "Arial", "DejaVu Sans"],
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
    "legend.fontsize": 11,
}


@dataclass(frozen=True)
class Curve:
    """One figure: `name` is its file name without `.svg`, `description` says in words what is to be seen."""

    name: str
    title: str
    description: str
    svg: str


def curves(report: RunReport) -> tuple[Curve, ...]:
    """The figures for which `report` has numbers, in reading order."""
    drawn = [
        _quality(report, "mean_iou", "Mean IoU", "curve-mean-iou"),
        _quality(report, "ap50", "AP at IoU 0.5", "curve-ap50"),
        _outlook(report),
        _spending(report),
        _reliability(report),
    ]
    return tuple(one for one in drawn if one is not None)


def _quality(report: RunReport, measure: str, title: str, name: str) -> Curve | None:
    arms = {arm: _points(rounds, measure) for arm, rounds in report.arms()}
    arms = {arm: points for arm, points in arms.items() if points}
    if not arms:
        return None
    unit_s, unit = _unit(max(at_s for points in arms.values() for at_s, _ in points))
    constant = report.constant_iou if measure == "mean_iou" else None

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
        _widen(axes)
        axes.set_xlabel(f"annotator {unit}")
        axes.set_ylabel(f"{title}, test split")

    ends = "; ".join(f"{say_strategy(arm)} ends at {say_number(points[-1][1])}" for arm, points in arms.items())
    return _figure(name, f"{title} over annotator time", f"{ends}.", draw)


def _widen(axes: Any) -> None:
    """At least a tenth of the scale of IoU, so that noise does not look like a trend."""
    low, high = axes.get_ylim()
    missing = max(0.0, 0.1 - (high - low)) / 2
    axes.set_ylim(max(0.0, low - missing), high + missing)


def _place(report: RunReport, arm: str) -> int:
    """Which colour an arm takes: random always the second, the others the rest in order."""
    others = [name for name, _ in report.arms() if name != "random"]
    places = [place for place in range(len(ARM_COLOURS)) if place != 1]
    return 1 if arm == "random" else places[others.index(arm) % len(places)]


def _points(rounds: Sequence[RoundReport], measure: str) -> list[tuple[float, float]]:
    return [(one.spent_s, getattr(one, measure)) for one in rounds if getattr(one, measure) is not None]


def _unit(longest_s: float) -> tuple[float, str]:
    return (3600.0, "hours") if longest_s >= 5400 else (60.0, "minutes")


def _outlook(report: RunReport) -> Curve | None:
    found = next((one for one in report.outlooks if one.measure == "mean_iou"), None)
    if found is None:
        return None
    unit_s, unit = _unit(found.ahead[-1].at_s)
    colour = ARM_COLOURS[_place(report, report.strategy)]

    def draw(axes: Any) -> None:
        measured = [(at_s / unit_s, value) for at_s, value in _points(report.rounds, "mean_iou")]
        axes.plot(*zip(*measured, strict=True), "o", color=colour, ms=6, label="measured")
        ahead = [one.at_s / unit_s for one in found.ahead]
        low, high = [one.low for one in found.ahead], [one.high for one in found.ahead]
        axes.fill_between(ahead, low, high, color=colour, alpha=0.2, lw=0, label=f"{CONFIDENCE:.0%} of what is to come")
        axes.plot(ahead, [one.mean for one in found.ahead], "--", color=colour, lw=2, label="expected")
        for number, one in enumerate(next_round_checks(found)):
            told = "said one round before" if not number else None
            at, said = one.expected.at_s / unit_s, one.expected
            axes.plot([at, at], [said.low, said.high], color=MUTED, lw=5, alpha=0.45, solid_capstyle="butt", label=told)
        axes.set_xlim(left=0)
        _widen(axes)
        axes.set_xlabel(f"annotator {unit}")
        axes.set_ylabel("Mean IoU, test split")

    description = f"{say_outlook(found, finished=report.finished)} {say_checks(found)}".strip()
    return _figure("outlook", "Mean IoU to be expected of more annotator time", description, draw)


def _spending(report: RunReport) -> Curve | None:
    bars = spending_by_round(report)
    kinds = [kind for kind in SupervisionKind if any(kind in spent for _, spent in bars)]
    if not kinds:
        return None
    unit_s, unit = _unit(max(sum(spent.values()) for _, spent in bars))

    def draw(axes: Any) -> None:
        base = [0.0] * len(bars)
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
    return _figure("spending", "Annotator time by kind and round", f"In all: {', '.join(parts)}.", draw)


def spending_by_round(report: RunReport) -> list[tuple[str, Mapping[str, float]]]:
    """Seconds by kind that each round added; a last entry holds what was spent after the last network."""
    totals = [(str(one.round), one.spent_s_by_kind) for one in report.rounds]
    last = totals[-1][1] if totals else {}
    if any(seconds - last.get(kind, 0.0) > 0.5 for kind, seconds in report.spent_s_by_kind.items()):
        totals.append(("later", report.spent_s_by_kind))
    earlier: list[Mapping[str, float]] = [{}, *(total for _, total in totals)]
    return [(name, _added(total, before)) for (name, total), before in zip(totals, earlier, strict=False)]


def _added(total: Mapping[str, float], before: Mapping[str, float]) -> Mapping[str, float]:
    return {kind: max(0.0, seconds - before.get(kind, 0.0)) for kind, seconds in total.items()}


def _reliability(report: RunReport) -> Curve | None:
    last = next((one for one in reversed(report.rounds) if one.evaluated), None)
    if last is None:
        return None

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, lw=1.2, ls="--", label="what a perfect prediction would give")
        predicted = [one.predicted for one in last.evaluated]
        true = [one.true for one in last.evaluated]
        axes.scatter(predicted, true, s=26, color=ARM_COLOURS[0], alpha=0.6, lw=0, label=_agreement(last))
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        axes.set_xlabel("predicted IoU")
        axes.set_ylabel("true IoU")

    description = f"{say_count(len(last.evaluated), 'test image')}, round {last.round}. {_agreement(last)}."
    return _figure("reliability", "Predicted against true IoU", description, draw)


def _agreement(one: RoundReport) -> str:
    text = f"Spearman {say_number(one.iou_spearman)}, mean error {say_number(one.iou_mae)}"
    if one.iou_spearman_reference is None and one.iou_mae_reference is None:
        return text
    return f"{text}\nthe paper's head: {say_number(one.iou_spearman_reference)}, {say_number(one.iou_mae_reference)}"


def _figure(name: str, title: str, description: str, draw: Callable[[Any], None]) -> Curve:
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(4.9, 4.0), layout="constrained")
        figure.patch.set_facecolor(PAPER)
        axes = figure.add_subplot()
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        draw(axes)
        figure.legend(loc="outside upper left", ncols=1)
        target = io.StringIO()
        FigureCanvasSVG(figure).print_svg(target, metadata={"Date": None})
    return Curve(name, title, description, _accessible(target.getvalue(), name, title, description))


def _accessible(svg: str, name: str, title: str, description: str) -> str:
    """The SVG with a title and a description, ids of its own, and without matplotlib's metadata."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\1{name}-", svg)
    words = f"<title>{escape(title)}</title>\n <desc>{escape(description)}</desc>"
    return re.sub(r"(<svg[^>]*)>", rf'\1 role="img">\n {_literal(words)}', svg, count=1)


def _literal(text: str) -> str:
    return text.replace("\\", r"\\")
