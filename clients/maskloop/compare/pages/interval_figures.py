"""Differences of the arms to random, and the seconds they need to get to where random ends; the best arm first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from matplotlib.lines import Line2D

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.compare.analysis.results import CONFIDENCE, Estimate, Judgement, Reach, Standing
from maskloop.compare.pages.arm_style import Look, looks, name_lines, names
from maskloop.compare.pages.cells import say_reach
from maskloop.compare.pages.curve_plot import title
from maskloop.compare.pages.forest_plot import Legend, Mark, Row, Scale, rows_figure
from maskloop.pages.figures import MUTED, PAPER, Curve, time_unit
from maskloop.pages.wording import say_arm, say_change

LINE = 54
"""Characters of a name and its number beside each other."""
ENOUGH = 3
"""Seeds from which on an interval may set the scale, and an arm be called the best."""


def difference_figure(judgement: Judgement, name: str, *, area: bool) -> Curve | None:
    """Differences to random and, below them, to strong random: at the end, or of the mean over the whole time."""
    standings = [one for one in judgement.standings if RANDOM in one.against]
    standings.sort(key=lambda one: -_difference(one, RANDOM, area=area).mean)
    if not standings:
        return None
    arms, said = looks([one.strategy for one in judgement.standings]), names(judgement)
    rows = [_difference_row(one, said[one.strategy], arms[one.strategy], area=area) for one in standings]
    legend = list(difference_legend(with_strong=any(STRONG_RANDOM in one.against for one in standings)))
    shown = [_difference(one, baseline, area=area) for one in standings for baseline in one.against]
    scale = difference_scale(shown, judgement, legend)
    when = "over the whole time" if area else "at the end of the budget"
    words = "; ".join(f"{said[one.strategy]} {row.value}" for one, row in zip(standings, rows, strict=True))
    return rows_figure(name, f"Differences {when}", f"Against random: {words}.", rows, scale)


def reach_figure(judgement: Judgement, name: str) -> Curve | None:
    """Annotator time to the quality that random has at the end; `None` where there is no other arm."""
    found = [(one, one.reach) for one in judgement.standings if one.reach is not None]
    found.sort(key=lambda pair: (pair[1].seconds is None, pair[1].seconds or pair[1].low or math.inf))
    if len(found) < 2:
        return None
    unit_s, unit = time_unit(judgement.end_s)
    arms, said = looks([one.strategy for one in judgement.standings]), names(judgement)
    rows = [
        arm_row(
            said[one.strategy], say_reach(reach, interval=False), reach_mark(one, reach, arms[one.strategy], unit_s)
        )
        for one, reach in found
    ]
    scale = Scale(0, judgement.end_s / unit_s, f"annotator {unit}, to the end of the budget")
    words = "; ".join(f"{said[one.strategy]} {row.value}" for (one, _), row in zip(found, rows, strict=True))
    return rows_figure(name, "Time to where random ends", f"{words}.", rows, scale)


def difference_mark(found: Estimate, look: Look) -> Mark:
    """Filled where the interval does not include zero."""
    sure = found.low is not None and found.high is not None and not found.low <= 0 <= found.high
    return Mark(found.mean, found.low, found.high, look, filled=sure)


def difference_scale(found: Sequence[Estimate], judgement: Judgement, legend: Legend) -> Scale:
    """Zero, all means and all intervals of `ENOUGH` seeds; with fewer, an interval may be wider than all else."""
    trusted = [one for one in found if one.seeds >= ENOUGH] or found
    ends = [end for one in trusted for end in (one.low, one.high) if end is not None]
    ends += [0.0, *(one.mean for one in found)]
    margin = 0.06 * (max(ends) - min(ends)) or 0.01
    words = f"{title(judgement)}, more or less than the baseline"
    return Scale(min(ends) - margin, max(ends) + margin, words, legend, line=0.0)


def reach_mark(one: Standing, found: Reach, look: Look, unit_s: float) -> Mark:
    """In units of `unit_s`; what is not known to be within the budget lies beyond it. One seed has no interval."""
    at, low, high = (None if value is None else value / unit_s for value in (found.seconds, found.low, found.high))
    if at is None or (one.seeds > 1 and high is None):
        high = math.inf
        low = next((value for value in (low, at) if value is not None), math.inf)
    return Mark(at, low, high, look)


def _difference(one: Standing, baseline: str, *, area: bool) -> Estimate:
    return one.against[baseline].area if area else one.against[baseline].end


def _difference_row(one: Standing, name: str, look: Look, *, area: bool) -> Row:
    first = _difference(one, RANDOM, area=area)
    marks = [difference_mark(first, look)]
    if STRONG_RANDOM in one.against:
        marks.append(difference_mark(_difference(one, STRONG_RANDOM, area=area), Look(MUTED, "s", "-")))
    return arm_row(name, say_change(first.mean, 3), *marks)


def arm_row(name: str, value: str, *marks: Mark) -> Row:
    """A row whose name leaves room for its number."""
    return Row(name_lines(name, LINE - len(value)), value, marks)


def difference_legend(*, with_strong: bool) -> Iterator[tuple[Line2D, str]]:
    """What the marks mean, as far as there are such."""
    yield _key("o"), f"in colour: against random, with its {CONFIDENCE:.0%} interval"
    if with_strong:
        yield _key("s"), f"against {say_arm(STRONG_RANDOM)}"
    yield _key("o", PAPER), "hollow: may be no more than luck"


def _key(marker: str, fill: str = MUTED) -> Line2D:
    return Line2D([], [], color=MUTED, marker=marker, mfc=fill, lw=2, mew=1.6, ms=7)
