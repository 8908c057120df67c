"""Quality over annotator time: all arms in one figure, and each arm beside random."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.compare.analysis.results import Judgement
from maskloop.compare.pages.arm_style import Look, looks, name_lines, names
from maskloop.compare.pages.curve_plot import draw_band, draw_mean, name_axes, title
from maskloop.pages.figures import MUTED, Curve, drawing, even_ticks, figure, time_unit, widen
from maskloop.pages.wording import say_arm, say_number

MOST_IN_ONE = 7
"""Arms in one figure; more lines than that cannot be told apart."""
COLUMNS, PANEL = 2, 1.75
"""Of small figures; their height in inches."""
SMALL = 9
"""Size of their words, in points."""


def curves_figure(judgement: Judgement, name: str) -> Curve | None:
    """The mean curve of every arm, random's with its band; `None` for too many arms."""
    arms = looks(list(judgement.curves))
    if len(arms) > MOST_IN_ONE:
        return None
    unit_s, said = time_unit(judgement.end_s)[0], names(judgement)

    def draw(axes: Any) -> None:
        for arm, look in arms.items():
            points = judgement.curves[arm]
            draw_mean(
                axes, points, look, unit_s, label=f"{name_lines(said[arm], 50)}: {say_number(points[-1].mean, 3)}"
            )
        draw_band(axes, judgement.curves[RANDOM], MUTED, unit_s, "random, one standard deviation between seeds")
        name_axes(axes, judgement)

    ends = [f"{say_arm(arm)} ends at {say_number(points[-1].mean, 3)}" for arm, points in judgement.curves.items()]
    return figure(name, f"{title(judgement)} over annotator time", f"{'; '.join(ends)}.", draw)


def arms_figure(judgement: Judgement, name: str) -> Curve | None:
    """A small figure for each arm beside the random ones, with bands; `None` where there is no other arm."""
    arms = looks(list(judgement.curves))
    baselines = {arm: look for arm, look in arms.items() if arm in (RANDOM, STRONG_RANDOM)}
    others = [arm for arm in arms if arm not in baselines]
    if not others:
        return None

    def fill(drawn: Figure) -> None:
        rows = -(-len(others) // COLUMNS)
        drawn.set_figheight(0.7 + PANEL * rows)
        grid = drawn.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
        for axes, arm in zip(grid.flat, others, strict=False):
            _draw_panel(axes, judgement, arm, {**baselines, arm: arms[arm]})
        for axes in grid.flat[len(others) :]:
            axes.remove()
        for axes in grid.flat[max(0, len(others) - COLUMNS) : len(others)]:
            axes.tick_params(labelbottom=True)
        widen(grid[0, 0])
        drawn.supxlabel(f"annotator {time_unit(judgement.end_s)[1]}", size=SMALL, color=MUTED)
        drawn.supylabel(f"{title(judgement)}, test split", size=SMALL, color=MUTED)
        _legend(drawn, baselines)

    words = f"{title(judgement)} of each arm beside random, with bands of one standard deviation between seeds."
    return drawing(name, "Each arm beside random", words, fill)


def _draw_panel(axes: Any, judgement: Judgement, arm: str, shown: Mapping[str, Look]) -> None:
    unit_s = time_unit(judgement.end_s)[0]
    for one, look in shown.items():
        draw_band(axes, judgement.curves[one], look.colour, unit_s)
        draw_mean(axes, judgement.curves[one], look, unit_s, lw=2 if one == arm else 1.3)
    axes.set_title(
        name_lines(names(judgement)[arm], 27), loc="left", size=SMALL, color=shown[arm].colour, weight="bold"
    )
    even_ticks(axes, 4)
    axes.tick_params(labelsize=SMALL)


def _legend(drawn: Figure, baselines: Mapping[str, Look]) -> None:
    lines = [Line2D([], [], color=look.colour, ls=look.dashes, lw=1.3) for look in baselines.values()]
    names = [say_arm(one) for one in baselines]
    drawn.legend(lines, names, loc="outside upper left", ncols=2, fontsize=SMALL)
