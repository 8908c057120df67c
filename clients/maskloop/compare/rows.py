"""Figures of one row an arm: its name and a number, and below them points with their intervals on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from maskloop.compare.looks import Look
from maskloop.report.drawing import PAPER, Curve, drawing, even_ticks

LINE, MARK, GAP, AROUND = 0.21, 0.19, 0.16, 0.62
"""Inches: of a line of a name, of a mark below it, around both, and of the axis."""
LEGEND = 0.22
"""Inches of a line of the legend."""


@dataclass(frozen=True)
class Mark:
    """A point with its interval.

    Args:
        at: where the point is, `None` for none.
        low, high: of the interval, `None` for none.
        look: of the arm.
        filled: hollow means that it may be luck.
        goes_on: the interval does not end within the scale: it is drawn to its right end, with an arrow.
    """

    at: float | None
    low: float | None
    high: float | None
    look: Look
    filled: bool = True
    goes_on: bool = False


@dataclass(frozen=True)
class Row:
    """An arm: its name in lines, a number as said, its marks from above."""

    name: str
    value: str
    marks: tuple[Mark, ...]

    @property
    def height(self) -> float:
        """In inches."""
        return LINE * (1 + self.name.count("\n")) + MARK * len(self.marks) + GAP


def rows_figure(
    name: str, title: str, description: str, rows: Sequence[Row], draw: Callable[[Any], list[tuple[Any, str]]]
) -> Curve:
    """A figure of `rows`.

    Args:
        name, title, description: see `maskloop.report.drawing.Curve`.
        rows: from above, at least one.
        draw: draws what all rows share (a zero line, names of the axis, its limits) and says what the legend explains.
    """

    def fill(drawn: Figure) -> None:
        axes = drawn.add_subplot()
        height = sum(row.height for row in rows)
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        even_ticks(axes)
        axes.set_yticks([])
        explained = _draw_all(axes, rows, draw)
        drawn.set_figheight(height + AROUND + LEGEND * len(explained))
        if explained:
            drawn.legend(*zip(*explained, strict=True), loc="outside upper left", ncols=1)

    return drawing(name, title, description, fill)


def _draw_all(axes: Any, rows: Sequence[Row], draw: Callable[[Any], list[tuple[Any, str]]]) -> list[tuple[Any, str]]:
    """Points and intervals first, since the scale ends where they do; arrows and names on that scale."""
    below, beyond = 0.0, []
    for row in rows:
        y = below + GAP / 2 + LINE * (1 + row.name.count("\n"))
        for place, mark in enumerate(row.marks):
            _draw_mark(axes, mark, y + MARK * (place + 0.5))
            beyond += [(mark, y + MARK * (place + 0.5))] * mark.goes_on
        below += row.height
    explained = draw(axes)
    axes.set_xlim(axes.get_xlim())
    for mark, y in beyond:
        _draw_arrow(axes, mark, y)
    _write_names(axes, rows)
    return explained


def _draw_mark(axes: Any, mark: Mark, y: float) -> None:
    colour = mark.look.colour
    if mark.low is not None and mark.high is not None:
        axes.plot([mark.low, mark.high], [y, y], color=colour, lw=2, solid_capstyle="butt", zorder=4)
    if mark.at is not None:
        fill = colour if mark.filled else PAPER
        axes.plot([mark.at], [y], mark.look.marker, color=colour, mfc=fill, mew=1.6, ms=7.5, zorder=5, clip_on=False)


def _draw_arrow(axes: Any, mark: Mark, y: float) -> None:
    end = axes.get_xlim()[1]
    begin = mark.low if mark.low is not None else end - 0.04 * (end - axes.get_xlim()[0])
    axes.plot([begin, end], [y, y], color=mark.look.colour, lw=2, solid_capstyle="butt", zorder=4)
    axes.plot([end], [y], ">", color=mark.look.colour, ms=7, clip_on=False, zorder=4)


def _write_names(axes: Any, rows: Sequence[Row]) -> None:
    """On paper of their own, so that no line goes through a name."""
    paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.5}
    place = {"transform": axes.get_yaxis_transform(), "va": "top", "linespacing": 1.25, "bbox": paper}
    top = 0.0
    for row in rows:
        axes.text(0, top, row.name, **place)
        axes.text(1, top, row.value, ha="right", **place)
        top += row.height
