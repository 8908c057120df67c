"""How estimates are said, in tables, figures and sentences alike."""

from __future__ import annotations

from maskloop.compare.analysis.arm import Arm
from maskloop.compare.analysis.comparison import DRAWN, RANDOM, Comparison
from maskloop.compare.analysis.pooled_effect import PooledDifference
from maskloop.compare.analysis.results import Estimate, Reach, Results
from maskloop.pages import wording
from maskloop.pages.wording import capital, say_change, say_count, say_measure, say_number, say_time

HELPED = {
    "": "",
    "none": "with drawn outlines",
    "proposals": "helped by proposals",
    "boxes": "helped by boxes",
    "auto": "helped by proposals once they are trusted",
}


def say_arm(name: str) -> str:
    """An arm as a table says it: `mask-guided (target 0.5)`, `random images, helped by boxes`."""
    arm = Arm.parse(name)
    if arm.is_control:
        return "control: random, twice the purchase"
    plain = wording.say_arm(str(arm.strategy))
    if not arm.assist:
        return plain
    return f"{'random images' if plain == RANDOM else plain}, {HELPED[arm.assist]}"


def say_selection(name: str) -> str:
    """An arm as a sentence says it: `mask-guided selection (target 0.5)`, `random selection helped by boxes`."""
    arm = Arm.parse(name)
    twice = "with twice the purchase" if arm.is_control else ""
    words = (wording.say_strategy(str(arm.strategy)), twice, HELPED[arm.assist])
    return " ".join(filter(None, words))


def say_baseline(comparison: Comparison) -> str:
    """The baseline as a sentence says it: with its help where arms differ by that, `random selection` elsewhere."""
    return say_selection(f"{RANDOM}+{comparison.assist or DRAWN}" if comparison.differs_by_help else RANDOM)


def say_ratio(reach: Reach | None) -> str:
    """The share of random's seconds with its interval: `35% (31% to 40%)`, `90% (62% or more)`; a dash for none."""
    if reach is None or reach.share is None:
        return "–"
    if reach.share_low is None:
        return f"{reach.share:.0%}"
    end = "or more" if reach.share_high is None else f"to {reach.share_high:.0%}"
    return f"{reach.share:.0%} ({reach.share_low:.0%} {end})"


def say_estimate(estimate: Estimate | None) -> str:
    """A mean with its standard deviation between seeds: `0.487 ± 0.012`; a dash for none."""
    if estimate is None or estimate.sd is None:
        return say_number(estimate.mean if estimate else None, 3)
    return f"{say_number(estimate.mean, 3)} ± {say_number(estimate.sd, 3)}"


def say_interval(estimate: Estimate) -> str:
    """` (+0.012 to +0.050)`, to follow a number; "" for none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f" ({say_change(estimate.low, 3)} to {say_change(estimate.high, 3)})"


def say_gain(estimate: Estimate | None) -> str:
    """A difference with its interval: `+0.031 (+0.012 to +0.050)`; a dash for none."""
    return "–" if estimate is None else f"{say_change(estimate.mean, 3)}{say_interval(estimate)}"


def say_share(value: float) -> str:
    """`+12%`, `−3%`."""
    return f"{round(100 * value) + 0:+d}%".replace("-", "\N{MINUS SIGN}")


def say_pooled(pooled: PooledDifference | None) -> str:
    """A share with its interval: `+12% (+4% to +20%)`; a dash for none."""
    return f"{say_share(pooled.mean)} ({say_share(pooled.low)} to {say_share(pooled.high)})" if pooled else "–"


def say_reach(reach: Reach | None, *, interval: bool = True) -> str:
    """Time with its interval: `2 h 20 min (2 h to 2 h 50 min)`; a high end that is not known is beyond the budget."""
    if reach is None:
        return "–"
    text = "not within the budget" if reach.seconds is None else say_time(reach.seconds)
    if reach.low is None or not interval:
        return text
    return f"{text} ({say_time(reach.low)} {'or later' if reach.high is None else f'to {say_time(reach.high)}'})"


def measure_title(results: Results) -> str:
    """The measure as the beginning of a sentence: `Mean IoU`, `AP50`."""
    return capital(say_measure(results.measure))


def arm_names(results: Results) -> dict[str, str]:
    """The arms as tables say them; those that fewer seeds have ended of than of random say how many."""
    return {
        arm.strategy: say_arm(arm.strategy)
        + (f" – {say_count(arm.seeds, 'seed')}" if arm.seeds < results.random.seeds else "")
        for arm in results.standings
    }
