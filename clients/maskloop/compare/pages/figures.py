"""The figures of a comparison in reading order."""

from __future__ import annotations

from maskloop.compare.analysis.comparison import MEASURES, Comparison
from maskloop.compare.analysis.results import Judgement
from maskloop.compare.pages.curve_figures import arms_figure, curves_figure
from maskloop.compare.pages.gate_figure import gate_figure
from maskloop.compare.pages.interval_figures import difference_figure, reach_figure
from maskloop.compare.pages.target_figure import target_figure
from maskloop.pages.figures import Curve

SHOWN = ("gate", "curves", "arms", "end", "area", "seconds", "targets")


def figures(comparison: Comparison, judgement: Judgement) -> dict[str, Curve]:
    """By what they show, as far as there are numbers: those of `SHOWN`. Their own names end in the measure.

    Where the gate did not pass, nothing but the gate is drawn: nothing that could be read as a ranking.
    """
    names = {what: _name(what, judgement.measure) for what in SHOWN}
    found = {"gate": gate_figure(comparison, judgement, names["gate"])}
    if judgement.gate.passed:
        ranked = {
            "curves": curves_figure(judgement, names["curves"]),
            "arms": arms_figure(judgement, names["arms"]),
            "end": difference_figure(judgement, names["end"], area=False),
            "area": difference_figure(judgement, names["area"], area=True),
            "seconds": reach_figure(judgement, names["seconds"]),
            "targets": target_figure(judgement, names["targets"]),
        }
        found |= {what: one for what, one in ranked.items() if one is not None}
    return found


def _name(what: str, measure: str) -> str:
    return f"{what}-{measure.replace('_', '-')}"


ALL_NAMES = frozenset(_name(what, measure) for what in SHOWN for measure in MEASURES)
"""Of every figure there can be: `curves-mean-iou`."""
