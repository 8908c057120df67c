"""How every figure of the report is drawn: SVG with words that stay text, readable on a phone and by a screen reader.

One colour (and marker) stands for one thing everywhere. Colours are of Okabe and Ito's palette, and two darker ones.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK, MUTED, GRID, PAPER = "#1d2733", "#5d6a7a", "#dfe4ea", "#fdfdfe"
ARM_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#6a3d9a", "#9a7000")
ARM_MARKERS = ("o", "s", "^", "D", "v", "P")
WIDTH, HEIGHT, LINE = 4.9, 4.0, 0.22
"""Of a figure with a legend of three lines, and of one line more, in inches."""
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
class Drawing:
    """One figure: `name` is its file name without `.svg`, `description` says in words what is to be seen."""

    name: str
    title: str
    description: str
    svg: str


def figure(name: str, title: str, description: str, draw: Callable[[Any], None]) -> Drawing:
    """A figure of one pair of axes, which `draw` fills; what it labels goes into a legend above."""

    def fill(drawn: Figure) -> None:
        axes = drawn.add_subplot()
        even_ticks(axes)
        draw(axes)
        legend_above(drawn, HEIGHT)

    return drawing(name, title, description, fill)


def drawing(name: str, title: str, description: str, fill: Callable[[Figure], None]) -> Drawing:
    """A figure of as many axes as `fill` gives it; it may change the figure's size as well."""
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        drawn = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        drawn.patch.set_facecolor(PAPER)
        fill(drawn)
        target = io.StringIO()
        FigureCanvasSVG(drawn).print_svg(target, metadata={"Date": None})
    return Drawing(name, title, description, _accessible(target.getvalue(), name, title, description))


def even_ticks(axes: Any, most: int = 5) -> None:
    """Few and round numbers along both axes."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))


def legend_above(drawn: Figure, height: float) -> None:
    """A legend above the axes, of what they label; many lines of it do not flatten a figure of `height` inches."""
    legend = drawn.legend(loc="outside upper left", ncols=1)
    lines = sum(1 + words.get_text().count("\n") for words in legend.get_texts())
    drawn.set_figheight(height + LINE * max(0, lines - 3))


def time_unit(longest_s: float) -> tuple[float, str]:
    """Seconds of the unit for an axis up to `longest_s`, and its name."""
    return (3600.0, "hours") if longest_s >= 5400 else (60.0, "minutes")


def name_time_axes(axes: Any, unit: str, title: str) -> None:
    """Annotator time to the right, quality on the test split upwards, over no less than a tenth of its scale."""
    widen(axes)
    axes.set_xlabel(f"annotator {unit}")
    axes.set_ylabel(f"{title}, test split")


def widen(axes: Any) -> None:
    """At least a tenth of the scale of IoU, so that noise does not look like a trend."""
    low, high = axes.get_ylim()
    missing = max(0.0, 0.1 - (high - low)) / 2
    axes.set_ylim(max(0.0, low - missing), high + missing)


def _accessible(svg: str, name: str, title: str, description: str) -> str:
    """The SVG with a title and a description, ids of its own, and without matplotlib's metadata."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\1{name}-", svg)
    words = f"<title>{escape(title)}</title>\n <desc>{escape(description)}</desc>"
    return re.sub(r"(<svg[^>]*)>", rf'\1 role="img">\n {_literal(words)}', svg, count=1)


def _literal(text: str) -> str:
    return text.replace("\\", r"\\")
