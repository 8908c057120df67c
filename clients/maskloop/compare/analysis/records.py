"""Where each way of choosing wins and loses over several settings, and which one that recommends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.compare.analysis.comparison import Comparison
from maskloop.compare.analysis.pooled_effect import PooledDifference, pooled_difference
from maskloop.compare.analysis.results import CONFIDENCE, Difference, Results

Analysed = tuple[Comparison, Results]
Met = tuple[str, Difference, float]
"""A setting's name, an arm's difference from the baseline in it, and the rise of random selection there."""


@dataclass(frozen=True)
class Record:
    """An arm against a baseline over settings: the names of those where it ends above by more than luck, and below.

    `met` are all settings that have both, above and below among them; `pooled` is the difference over all of them.
    """

    strategy: str
    baseline: str
    above: tuple[str, ...]
    below: tuple[str, ...]
    met: tuple[str, ...]
    pooled: PooledDifference | None = None


def records(analysed: Sequence[Analysed], baseline: str) -> tuple[Record, ...]:
    """Of every arm that anyone can use and that met the baseline past the gate, highest over all of them first."""
    by_strategy: dict[str, list[Met]] = {}
    for comparison, results in analysed:
        for arm in results.standings if results.ranks else ():
            if baseline in arm.against and arm.usable:
                met = (comparison.setting.name, arm.against[baseline], results.gate.rise.mean)
                by_strategy.setdefault(arm.strategy, []).append(met)
    made = [_record(strategy, baseline, met) for strategy, met in by_strategy.items()]
    return tuple(sorted(made, key=lambda record: (-_pooled_mean(record), len(record.below) - len(record.above))))


def proven(against_random: Sequence[Record]) -> Record | None:
    """The first arm that is above random over all settings by more than luck, so many having been tried."""
    level = (1 - CONFIDENCE) / max(1, len(against_random))
    pooled = ((record, record.pooled) for record in against_random)
    return next((record for record, over in pooled if over and over.mean > 0 and over.p < level), None)


def wins_by_luck(against_random: Sequence[Record]) -> float:
    """How many of these pairs of an arm and a setting luck alone would win; it would lose as many."""
    return sum(len(record.met) for record in against_random) * (1 - CONFIDENCE) / 2


def _record(strategy: str, baseline: str, met: Sequence[Met]) -> Record:
    above = tuple(name for name, difference, _ in met if difference.wins)
    below = tuple(name for name, difference, _ in met if difference.loses)
    pooled = pooled_difference([(difference, rise) for _, difference, rise in met])
    return Record(strategy, baseline, above, below, tuple(name for name, _, _ in met), pooled)


def _pooled_mean(record: Record) -> float:
    return record.pooled.mean if record.pooled else -math.inf
