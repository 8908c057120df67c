"""How curves over annotator time are drawn: a mean line, a band around it, axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maskloop.compare.analysis.results import CurvePoint, Judgement
from maskloop.compare.pages.arm_style import Look
from maskloop.pages.figures import time_unit, widen
from maskloop.pages.wording import say_measure


def draw_mean(
    axes: Any, points: Sequence[CurvePoint], look: Look, unit_s: float, *, label: str = "", lw: float = 2
) -> None:
    """The mean over seeds, `unit_s` seconds being 1 on the axis."""
    times = [one.at_s / unit_s for one in points]
    axes.plot(times, [one.mean for one in points], look.dashes, color=look.colour, lw=lw, label=label)


def draw_band(axes: Any, points: Sequence[CurvePoint], colour: str, unit_s: float, label: str = "") -> None:
    """One standard deviation between seeds to both sides of the mean; nothing with one seed."""
    draw_strip(axes, [(one.at_s / unit_s, one.mean, one.sd) for one in points if one.sd is not None], colour, label)


def draw_strip(axes: Any, points: Sequence[tuple[float, float, float]], colour: str, label: str = "") -> None:
    """`width` to both sides of `mean`, given (time, mean, width)."""
    if points:
        low, high = [mean - width for _, mean, width in points], [mean + width for _, mean, width in points]
        axes.fill_between([at for at, _, _ in points], low, high, color=colour, alpha=0.16, lw=0, label=label)


def name_axes(axes: Any, judgement: Judgement) -> None:
    """Annotator time to the right, the measure upwards, over no less than a tenth of its scale."""
    axes.margins(y=0.08)
    widen(axes)
    axes.set_xlabel(f"annotator {time_unit(judgement.end_s)[1]}")
    axes.set_ylabel(f"{title(judgement)}, test split")


def title(judgement: Judgement) -> str:
    """The measure as the beginning of a sentence: `Mean IoU`, `AP50`."""
    said = say_measure(judgement.measure)
    return said[0].upper() + said[1:]
