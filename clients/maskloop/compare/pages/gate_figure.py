"""Random's curves of all seeds: whether they rise by more than their noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maskloop.compare.analysis.comparison import RANDOM, Comparison, Point
from maskloop.compare.analysis.results import Estimate, Judgement
from maskloop.compare.pages.arm_style import Look
from maskloop.compare.pages.cells import say_gain
from maskloop.compare.pages.curve_plot import draw_mean, draw_strip, name_axes
from maskloop.pages.figures import ARM_COLOURS, INK, MUTED, Curve, figure, time_unit
from maskloop.pages.wording import say_number

BESIDE = 1.04
"""Where the rise is drawn, as a share of the time."""


def gate_figure(comparison: Comparison, judgement: Judgement, name: str) -> Curve:
    """Random's own curve: a line a seed, the mean with the noise around it, and the rise with its interval."""
    gate, unit_s = judgement.gate, time_unit(judgement.end_s)[0]
    mean = judgement.curves[RANDOM]

    def draw(axes: Any) -> None:
        label = "random, a line for each seed"
        for trial in comparison.of(RANDOM).values():
            _draw_seed(axes, trial.points, judgement, label)
            label = ""
        draw_mean(axes, mean, Look(INK, "", "-"), unit_s, label="their mean", lw=2.5)
        if gate.noise is not None:
            strip = [(one.at_s / unit_s, one.mean, gate.noise) for one in mean]
            draw_strip(axes, strip, MUTED, f"noise between seeds: ±{say_number(gate.noise, 3)}")
        _draw_rise(axes, mean[0].mean, gate.rise, BESIDE * judgement.end_s / unit_s)
        name_axes(axes, judgement)

    words = f"Random's {_say_rise(gate.rise)}; noise between seeds {say_number(gate.noise, 3)}."
    return figure(name, "Random's own curve", words, draw)


def _draw_seed(axes: Any, points: Sequence[Point], judgement: Judgement, label: str) -> None:
    unit_s = time_unit(judgement.end_s)[0]
    measured = [(one.spent_s / unit_s, getattr(one, judgement.measure)) for one in points]
    known = [(at, value) for at, value in measured if value is not None]
    axes.plot(*zip(*known, strict=True), "-", color=ARM_COLOURS[0], lw=1.1, alpha=0.65, label=label)


def _draw_rise(axes: Any, start: float, rise: Estimate, at: float) -> None:
    """An arrow from the mean start to the mean end; the interval of the rise beside its head."""
    colour = ARM_COLOURS[1]
    axes.plot([at, at], [start, start + rise.mean], color=colour, lw=2, label=_say_rise(rise))
    axes.plot([at], [start + rise.mean], "^" if rise.mean >= 0 else "v", color=colour, ms=7)
    if rise.low is not None and rise.high is not None:
        ends = [start + rise.low, start + rise.high]
        axes.plot([at, at], ends, "_", color=colour, ms=10, mew=2)
        axes.plot([at, at], ends, color=colour, lw=1)


def _say_rise(rise: Estimate) -> str:
    return f"rise: {say_gain(rise)}{', of one seed' if rise.low is None else ''}"
