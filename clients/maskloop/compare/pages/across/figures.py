"""Several comparisons in one figure: one row a setting, one mark an arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from matplotlib.lines import Line2D

from maskloop.compare.analysis.comparison import RANDOM
from maskloop.compare.analysis.results import CONFIDENCE, Judgement, Standing
from maskloop.compare.pages.across.pooled_figure import pooled_figure
from maskloop.compare.pages.across.values import Verdict, arm_of
from maskloop.compare.pages.arm_style import Look, looks, name_lines
from maskloop.compare.pages.forest_plot import Legend, Mark, Row, Scale, rows_figure
from maskloop.compare.pages.interval_figures import difference_mark, difference_scale, reach_mark
from maskloop.pages.figures import Curve
from maskloop.pages.wording import say_arm, say_time

Draw = Callable[[Judgement, Standing, Look], Mark | None]
NAME = 46
"""Characters of a line of the legend."""


def verdict_figures(verdict: Verdict, measure: str) -> dict[str, Curve]:
    """`end`: differences to random at the end; `seconds`: time to random's end as a share of random's own time;
    `pooled`: over all settings together, where that says more than one of them does.

    Of the arms that settings have in common; none where nothing passed the gate, or no arm but random is there.
    """
    passed = [judgement for _, judgement in verdict.passed(measure)]
    shared = set(verdict.matrices[measure].strategies) - {RANDOM}
    arms = {one: look for one, look in looks(verdict.strategies(measure)).items() if one in shared}
    if not arms:
        return {}
    suffix = measure.replace("_", "-")
    standings = [one for judgement in passed for one in judgement.standings if one.strategy in arms]
    differences = [one.against[RANDOM].end for one in standings if RANDOM in one.against]
    words = f"A mark for each arm, with its {CONFIDENCE:.0%} interval, for each of {len(passed)} settings."
    ends, seconds = _rows(verdict, measure, arms, _end_mark), _rows(verdict, measure, arms, _seconds_mark)
    pooled = pooled_figure(verdict.records[measure], arms, f"verdict-pooled-{suffix}") if len(passed) > 1 else None
    return ({"pooled": pooled} if pooled else {}) | {
        "end": rows_figure(
            f"verdict-{suffix}",
            "Differences to random at the end",
            words,
            ends,
            difference_scale(differences, passed[0], _legend(arms)),
        ),
        "seconds": rows_figure(
            f"verdict-seconds-{suffix}",
            "Time to where random ends",
            words,
            seconds,
            Scale(0, 1.25, "of the annotator time that random needs", _legend(arms), line=1, percent=True),
        ),
    }


def _rows(verdict: Verdict, measure: str, arms: Mapping[str, Look], draw: Draw) -> Sequence[Row]:
    """A row a setting that passed, a mark an arm that is there."""
    rows = []
    for result, judgement in verdict.passed(measure):
        found = [(arm_of(judgement, one), look) for one, look in arms.items()]
        marks = [draw(judgement, arm, look) for arm, look in found if arm is not None]
        time = f"random: {say_time(_seconds_of_random(judgement))}"
        rows.append(Row(result.name, time, tuple(one for one in marks if one is not None)))
    return rows


def _end_mark(_: Judgement, arm: Standing, look: Look) -> Mark | None:
    return difference_mark(arm.against[RANDOM].end, look) if RANDOM in arm.against else None


def _seconds_mark(judgement: Judgement, arm: Standing, look: Look) -> Mark | None:
    """Hollow where the interval includes random's own time."""
    if arm.reach is None:
        return None
    mark = reach_mark(arm, arm.reach, look, _seconds_of_random(judgement))
    return replace(mark, filled=mark.high is not None and mark.high < 1)


def _seconds_of_random(judgement: Judgement) -> float:
    random = arm_of(judgement, RANDOM)
    return judgement.end_s if random is None or not random.reach or not random.reach.seconds else random.reach.seconds


def _legend(arms: Mapping[str, Look]) -> Legend:
    return [
        (Line2D([], [], color=look.colour, marker=look.marker, lw=2, ms=7), name_lines(say_arm(strategy), NAME))
        for strategy, look in arms.items()
    ]
