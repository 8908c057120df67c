"""Every way of choosing over all settings together, in shares of what random selection itself gained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.compare.analysis.pooled_effect import PooledDifference
from maskloop.compare.pages.arm_style import Look
from maskloop.compare.pages.cells import say_share
from maskloop.compare.pages.forest_plot import Mark, Row, Scale, rows_figure
from maskloop.compare.pages.interval_figures import arm_row, difference_legend
from maskloop.compare.pages.recommendation_across import Record
from maskloop.pages.figures import MUTED, Curve
from maskloop.pages.wording import say_arm, say_count


def pooled_figure(records: Sequence[Record], arms: Mapping[str, Look], name: str) -> Curve | None:
    """One row an arm of `arms`, in the order of `records`: against random and, below, against strong random."""
    pooled = {(one.strategy, one.baseline): one.pooled for one in records if one.pooled is not None}
    shown = [strategy for strategy, baseline in pooled if baseline == RANDOM and strategy in arms]
    if not shown:
        return None
    rows = [_row(strategy, arms[strategy], pooled) for strategy in shown]
    ends = [0.0, *(end for row in rows for mark in row.marks for end in (mark.low or 0.0, mark.high or 0.0))]
    margin = 0.06 * (max(ends) - min(ends)) or 0.01
    legend = list(difference_legend(with_strong=any(baseline == STRONG_RANDOM for _, baseline in pooled)))
    words = "gain more or less than the baseline, in shares of random’s own"
    scale = Scale(min(ends) - margin, max(ends) + margin, words, legend, line=0.0, percent=True)
    said = "; ".join(f"{say_arm(one)} {row.value}" for one, row in zip(shown, rows, strict=True))
    return rows_figure(name, "Over all settings together", f"Against random: {said}.", rows, scale)


def _row(strategy: str, look: Look, pooled: Mapping[tuple[str, str], PooledDifference]) -> Row:
    found = pooled[strategy, RANDOM]
    marks = [_mark(found, look)]
    if (strategy, STRONG_RANDOM) in pooled:
        marks.append(_mark(pooled[strategy, STRONG_RANDOM], Look(MUTED, "s", "-")))
    return arm_row(say_arm(strategy), f"{say_share(found.mean)}, {say_count(found.settings, 'setting')}", *marks)


def _mark(found: PooledDifference, look: Look) -> Mark:
    return Mark(found.mean, found.low, found.high, look, filled=not found.low <= 0 <= found.high)
