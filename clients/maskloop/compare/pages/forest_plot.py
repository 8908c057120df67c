"""Figures of one row an arm: its name and a number, and below them points with their intervals on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from maskloop.compare.pages.arm_style import ArmStyle
from maskloop.pages.figures import INK, PAPER, Drawing, drawing, even_ticks

LINE, MARK, GAP, AROUND = 0.22, 0.18, 0.14, 0.62
"""Inches: of a line of a name, of a mark below it, between rows, and of the axis."""
LEGEND = 0.22
"""Inches of a line of the legend."""


@dataclass(frozen=True)
class Mark:
    """A point with its interval.

    Args:
        at: where the point is, `None` for none.
        low, high: of the interval, `None` for none, infinite for one without an end. Where it ends beyond the scale, it
            is drawn with an arrow.
        style: of the arm.
        filled: hollow means that it may be luck.
    """

    at: float | None
    low: float | None
    high: float | None
    style: ArmStyle
    filled: bool = True


@dataclass(frozen=True)
class Row:
    """An arm or a setting: its name in lines, a number in words, its marks from above."""

    name: str
    value: str
    marks: tuple[Mark, ...]

    @property
    def height(self) -> float:
        """In inches."""
        return LINE * (1 + self.name.count("\n")) + MARK * len(self.marks) + GAP


Legend = Sequence[tuple[Line2D, str]]


@dataclass(frozen=True)
class Scale:
    """What all rows share.

    Args:
        low, high: the ends of the scale.
        words: below it.
        legend: what the marks mean.
        line: where a line marks what there is to compare with.
        percent: whether 1 is said as 100%.
    """

    low: float
    high: float
    words: str
    legend: Legend = ()
    line: float | None = None
    percent: bool = False


def rows_figure(name: str, title: str, description: str, rows: Sequence[Row], scale: Scale) -> Drawing:
    """A figure of at least one row, from above; for the words see `maskloop.pages.figures.Drawing`."""

    def fill(drawn: Figure) -> None:
        axes = drawn.add_subplot()
        height = sum(row.height for row in rows)
        axes.set(xlim=(scale.low, scale.high), ylim=(height, 0))
        _draw_scale(axes, scale)
        _draw_rows(axes, rows)
        lines = sum(1 + words.count("\n") for _, words in scale.legend)
        drawn.set_figheight(height + AROUND + LEGEND * lines)
        if scale.legend:
            drawn.legend(*zip(*scale.legend, strict=True), loc="outside upper left", ncols=1)

    return drawing(name, title, description, fill)


def _draw_scale(axes: Any, scale: Scale) -> None:
    even_ticks(axes)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(scale.words)
    if scale.line is not None:
        axes.axvline(scale.line, color=INK, lw=1.2)
    if scale.percent:
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")


def _draw_rows(axes: Any, rows: Sequence[Row]) -> None:
    top = 0.0
    for row in rows:
        y = top + LINE * (1 + row.name.count("\n"))
        for place, mark in enumerate(row.marks):
            _draw_mark(axes, mark, y + MARK * (place + 0.5))
        _write(axes, row, top)
        top += row.height


def _draw_mark(axes: Any, mark: Mark, y: float) -> None:
    colour, (left, right) = mark.style.colour, axes.get_xlim()
    if mark.low is not None and mark.high is not None:
        ends = max(left, mark.low), min(right, mark.high)
        axes.plot(ends, [y, y], color=colour, lw=2, solid_capstyle="butt", zorder=4)
        for end, arrow, beyond in ((left, "<", mark.low < left), (right, ">", mark.high > right)):
            if beyond:
                axes.plot([end], [y], arrow, color=colour, ms=7, clip_on=False, zorder=4)
    if mark.at is not None:
        fill = colour if mark.filled else PAPER
        axes.plot([mark.at], [y], mark.style.marker, color=colour, mfc=fill, mew=1.6, ms=7.5, zorder=5, clip_on=False)


def _write(axes: Any, row: Row, top: float) -> None:
    """The name and the number on paper of their own, so that no line goes through them."""
    paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.5}
    place = {"transform": axes.get_yaxis_transform(), "va": "top", "linespacing": 1.25, "bbox": paper}
    axes.text(0, top, row.name, **place)
    axes.text(1, top, row.value, ha="right", **place)
