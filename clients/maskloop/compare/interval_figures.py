"""Differences of the arms to random, and the seconds they need to get to where random ends; the best arm first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matplotlib.lines import Line2D

from maskloop.compare.cells import NOT_REACHED
from maskloop.compare.judged import CONFIDENCE, Estimate, Judgement, Reach, Standing
from maskloop.compare.lines import title
from maskloop.compare.looks import Look, looks, name_lines
from maskloop.compare.rows import Mark, Row, rows_figure
from maskloop.compare.values import RANDOM, STRONG_RANDOM
from maskloop.report.drawing import INK, MUTED, PAPER, Curve, time_unit
from maskloop.report.words import say_arm, say_change, say_time

NAME = 40
"""Characters of a name in one line, beside its number."""


def difference_figure(judgement: Judgement, name: str, *, area: bool) -> Curve | None:
    """Differences to random and, below them, to strong random: at the end, or of the mean over the whole time."""
    standings = [one for one in judgement.standings if RANDOM in one.against]
    standings.sort(key=lambda one: -_difference(one, RANDOM, area=area).mean)
    if not standings:
        return None
    arms = looks([one.strategy for one in judgement.standings])
    rows = [_difference_row(one, arms[one.strategy], area=area) for one in standings]

    def draw(axes: Any) -> list[tuple[Any, str]]:
        axes.axvline(0, color=INK, lw=1.2)
        axes.set_xlabel(f"{title(judgement)}, difference")
        return list(_explain(judgement))

    when = "over the whole time" if area else "at the end of the budget"
    said = "; ".join(f"{say_arm(one.strategy)} {row.value}" for one, row in zip(standings, rows, strict=True))
    return rows_figure(name, f"Differences {when}", f"Against random: {said}.", rows, draw)


def reach_figure(judgement: Judgement, name: str) -> Curve | None:
    """Annotator time to the quality that random has at the end; `None` where there is no other arm."""
    found = [(one, one.reach) for one in judgement.standings if one.reach is not None]
    found.sort(key=lambda pair: (pair[1].seconds is None, pair[1].seconds or pair[1].low or 0.0))
    if len(found) < 2:
        return None
    unit_s, unit = time_unit(judgement.end_s)
    arms = looks([one.strategy for one in judgement.standings])
    rows = [_reach_row(one, reach, arms[one.strategy], unit_s) for one, reach in found]

    def draw(axes: Any) -> list[tuple[Any, str]]:
        axes.set_xlim(0, judgement.end_s / unit_s)
        axes.set_xlabel(f"annotator {unit}, to the end of the budget")
        return []

    said = "; ".join(f"{say_arm(one.strategy)} {row.value}" for (one, _), row in zip(found, rows, strict=True))
    return rows_figure(name, "Time to where random ends", f"{said}.", rows, draw)


def _difference(one: Standing, baseline: str, *, area: bool) -> Estimate:
    return one.against[baseline].area if area else one.against[baseline].end


def _difference_row(one: Standing, look: Look, *, area: bool) -> Row:
    first = _difference(one, RANDOM, area=area)
    marks = [_difference_mark(first, look)]
    if STRONG_RANDOM in one.against:
        marks.append(_difference_mark(_difference(one, STRONG_RANDOM, area=area), Look(MUTED, "s", "-")))
    return Row(name_lines(one.strategy, NAME), say_change(first.mean, 3), tuple(marks))


def _difference_mark(found: Estimate, look: Look) -> Mark:
    sure = found.low is not None and found.high is not None and not found.low <= 0 <= found.high
    return Mark(found.mean, found.low, found.high, look, filled=sure)


def _explain(judgement: Judgement) -> Iterator[tuple[Any, str]]:
    """What the marks mean, as far as there are such."""
    yield _key("o"), f"in colour: against random, with its {CONFIDENCE:.0%} interval"
    if any(STRONG_RANDOM in one.against for one in judgement.standings):
        yield _key("s"), f"against {say_arm(STRONG_RANDOM)}"
    yield _key("o", PAPER), "hollow: may be no more than luck"


def _key(marker: str, fill: str = MUTED) -> Line2D:
    return Line2D([], [], color=MUTED, marker=marker, mfc=fill, lw=2, mew=1.6, ms=7)


def _reach_row(one: Standing, found: Reach, look: Look, unit_s: float) -> Row:
    """An interval without an end goes on beyond the budget; of one seed nothing is known but the point."""
    at, low, high = (None if value is None else value / unit_s for value in (found.seconds, found.low, found.high))
    goes_on = found.seconds is None or (one.seeds > 1 and found.high is None)
    mark = Mark(at, at if goes_on and low is None else low, high, look, goes_on=goes_on)
    said = NOT_REACHED if found.seconds is None else say_time(found.seconds)
    return Row(name_lines(one.strategy, NAME), said, (mark,))
