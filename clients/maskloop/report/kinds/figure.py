"""The figure of divided batches: expected and measured quality above, and below where every second went."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from maskloop.pages.figures import (
    ARM_COLOURS,
    HEIGHT,
    INK,
    MUTED,
    PAPER,
    Drawing,
    drawing,
    even_ticks,
    legend_above,
    time_unit,
    widen,
)
from maskloop.pages.wording import say_kind
from maskloop.report.kinds.divided import DividedBatch, describe, divided_batches
from maskloop.report.report import RunReport
from maskloop.values import SupervisionKind

NAME = "kinds"
WIDE_ENOUGH = 0.08
"""Of the time axis, from which on a block is wide enough for its share."""


def kinds_figure(report: RunReport, colours: dict[SupervisionKind, str]) -> Drawing | None:
    """Blocks as wide as a batch took and as high as a kind's share of it, under what networks were expected to be and
    were; `None` where the server divided nothing."""
    batches = divided_batches(report)
    if not batches:
        return None
    unit_s, unit = time_unit(batches[-1].begun_s + batches[-1].took_s)

    def fill(drawn: Figure) -> None:
        above, below = drawn.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        even_ticks(above)
        _draw_quality(above, batches, unit_s)
        _draw_shares(below, batches, unit_s, colours)
        below.set_xlabel(f"annotator {unit}")
        legend_above(drawn, HEIGHT + 1.2)

    return drawing(NAME, "What each kind of label was worth", describe(batches), fill)


def _draw_quality(axes: Any, batches: list[DividedBatch], unit_s: float) -> None:
    strip = {"color": ARM_COLOURS[0], "lw": 9, "alpha": 0.25, "solid_capstyle": "round"}
    for number, batch in enumerate(batches):
        at, expected = (batch.begun_s + batch.took_s) / unit_s, batch.plan.expected
        axes.plot([at, at], [expected.low, expected.high], **strip, label=None if number else "expected, 95 %")
        axes.plot([at], [expected.mean], "_", color=ARM_COLOURS[0], ms=14, mew=2)
    came = [((batch.begun_s + batch.took_s) / unit_s, batch.came) for batch in batches if batch.came is not None]
    if came:
        axes.plot(*zip(*came, strict=True), "-o", color=INK, lw=1.5, ms=6, label="measured")
    axes.set_ylabel("panoptic quality")
    axes.tick_params(labelbottom=False)
    widen(axes)


def _draw_shares(axes: Any, batches: list[DividedBatch], unit_s: float, colours: dict[SupervisionKind, str]) -> None:
    whole_s = batches[-1].begun_s + batches[-1].took_s
    labelled: set[SupervisionKind] = set()
    for batch in batches:
        left, width, base = batch.begun_s / unit_s, batch.took_s / unit_s, 0.0
        for kind in (each.kind for each in batch.plan.kinds):
            share = batch.bought_share(kind)
            label = None if kind in labelled else say_kind(kind)
            labelled.add(kind)
            block = {"align": "edge", "color": colours[kind], "edgecolor": PAPER, "lw": 1.5, "label": label}
            axes.bar([left], [share], width, [base], **block)
            if share > 0.12 and batch.took_s > WIDE_ENOUGH * whole_s:
                axes.text(left + width / 2, base + share / 2, f"{share:.0%}", ha="center", va="center", color=INK)
            base += share
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "half", "all"])
    axes.grid(visible=False)
    axes.set_xlim(left=0)
    axes.set_ylabel("of the seconds", color=MUTED)
