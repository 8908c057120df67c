"""How an arm is drawn in every figure of a comparison, and how its name is cut into lines."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maskloop.compare.analysis.arm import CONTROL, Arm
from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.pages.figures import ARM_COLOURS, INK, MUTED

Dashes = str | tuple[float, tuple[float, ...]]

MARKERS = ("D", "^", "v", "P", "X")
"""Of arms other than the baselines and the control, whose are "o", "s" and "h"."""
DASHES: Mapping[str, Dashes] = {
    "": "-",
    "none": "-",
    "proposals": "-.",
    "boxes": (0, (6, 1.5)),
    "auto": (0, (6, 1.5, 1, 1.5, 1, 1.5)),
}
"""By how people are helped."""


@dataclass(frozen=True)
class ArmStyle:
    """Colour, marker and dashes of an arm, as matplotlib has them."""

    colour: str
    marker: str = ""
    dashes: Dashes = "-"


BASELINES = {RANDOM: ArmStyle(INK, "o", "--"), STRONG_RANDOM: ArmStyle(MUTED, "s", ":")}
CONTROLS = {CONTROL: ArmStyle(MUTED, "h", (0, (2, 1)))}


def arm_styles(strategies: Sequence[str]) -> dict[str, ArmStyle]:
    """Baselines and control are black and grey; the others take colours and markers in turn, thirty pairs of them, and
    are dashed by how people are helped."""
    styles = BASELINES | CONTROLS
    others = [strategy for strategy in strategies if strategy not in styles]
    for place, strategy in enumerate(others):
        colour, marker = ARM_COLOURS[place % len(ARM_COLOURS)], MARKERS[place % len(MARKERS)]
        styles[strategy] = ArmStyle(colour, marker, DASHES[Arm.parse(strategy).assist])
    return {strategy: styles[strategy] for strategy in strategies}


def name_lines(name: str, width: int) -> str:
    """A name in lines of at most `width` characters."""
    return "\n".join(textwrap.wrap(name, width, break_on_hyphens=False))
