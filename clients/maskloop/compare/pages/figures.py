"""The figures of one comparison, and of several, in reading order."""

from __future__ import annotations

from maskloop.compare.analysis.comparison import RANDOM, Comparison
from maskloop.compare.analysis.results import Results
from maskloop.compare.pages.arm_style import arm_styles
from maskloop.compare.pages.curves import arms_figure, curves_figure, gate_figure, target_figure
from maskloop.compare.pages.interval_figures import (
    difference_figure,
    pooled_figure,
    reach_figure,
    settings_end_figure,
    settings_reach_figure,
)
from maskloop.compare.pages.summary import Summary
from maskloop.pages.figures import Drawing
from maskloop.values.measures import MEASURES

SHOWN = ("gate", "curves", "arms", "end", "area", "seconds", "targets")
ALL_NAMES = frozenset(f"{what}-{measure.replace('_', '-')}" for what in SHOWN for measure in MEASURES)
"""Of every figure that a comparison can have: `curves-mean-iou`."""


def figures(comparison: Comparison, results: Results) -> dict[str, Drawing]:
    """By what they show, as far as there are numbers: those of `SHOWN`. Their own names end in the measure.

    Where the gate did not pass, nothing but the gate is drawn: nothing that could be read as a ranking.
    """
    suffix = results.measure.replace("_", "-")
    gate = gate_figure(comparison, results, f"gate-{suffix}")
    if not results.gate.passed:
        return {"gate": gate}
    drawn = {
        "gate": gate,
        "curves": curves_figure(results, f"curves-{suffix}"),
        "arms": arms_figure(results, f"arms-{suffix}"),
        "end": difference_figure(results, f"end-{suffix}", area=False),
        "area": difference_figure(results, f"area-{suffix}", area=True),
        "seconds": reach_figure(results, f"seconds-{suffix}"),
        "targets": target_figure(results, f"targets-{suffix}"),
    }
    return {what: drawing for what, drawing in drawn.items() if drawing is not None}


def summary_figures(summary: Summary, measure: str) -> dict[str, Drawing]:
    """`end`: differences from random at the end; `seconds`: time to random's end as a share of random's own time;
    `pooled`: over all settings together, where that says more than one of them does.

    Of the arms that settings have in common; none where nothing passed the gate, or no arm but random is there.
    """
    settings = [(setting.name, results) for setting, results in summary.passed(measure)]
    shared = set(summary.matrices[measure].strategies) - {RANDOM}
    styles = {arm: style for arm, style in arm_styles(summary.strategies(measure)).items() if arm in shared}
    if not styles:
        return {}
    suffix = measure.replace("_", "-")
    records = summary.records[measure]
    drawn = {
        "pooled": pooled_figure(records, styles, f"summary-pooled-{suffix}") if len(settings) > 1 else None,
        "end": settings_end_figure(settings, styles, f"summary-{suffix}"),
        "seconds": settings_reach_figure(settings, styles, f"summary-seconds-{suffix}"),
    }
    return {what: drawing for what, drawing in drawn.items() if drawing is not None}
