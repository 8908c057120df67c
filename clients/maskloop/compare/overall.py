"""The verdict over several comparisons: which way of choosing wins where, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from maskloop.compare.judged import CONFIDENCE, Difference, Judgement
from maskloop.compare.sentences import sentence_name
from maskloop.compare.values import RANDOM, STRONG_RANDOM, Comparison
from maskloop.report.words import say_count, say_strategy

Judged = tuple[Comparison, Judgement]


@dataclass(frozen=True)
class Record:
    """A strategy against a baseline over settings: the names of those where it ends above by more than luck, and below.

    `met` are all settings that have both, above and below among them.
    """

    strategy: str
    baseline: str
    above: tuple[str, ...]
    below: tuple[str, ...]
    met: tuple[str, ...]

    def luck(self, strategies: int) -> float:
        """Probability that luck alone brings one of so many strategies as many wins (Bonferroni's bound)."""
        return min(1.0, strategies * float(stats.binom.sf(len(self.above) - 1, len(self.met), (1 - CONFIDENCE) / 2)))


def records(judged: Sequence[Judged], baseline: str) -> tuple[Record, ...]:
    """Of every strategy that anyone can use and that met the baseline past the gate, most wins less losses first."""
    found: dict[str, list[tuple[str, Difference]]] = {}
    for comparison, judgement in judged:
        for one in judgement.standings if judgement.gate.passed else ():
            if baseline in one.against and not one.oracle:
                found.setdefault(one.strategy, []).append((comparison.setting.name, one.against[baseline]))
    made = [_record(strategy, baseline, met) for strategy, met in found.items()]
    return tuple(sorted(made, key=lambda one: len(one.below) - len(one.above)))


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


def _record(strategy: str, baseline: str, met: Sequence[tuple[str, Difference]]) -> Record:
    above = tuple(name for name, difference in met if difference.wins)
    below = tuple(name for name, difference in met if difference.loses)
    return Record(strategy, baseline, above, below, tuple(name for name, _ in met))


def _what_to_do(found: Sequence[Record]) -> str:
    """A strategy is recommended that wins more often than luck would have it, and more often than it loses."""
    proven = [
        one
        for one in found
        if one.luck(len(found)) < 1 - CONFIDENCE and len(one.above) > max(len(one.below), len(one.met) / 2)
    ]
    if proven:
        return f"Begin with {say_strategy(proven[0].strategy)}: {_say_places(proven[0])}."
    if any(one.above for one in found):
        return (
            "No way of choosing beats random selection in most settings: "
            "compare on your own data before you leave random selection."
        )
    return "Nothing beats random selection by more than luck in any setting: stay with random selection."


def _say(one: Record, strong: Record | None) -> str:
    beside = f" Against {say_strategy(STRONG_RANDOM)}: {_say_places(strong)}." if strong else ""
    return f"{sentence_name(one.strategy)}: {_say_places(one)}.{beside}"


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
