"""How an arm is drawn in every figure of a comparison, and how its name is cut into lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.pages.figures import ARM_COLOURS, INK, MUTED

MARKERS = ("D", "^", "v", "P", "X")
"""Of arms other than the baselines, whose are "o" and "s"."""


@dataclass(frozen=True)
class ArmStyle:
    """Colour, marker and dashes of an arm, as matplotlib has them."""

    colour: str
    marker: str = ""
    dashes: str = "-"


BASELINES = {RANDOM: ArmStyle(INK, "o", "--"), STRONG_RANDOM: ArmStyle(MUTED, "s", ":")}


def arm_styles(strategies: Sequence[str]) -> dict[str, ArmStyle]:
    """The baselines are black and grey, the others take colours and markers in turn: thirty pairs of them."""
    others = [strategy for strategy in strategies if strategy not in BASELINES]
    styles = dict(BASELINES)
    for place, strategy in enumerate(others):
        styles[strategy] = ArmStyle(ARM_COLOURS[place % len(ARM_COLOURS)], MARKERS[place % len(MARKERS)])
    return {strategy: styles[strategy] for strategy in strategies}


def name_lines(name: str, width: int) -> str:
    """A name in lines of at most `width` characters."""
    return "\n".join(textwrap.wrap(name, width, break_on_hyphens=False))
