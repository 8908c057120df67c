"""How an arm looks in every figure of a comparison, and how its name is cut into lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.compare.analysis.results import Judgement
from maskloop.pages.figures import ARM_COLOURS, INK, MUTED
from maskloop.pages.wording import say_arm, say_count

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


def name_lines(name: str, width: int) -> str:
    """A name in lines of at most `width` characters."""
    return "\n".join(textwrap.wrap(name, width, break_on_hyphens=False))


def names(judgement: Judgement) -> dict[str, str]:
    """The arms as tables say them; those that fewer seeds have ended of than of random say how many."""
    random = seeds_of_random(judgement)
    return {
        one.strategy: say_arm(one.strategy) + (f" – {say_count(one.seeds, 'seed')}" if one.seeds < random else "")
        for one in judgement.standings
    }


def seeds_of_random(judgement: Judgement) -> int:
    """How many trials of random there are."""
    return next(one.seeds for one in judgement.standings if one.strategy == RANDOM)
