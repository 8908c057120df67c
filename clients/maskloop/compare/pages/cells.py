"""How the tables of a comparison say what was measured."""

from __future__ import annotations

from maskloop.compare.analysis.pooled_effect import PooledDifference
from maskloop.compare.analysis.results import Estimate, Reach
from maskloop.pages.wording import say_change, say_number, say_time

NOT_REACHED = "not within the budget"


def say_estimate(found: Estimate | None) -> str:
    """A mean with its standard deviation between seeds: `0.487 ± 0.012`; a dash for none."""
    if found is None or found.sd is None:
        return say_number(found.mean if found else None, 3)
    return f"{say_number(found.mean, 3)} ± {say_number(found.sd, 3)}"


def say_gain(found: Estimate | None) -> str:
    """A difference with its interval: `+0.031 (+0.012 to +0.050)`; a dash for none."""
    if found is None or found.low is None:
        return say_change(found.mean if found else None, 3)
    return f"{say_change(found.mean, 3)} ({say_change(found.low, 3)} to {say_change(found.high, 3)})"


def say_share(value: float) -> str:
    """`+12%`, `−3%`."""
    return f"{round(100 * value) + 0:+d}%".replace("-", "\N{MINUS SIGN}")


def say_pooled(found: PooledDifference | None) -> str:
    """A share with its interval: `+12% (+4% to +20%)`; a dash for none."""
    if found is None:
        return "–"
    return f"{say_share(found.mean)} ({say_share(found.low)} to {say_share(found.high)})"


def say_reach(found: Reach | None, *, interval: bool = True) -> str:
    """Time with its interval: `2 h 20 min (2 h to 2 h 50 min)`; a high end that is not known is beyond the budget."""
    if found is None:
        return "–"
    said = NOT_REACHED if found.seconds is None else say_time(found.seconds)
    if found.low is None or not interval:
        return said
    return f"{said} ({say_time(found.low)} {'or later' if found.high is None else f'to {say_time(found.high)}'})"
