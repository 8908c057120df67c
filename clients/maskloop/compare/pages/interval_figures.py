"""Forest plots: differences from random, and the time to where random ends; of one comparison, and over several."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from matplotlib.lines import Line2D

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.compare.analysis.pooled_effect import PooledDifference
from maskloop.compare.analysis.records import Record
from maskloop.compare.analysis.results import CONFIDENCE, Estimate, Reach, Results, Standing
from maskloop.compare.pages.arm_style import ArmStyle, arm_styles, name_lines
from maskloop.compare.pages.forest_plot import Legend, Mark, Row, Scale, rows_figure
from maskloop.compare.pages.wording import arm_names, measure_title, say_arm, say_reach, say_share
from maskloop.pages.figures import MUTED, PAPER, Drawing, time_unit
from maskloop.pages.wording import say_change, say_count, say_time

LINE, LEGEND_LINE = 54, 46
"""Characters of a name and its number beside each other, and of a line of the legend."""
ENOUGH = 3
"""Seeds from which on an interval may set the scale, and an arm be called the best."""
STRONG = ArmStyle(MUTED, "s")

Styles = Mapping[str, ArmStyle]
Settings = Sequence[tuple[str, Results]]
"""Names of settings, each with what its comparison shows; two settings may have one name."""
ArmRow = tuple[str, str, Sequence[Mark]]
"""Its name, a number in words, its marks from above."""


def difference_figure(results: Results, name: str, *, area: bool) -> Drawing | None:
    """Differences from random and, below them, from strong random: at the end, or of the mean over the whole time."""
    styles, names = _arm_styles(results), arm_names(results)
    differences = {
        arm.strategy: {
            name: against.area if area else against.end
            for name, against in arm.against.items()
            if name in (RANDOM, STRONG_RANDOM)
        }
        for arm in results.standings
        if RANDOM in arm.against
    }
    if not differences:
        return None
    ranking = sorted(differences, key=lambda strategy: -differences[strategy][RANDOM].mean)
    arms = [
        (
            names[strategy],
            say_change(differences[strategy][RANDOM].mean, 3),
            _marks(styles[strategy], differences[strategy]),
        )
        for strategy in ranking
    ]
    every = [difference for by_baseline in differences.values() for difference in by_baseline.values()]
    legend = _baseline_legend(with_strong=any(STRONG_RANDOM in by_baseline for by_baseline in differences.values()))
    title = f"Differences {'over the whole time' if area else 'at the end of the budget'}"
    return _arms_figure(name, title, "Against random: ", arms, _scale(every, results, legend))


def reach_figure(results: Results, name: str) -> Drawing | None:
    """Annotator time to the quality that random has at the end; `None` where there is no other arm."""
    reached = [(arm, arm.reach) for arm in results.standings if arm.reach is not None]
    reached.sort(key=lambda pair: (pair[1].seconds is None, pair[1].seconds or pair[1].low or math.inf))
    if len(reached) < 2:
        return None
    unit_s, unit = time_unit(results.end_s)
    styles, names = _arm_styles(results), arm_names(results)
    arms = [
        (
            names[arm.strategy],
            _say_reached(results, arm, reach),
            [_reach_mark(arm, reach, styles[arm.strategy], unit_s)],
        )
        for arm, reach in reached
    ]
    scale = Scale(0, results.end_s / unit_s, f"annotator {unit}, to the end of the budget")
    return _arms_figure(name, "Time to where random ends", "", arms, scale)


def _say_reached(results: Results, arm: Standing, reach: Reach) -> str:
    """The time; where arms differ by help also the share of random's seconds, which is what counts there."""
    text = say_reach(reach, interval=False)
    tells_share = reach.share is not None and arm.strategy != RANDOM
    return f"{text}, {reach.share:.0%}" if tells_share and any(each.arm.assist for each in results.standings) else text


def pooled_figure(records: Sequence[Record], styles: Styles, name: str) -> Drawing | None:
    """All settings together, in shares of what random itself gained: a row an arm of `styles`, as `records` have them.

    Against random and, below, against strong random.
    """
    pooled: dict[str, dict[str, PooledDifference]] = {}
    for record in records:
        if record.pooled is not None and record.strategy in styles:
            pooled.setdefault(record.strategy, {})[record.baseline] = record.pooled
    pooled = {strategy: over for strategy, over in pooled.items() if RANDOM in over}
    if not pooled:
        return None
    arms = [
        (
            say_arm(strategy),
            f"{say_share(over[RANDOM].mean)}, {say_count(over[RANDOM].settings, 'setting')}",
            _marks(styles[strategy], over),
        )
        for strategy, over in pooled.items()
    ]
    low, high = _margin(end for over in pooled.values() for each in over.values() for end in (each.low, each.high))
    legend = _baseline_legend(with_strong=any(record.baseline == STRONG_RANDOM and record.pooled for record in records))
    words = "gain more or less than the baseline, in shares of random’s own"
    scale = Scale(low, high, words, legend, line=0.0, percent=True)
    return _arms_figure(name, "Over all settings together", "Against random: ", arms, scale)


def settings_end_figure(settings: Settings, styles: Styles, name: str) -> Drawing:
    """Differences from random at the end: a row a setting, a mark an arm that is there."""
    ends = [
        {
            arm.strategy: arm.against[RANDOM].end
            for arm in results.standings
            if arm.strategy in styles and RANDOM in arm.against
        }
        for _, results in settings
    ]
    marks = [
        [_mark(by_arm[strategy], style) for strategy, style in styles.items() if strategy in by_arm] for by_arm in ends
    ]
    every = [end for by_arm in ends for end in by_arm.values()]
    scale = _scale(every, settings[0][1], _arm_legend(styles))
    return _settings_figure(name, "Differences to random at the end", settings, marks, scale)


def settings_reach_figure(settings: Settings, styles: Styles, name: str) -> Drawing:
    """Time to random's end as a share of random's own: a row a setting, a mark an arm that is there."""
    marks = [
        [
            _share_mark(results, arm, arm.reach, style)
            for strategy, style in styles.items()
            if (arm := results.of(strategy)) and arm.reach is not None
        ]
        for _, results in settings
    ]
    words = "of the annotator time that random needs"
    scale = Scale(0, 1.25, words, _arm_legend(styles), line=1, percent=True)
    return _settings_figure(name, "Time to where random ends", settings, marks, scale)


def _arms_figure(name: str, title: str, prefix: str, arms: Sequence[ArmRow], scale: Scale) -> Drawing:
    """Rows whose names leave room for their numbers."""
    rows = [Row(name_lines(arm, LINE - len(value)), value, tuple(marks)) for arm, value, marks in arms]
    words = "; ".join(f"{arm} {value}" for arm, value, _ in arms)
    return rows_figure(name, title, f"{prefix}{words}.", rows, scale)


def _settings_figure(
    name: str, title: str, settings: Settings, marks: Sequence[Sequence[Mark]], scale: Scale
) -> Drawing:
    rows = [
        Row(setting, f"random: {say_time(_random_s(results))}", tuple(own))
        for (setting, results), own in zip(settings, marks, strict=True)
    ]
    words = f"A mark for each arm, with its {CONFIDENCE:.0%} interval, for each of {len(settings)} settings."
    return rows_figure(name, title, words, rows, scale)


def _arm_styles(results: Results) -> Styles:
    return arm_styles([arm.strategy for arm in results.standings])


def _marks(style: ArmStyle, by_baseline: Mapping[str, Estimate | PooledDifference]) -> list[Mark]:
    """Against random and, below it, against strong random."""
    shown = ((RANDOM, style), (STRONG_RANDOM, STRONG))
    return [_mark(by_baseline[baseline], each) for baseline, each in shown if baseline in by_baseline]


def _mark(estimate: Estimate | PooledDifference, style: ArmStyle) -> Mark:
    """Filled where the interval does not include zero."""
    low, high = estimate.low, estimate.high
    sure = low is not None and high is not None and not low <= 0 <= high
    return Mark(estimate.mean, low, high, style, filled=sure)


def _reach_mark(arm: Standing, reach: Reach, style: ArmStyle, unit_s: float) -> Mark:
    """In units of `unit_s`; what is not known to be within the budget lies beyond it. One seed has no interval."""
    at, low, high = (None if value is None else value / unit_s for value in (reach.seconds, reach.low, reach.high))
    if at is None or (arm.seeds > 1 and high is None):
        high = math.inf
        low = next((value for value in (low, at) if value is not None), math.inf)
    return Mark(at, low, high, style)


def _share_mark(results: Results, arm: Standing, reach: Reach, style: ArmStyle) -> Mark:
    """Hollow where the interval includes random's own time."""
    mark = _reach_mark(arm, reach, style, _random_s(results))
    return replace(mark, filled=mark.high is not None and mark.high < 1)


def _random_s(results: Results) -> float:
    """Random's own time; where it is there from the beginning, that of the budget, so that it can be divided by."""
    return results.random_s or results.end_s


def _scale(differences: Sequence[Estimate], results: Results, legend: Legend) -> Scale:
    """Zero, all means and all intervals of `ENOUGH` seeds; with fewer, an interval may be wider than all else."""
    trusted = [difference for difference in differences if difference.seeds >= ENOUGH] or differences
    ends = [end for difference in trusted for end in (difference.low, difference.high) if end is not None]
    low, high = _margin([*ends, *(difference.mean for difference in differences)])
    return Scale(low, high, f"{measure_title(results)}, more or less than the baseline", legend, line=0.0)


def _margin(ends: Iterable[float]) -> tuple[float, float]:
    """A scale that holds zero and all `ends`, with room beside them."""
    known = [0.0, *ends]
    margin = 0.06 * (max(known) - min(known)) or 0.01
    return min(known) - margin, max(known) + margin


def _baseline_legend(*, with_strong: bool) -> Legend:
    """What the marks mean, as far as there are such."""
    strong = [(_key("s"), f"against {say_arm(STRONG_RANDOM)}")] if with_strong else []
    random = (_key("o"), f"in colour: against random, with its {CONFIDENCE:.0%} interval")
    return [random, *strong, (_key("o", PAPER), "hollow: may be no more than luck")]


def _arm_legend(styles: Styles) -> Legend:
    return [
        (
            Line2D([], [], color=style.colour, marker=style.marker, lw=2, ms=7),
            name_lines(say_arm(strategy), LEGEND_LINE),
        )
        for strategy, style in styles.items()
    ]


def _key(marker: str, fill: str = MUTED) -> Line2D:
    return Line2D([], [], color=MUTED, marker=marker, mfc=fill, lw=2, mew=1.6, ms=7)
