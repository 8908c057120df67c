"""The templates of comparisons, and sentences made of them."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.compare.analysis.results import CONFIDENCE, TargetSweep
from maskloop.compare.analysis.win_matrix import wins_by_chance
from maskloop.compare.pages.wording import (
    say_arm,
    say_baseline,
    say_estimate,
    say_gain,
    say_interval,
    say_pooled,
    say_ratio,
    say_reach,
    say_selection,
    say_share,
)
from maskloop.pages.html import environment

NBSP = "\N{NO-BREAK SPACE}"


@cache
def templates() -> Environment:
    """All templates at once, and never again: a comparison that runs for hours outlives changes of the program.

    To be called when a comparison starts.
    """
    pages = environment("maskloop.compare.pages")
    pages.auto_reload = False
    pages.filters.update(estimate=say_estimate, gain=say_gain, interval=say_interval, reach=say_reach, share=say_share)
    pages.filters.update(arm=say_arm, strategy=say_selection, baseline=say_baseline, ratio=say_ratio)
    pages.filters.update(pooled=say_pooled, cell=_cell, by_chance=wins_by_chance)
    pages.filters.update(targets=_targets, at_target=lambda sweep, target: dict(sweep.points).get(target))
    pages.globals.update(random=RANDOM, strong_random=STRONG_RANDOM, confidence=f"{CONFIDENCE:.0%}")
    for name in pages.list_templates():
        pages.get_template(name)
    return pages


def sentences(template: str, **values: object) -> tuple[str, ...]:
    """The paragraphs of a `.txt.j2`, each on a line; those that say nothing are left out."""
    paragraphs = re.split(r"\n\s*\n", templates().get_template(template).render(**values))
    lines = (" ".join(paragraph.split()) for paragraph in paragraphs)
    return tuple(line for line in lines if line)


def _cell(text: str) -> str:
    """May be broken before its bracket, nowhere else."""
    return text.replace(" ", NBSP).replace(f"{NBSP}(", " (")


def _targets(sweeps: tuple[TargetSweep, ...]) -> list[float]:
    return sorted({target for sweep in sweeps for target, _ in sweep.points})
