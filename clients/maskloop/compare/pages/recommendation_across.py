"""The verdict over several comparisons: which way of choosing wins where, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM, Comparison
from maskloop.compare.analysis.pooled_effect import PooledDifference, pooled_difference
from maskloop.compare.analysis.results import CONFIDENCE, Difference, Judgement
from maskloop.compare.pages.cells import say_share
from maskloop.compare.pages.sentences import sentence_name
from maskloop.pages.wording import say_count, say_strategy

Judged = tuple[Comparison, Judgement]
Met = tuple[str, Difference, float]
"""A setting's name, an arm's difference to the baseline in it, and the rise of random selection there."""


@dataclass(frozen=True)
class Record:
    """A strategy against a baseline over settings: the names of those where it ends above by more than luck, and below.

    `met` are all settings that have both, above and below among them; `pooled` is the difference over all of them.
    """

    strategy: str
    baseline: str
    above: tuple[str, ...]
    below: tuple[str, ...]
    met: tuple[str, ...]
    pooled: PooledDifference | None = None


def records(judged: Sequence[Judged], baseline: str) -> tuple[Record, ...]:
    """Of every strategy that anyone can use and that met the baseline past the gate, highest over all of them first."""
    found: dict[str, list[Met]] = {}
    for comparison, judgement in judged:
        for one in judgement.standings if judgement.gate.passed else ():
            if baseline in one.against and not one.oracle:
                found.setdefault(one.strategy, []).append(
                    (comparison.setting.name, one.against[baseline], judgement.gate.rise.mean)
                )
    made = [_record(strategy, baseline, met) for strategy, met in found.items()]
    return tuple(sorted(made, key=lambda one: (-_pooled_mean(one), len(one.below) - len(one.above))))


def overall_verdict(judged: Sequence[Judged]) -> tuple[str, ...]:
    """Sentences; the first one says what to do, the last ones which settings count."""
    against_random = records(judged, RANDOM)
    passed = [comparison.setting.name for comparison, judgement in judged if judgement.gate.passed]
    if not against_random:
        return ("Nothing can be ranked: no setting passed its gate with a way of choosing beside random.",)
    strong = {one.strategy: one for one in records(judged, STRONG_RANDOM)}
    return (
        _what_to_do(against_random),
        *(_say(one, strong.get(one.strategy)) for one in against_random),
        *_what_luck_brings(against_random),
        *_left_out(judged, len(passed)),
    )


def _record(strategy: str, baseline: str, met: Sequence[Met]) -> Record:
    above = tuple(name for name, difference, _ in met if difference.wins)
    below = tuple(name for name, difference, _ in met if difference.loses)
    pooled = pooled_difference([(difference, rise) for _, difference, rise in met])
    return Record(strategy, baseline, above, below, tuple(name for name, _, _ in met), pooled)


def _pooled_mean(one: Record) -> float:
    return one.pooled.mean if one.pooled else -math.inf


def _what_to_do(found: Sequence[Record]) -> str:
    """A strategy is recommended that is above random over all settings by more than luck, so many having been tried."""
    proven = [one for one in found if one.pooled and one.pooled.mean > 0 and one.pooled.p * len(found) < 1 - CONFIDENCE]
    if proven:
        return f"Begin with {say_strategy(proven[0].strategy)}: {_say_pooled(proven[0])}{_say_places(proven[0])}."
    if any(one.above for one in found):
        return (
            "No way of choosing beats random selection in most settings: "
            "compare on your own data before you leave random selection."
        )
    return "Nothing beats random selection by more than luck in any setting: stay with random selection."


def _say(one: Record, strong: Record | None) -> str:
    beside = f" Against {say_strategy(STRONG_RANDOM)}: {_say_places(strong)}." if strong else ""
    return f"{sentence_name(one.strategy)}: {_say_pooled(one)}{_say_places(one)}.{beside}"


def _say_pooled(one: Record) -> str:
    """`over 4 settings it gains 12% more than random selection in the same time (+4% to +20%), more than luck; `."""
    found = one.pooled
    if found is None or found.settings < 2:
        return ""
    sure = "more than luck" if found.low > 0 or found.high < 0 else "no more than luck"
    return (
        f"over {found.settings} settings it gains {abs(found.mean):.0%} {'more' if found.mean >= 0 else 'less'} than "
        f"{say_strategy(one.baseline)} in the same time ({say_share(found.low)} to {say_share(found.high)}), {sure}; "
    )


def _say_places(one: Record) -> str:
    """`above random selection in 2 (beads, cells) of 5 settings and below it in 0, by more than luck`."""
    if not (one.above or one.below):
        return f"not to be told from {say_strategy(one.baseline)} in any of {say_count(len(one.met), 'setting')}"
    return (
        f"above {say_strategy(one.baseline)} in {len(one.above)}{_named(one.above)} of "
        f"{say_count(len(one.met), 'setting')} and below it in {len(one.below)}{_named(one.below)}, by more than luck"
    )


def _named(settings: Sequence[str]) -> str:
    return f" ({', '.join(settings)})" if settings else ""


def _what_luck_brings(found: Sequence[Record]) -> tuple[str, ...]:
    met = sum(len(one.met) for one in found)
    wins = sum(len(one.above) for one in found)
    expected = met * (1 - CONFIDENCE) / 2
    return (
        f"{wins} of {say_count(met, 'pair')} of a way of choosing and a setting were won against random selection; "
        f"luck alone would win about {expected:.2g} of them, and lose as many.",
    )


def _left_out(judged: Sequence[Judged], passed: int) -> tuple[str, ...]:
    failed = [comparison.setting.name for comparison, judgement in judged if not judgement.gate.passed]
    if not failed:
        return ()
    return (
        f"{passed} of {say_count(len(judged), 'setting')} could rank anything; not counted, as random's own quality "
        f"did not rise by more than its noise: {', '.join(failed)}.",
    )
