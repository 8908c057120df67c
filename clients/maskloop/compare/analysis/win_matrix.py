"""Significant pairwise wins over several comparisons, by stage of the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, permutations

from maskloop.compare.analysis.comparison import Comparison
from maskloop.compare.analysis.curves import Curves, common_time, quality_curves, seeds_of_both, stack
from maskloop.compare.analysis.intervals import p_value
from maskloop.compare.analysis.results import CONFIDENCE, STAGES, Judgement, WinMatrix

Judged = tuple[Comparison, Judgement]
Counts = dict[str, dict[str, dict[str, int]]]


def win_matrix(judged: Sequence[Judged]) -> WinMatrix:
    """Count wins over comparisons and what was judged of them; those that failed the gate are left out."""
    passed = [one for one in judged if one[1].gate.passed]
    names = [[standing.strategy for standing in judgement.standings] for _, judgement in passed]
    shared = [name for name in dict.fromkeys(chain.from_iterable(names)) if _often_enough(name, names)]
    wins, counted = _nothing(shared), _nothing(shared)
    for comparison, judgement in passed:
        curves = quality_curves(comparison, judgement.measure)
        begin_s, end_s = common_time(comparison)
        for row, column in permutations([name for name in shared if name in curves], 2):
            for stage, share in zip(STAGES, (1 / 3, 2 / 3, 1), strict=True):
                better = _better(curves[row], curves[column], begin_s + share * (end_s - begin_s))
                if better is not None:
                    counted[stage][row][column] += 1
                    wins[stage][row][column] += better
    return WinMatrix(
        strategies=tuple(shared),
        comparisons=tuple(comparison.setting.name for comparison, _ in passed),
        left_out=tuple(comparison.setting.name for comparison, judgement in judged if not judgement.gate.passed),
        wins=wins,
        counted=counted,
    )


def _often_enough(name: str, names: Sequence[Sequence[str]]) -> bool:
    """In two comparisons, or in the only one there is."""
    return sum(name in one for one in names) >= min(2, len(names))


def _nothing(strategies: Sequence[str]) -> Counts:
    return {
        stage: {row: {column: 0 for column in strategies if column != row} for row in strategies} for stage in STAGES
    }


def _better(row: Curves, column: Curves, at_s: float) -> bool | None:
    """Whether `row` is significantly better; `None` with fewer than two seeds in common."""
    seeds = seeds_of_both(row, column)
    differences = (stack(row, seeds, [at_s]) - stack(column, seeds, [at_s]))[:, 0] if seeds else ()
    p = p_value(differences) if len(seeds) > 1 else None
    return None if p is None else bool(p < 1 - CONFIDENCE and sum(differences) > 0)


def wins_by_chance(counted: Mapping[str, Mapping[str, int]]) -> float:
    """How many of a stage's counted comparisons would be called wins if no way of choosing were better than another."""
    return sum(sum(row.values()) for row in counted.values()) * (1 - CONFIDENCE) / 2
