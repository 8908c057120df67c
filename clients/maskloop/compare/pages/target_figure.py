"""Quality at the end by target IoU, as tables 3 and 4 of Bellver et al. have it."""

from __future__ import annotations

from typing import Any

from maskloop.compare.analysis.comparison import RANDOM
from maskloop.compare.analysis.results import Estimate, Judgement, TargetSweep
from maskloop.compare.pages.curve_plot import title
from maskloop.pages.figures import ARM_COLOURS, ARM_MARKERS, INK, MUTED, Curve, figure, widen
from maskloop.pages.wording import say_number

ASIDE = 0.008
"""How far sweeps of the same targets are drawn apart, in IoU."""


def target_figure(judgement: Judgement, name: str) -> Curve | None:
    """One line a sweep with intervals, random's interval as a strip; `None` where no target was swept."""
    if not judgement.sweeps:
        return None
    random = next(one.end for one in judgement.standings if one.strategy == RANDOM)

    def draw(axes: Any) -> None:
        for place, sweep in enumerate(judgement.sweeps):
            _draw_sweep(axes, sweep, place)
        axes.axhline(random.mean, color=INK, ls="--", lw=1.5, label=f"random: {say_number(random.mean, 3)}")
        if random.low is not None:
            axes.axhspan(random.low, random.high, color=MUTED, alpha=0.18, lw=0, label="its interval")
        axes.margins(y=0.1)
        widen(axes)
        axes.set_xlabel("target IoU")
        axes.set_ylabel(f"{title(judgement)} at the end")

    best = [(sweep.kind, *max(sweep.points, key=lambda point: point[1].mean)) for sweep in judgement.sweeps]
    words = [f"{kind}: {say_number(end.mean, 3)} at target {say_number(target)}" for kind, target, end in best]
    return figure(name, f"{title(judgement)} by target IoU", f"Best, {'; '.join(words)}.", draw)


def _draw_sweep(axes: Any, sweep: TargetSweep, place: int) -> None:
    colour, marker = ARM_COLOURS[place % len(ARM_COLOURS)], ARM_MARKERS[place % len(ARM_MARKERS)]
    targets = [target + ASIDE * place for target, _ in sweep.points]
    ends = [end for _, end in sweep.points]
    axes.errorbar(
        targets,
        [one.mean for one in ends],
        [[_below(one) for one in ends], [_above(one) for one in ends]],
        color=colour,
        marker=marker,
        lw=2,
        elinewidth=1.2,
        capsize=3,
        label=f"scores: {sweep.kind}",
    )


def _below(end: Estimate) -> float:
    return 0.0 if end.low is None else end.mean - end.low


def _above(end: Estimate) -> float:
    return 0.0 if end.high is None else end.high - end.mean
