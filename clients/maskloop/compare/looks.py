"""How an arm looks in every figure of a comparison, and how its name is cut into lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.compare.values import RANDOM, STRONG_RANDOM
from maskloop.report.drawing import ARM_COLOURS, INK, MUTED
from maskloop.report.words import say_arm

MARKERS = ("D", "^", "v", "P", "X")
"""Of arms other than the baselines, whose are "o" and "s"."""


@dataclass(frozen=True)
class Look:
    """Colour, marker and dashes of an arm, as matplotlib has them."""

    colour: str
    marker: str
    dashes: str


def looks(strategies: Sequence[str]) -> dict[str, Look]:
    """The baselines are black and grey, the others take colours and markers in turn: thirty pairs of them."""
    found = {RANDOM: Look(INK, "o", "--"), STRONG_RANDOM: Look(MUTED, "s", ":")}
    others = [one for one in strategies if one not in found]
    for place, strategy in enumerate(others):
        colour = ARM_COLOURS[place % len(ARM_COLOURS)]
        found[strategy] = Look(colour, MARKERS[place % len(MARKERS)], "-")
    return {one: found[one] for one in strategies}


def name_lines(strategy: str, width: int) -> str:
    """The arm as a table says it, in lines of at most `width` characters."""
    return "\n".join(textwrap.wrap(say_arm(strategy), width, break_on_hyphens=False))
