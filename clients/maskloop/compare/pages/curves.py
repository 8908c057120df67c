"""Figures over annotator time or over targets: random's own curves, all arms together, each beside random, sweeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from maskloop.compare.analysis.comparison import RANDOM, Comparison, Trial
from maskloop.compare.analysis.results import CurvePoint, Estimate, Results, TargetSweep
from maskloop.compare.pages.arm_style import BASELINES, ArmStyle, arm_styles, name_lines
from maskloop.compare.pages.wording import arm_names, measure_title, say_arm, say_gain
from maskloop.pages.figures import (
    ARM_COLOURS,
    ARM_MARKERS,
    INK,
    MUTED,
    Drawing,
    drawing,
    even_ticks,
    figure,
    name_time_axes,
    time_unit,
    widen,
)
from maskloop.pages.wording import say_number

MOST_IN_ONE = 7
"""Arms in one figure; more lines than that cannot be told apart."""
COLUMNS, PANEL = 2, 1.75
"""Of small figures; their height in inches."""
SMALL = 9
"""Size of their words, in points."""
BESIDE = 1.04
"""Where random's rise is drawn, as a share of the time."""
ASIDE = 0.008
"""How far sweeps of the same targets are drawn apart, in IoU."""


def gate_figure(comparison: Comparison, results: Results, name: str) -> Drawing:
    """Random's own curve: a line a seed, the mean with the noise around it, and the rise with its interval."""
    gate, mean = results.gate, results.curves[RANDOM]
    unit_s, unit = time_unit(results.end_s)
    noise = f"noise between seeds: ±{say_number(gate.noise, 3)}"
    rise = f"rise: {say_gain(gate.rise)}{', of one seed' if gate.rise.low is None else ''}"

    def draw(axes: Any) -> None:
        for place, trial in enumerate(comparison.of(RANDOM).values()):
            _draw_seed(axes, trial, results.measure, unit_s, "" if place else "random, a line for each seed")
        _draw_mean(axes, mean, ArmStyle(INK), unit_s, label="their mean", lw=2.5)
        if gate.noise is not None:
            _draw_band(axes, mean, MUTED, unit_s, label=noise, width=gate.noise)
        _draw_rise(axes, mean[0].mean, gate.rise, BESIDE * results.end_s / unit_s, rise)
        axes.margins(y=0.08)
        name_time_axes(axes, unit, measure_title(results))

    words = f"Random's {rise}; noise between seeds {say_number(gate.noise, 3)}."
    return figure(name, "Random's own curve", words, draw)


def curves_figure(results: Results, name: str) -> Drawing | None:
    """The mean curve of every arm, random's with its band; `None` for too many arms."""
    arms, names = arm_styles(list(results.curves)), arm_names(results)
    if len(arms) > MOST_IN_ONE:
        return None
    unit_s, unit = time_unit(results.end_s)
    ends = {arm: say_number(points[-1].mean, 3) for arm, points in results.curves.items()}

    def draw(axes: Any) -> None:
        for arm, style in arms.items():
            _draw_mean(axes, results.curves[arm], style, unit_s, label=f"{name_lines(names[arm], 50)}: {ends[arm]}")
        _draw_band(axes, results.curves[RANDOM], MUTED, unit_s, label="random, one standard deviation between seeds")
        axes.margins(y=0.08)
        name_time_axes(axes, unit, measure_title(results))

    words = "; ".join(f"{say_arm(arm)} ends at {end}" for arm, end in ends.items())
    return figure(name, f"{measure_title(results)} over annotator time", f"{words}.", draw)


def arms_figure(results: Results, name: str) -> Drawing | None:
    """A small figure for each arm beside the random ones, with bands; `None` where there is no other arm."""
    arms = arm_styles(list(results.curves))
    baselines = {arm: style for arm, style in arms.items() if arm in BASELINES}
    others = [arm for arm in arms if arm not in baselines]
    if not others:
        return None

    def fill(drawn: Figure) -> None:
        rows = -(-len(others) // COLUMNS)
        drawn.set_figheight(0.7 + PANEL * rows)
        grid = drawn.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
        for axes, arm in zip(grid.flat, others, strict=False):
            _draw_panel(axes, results, arm, {**baselines, arm: arms[arm]})
        for axes in grid.flat[len(others) :]:
            axes.remove()
        for axes in grid.flat[max(0, len(others) - COLUMNS) : len(others)]:
            axes.tick_params(labelbottom=True)
        widen(grid[0, 0])
        drawn.supxlabel(f"annotator {time_unit(results.end_s)[1]}", size=SMALL, color=MUTED)
        drawn.supylabel(f"{measure_title(results)}, test split", size=SMALL, color=MUTED)
        lines = [Line2D([], [], color=style.colour, ls=style.dashes, lw=1.3) for style in baselines.values()]
        drawn.legend(lines, list(map(say_arm, baselines)), loc="outside upper left", ncols=2, fontsize=SMALL)

    words = f"{measure_title(results)} of each arm beside random, with bands of one standard deviation between seeds."
    return drawing(name, "Each arm beside random", words, fill)


def target_figure(results: Results, name: str) -> Drawing | None:
    """Quality at the end by target IoU, as tables 3 and 4 of Bellver et al. have it; `None` where none was swept.

    One line a sweep with intervals, random's interval as a strip.
    """
    if not results.sweeps:
        return None
    random = results.random.end

    def draw(axes: Any) -> None:
        for place, sweep in enumerate(results.sweeps):
            _draw_sweep(axes, sweep, place)
        axes.axhline(random.mean, color=INK, ls="--", lw=1.5, label=f"random: {say_number(random.mean, 3)}")
        if random.low is not None:
            axes.axhspan(random.low, random.high, color=MUTED, alpha=0.18, lw=0, label="its interval")
        axes.margins(y=0.1)
        widen(axes)
        axes.set_xlabel("target IoU")
        axes.set_ylabel(f"{measure_title(results)} at the end")

    best = [(sweep.kind, *max(sweep.points, key=lambda point: point[1].mean)) for sweep in results.sweeps]
    words = [f"{kind}: {say_number(end.mean, 3)} at target {say_number(target)}" for kind, target, end in best]
    return figure(name, f"{measure_title(results)} by target IoU", f"Best, {'; '.join(words)}.", draw)


def _draw_mean(
    axes: Any, points: Sequence[CurvePoint], style: ArmStyle, unit_s: float, *, label: str = "", lw: float = 2
) -> None:
    """The mean over seeds, `unit_s` seconds being 1 on the axis."""
    times = [point.at_s / unit_s for point in points]
    axes.plot(times, [point.mean for point in points], ls=style.dashes, color=style.colour, lw=lw, label=label)


def _draw_band(
    axes: Any,
    points: Sequence[CurvePoint],
    colour: str,
    unit_s: float,
    *,
    label: str = "",
    width: float | None = None,
) -> None:
    """`width`, or one standard deviation between seeds, to both sides of the mean; nothing where neither is known."""
    widths = [point.sd if width is None else width for point in points]
    strip = [(point.at_s / unit_s, point.mean, w) for point, w in zip(points, widths, strict=True) if w is not None]
    if strip:
        low, high = [mean - w for _, mean, w in strip], [mean + w for _, mean, w in strip]
        axes.fill_between([at for at, _, _ in strip], low, high, color=colour, alpha=0.16, lw=0, label=label)


def _draw_seed(axes: Any, trial: Trial, measure: str, unit_s: float, label: str) -> None:
    values = [(point.spent_s / unit_s, getattr(point, measure)) for point in trial.points]
    known = [(at, value) for at, value in values if value is not None]
    axes.plot(*zip(*known, strict=True), "-", color=ARM_COLOURS[0], lw=1.1, alpha=0.65, label=label)


def _draw_rise(axes: Any, start: float, rise: Estimate, at: float, label: str) -> None:
    """An arrow from the mean start to the mean end; the interval of the rise beside its head."""
    colour = ARM_COLOURS[1]
    axes.plot([at, at], [start, start + rise.mean], color=colour, lw=2, label=label)
    axes.plot([at], [start + rise.mean], "^" if rise.mean >= 0 else "v", color=colour, ms=7)
    if rise.low is not None and rise.high is not None:
        ends = [start + rise.low, start + rise.high]
        axes.plot([at, at], ends, "_", color=colour, ms=10, mew=2)
        axes.plot([at, at], ends, color=colour, lw=1)


def _draw_panel(axes: Any, results: Results, arm: str, shown: Mapping[str, ArmStyle]) -> None:
    unit_s = time_unit(results.end_s)[0]
    for strategy, style in shown.items():
        _draw_band(axes, results.curves[strategy], style.colour, unit_s)
        _draw_mean(axes, results.curves[strategy], style, unit_s, lw=2 if strategy == arm else 1.3)
    name = name_lines(arm_names(results)[arm], 27)
    axes.set_title(name, loc="left", size=SMALL, color=shown[arm].colour, weight="bold")
    even_ticks(axes, 4)
    axes.tick_params(labelsize=SMALL)


def _draw_sweep(axes: Any, sweep: TargetSweep, place: int) -> None:
    targets, ends = zip(*sweep.points, strict=True)
    axes.errorbar(
        [target + ASIDE * place for target in targets],
        [end.mean for end in ends],
        [
            [0.0 if end.low is None else end.mean - end.low for end in ends],
            [0.0 if end.high is None else end.high - end.mean for end in ends],
        ],
        color=ARM_COLOURS[place % len(ARM_COLOURS)],
        marker=ARM_MARKERS[place % len(ARM_MARKERS)],
        lw=2,
        elinewidth=1.2,
        capsize=3,
        label=f"scores: {sweep.kind}",
    )
