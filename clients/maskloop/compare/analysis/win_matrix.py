"""Significant pairwise wins over several comparisons, by stage of the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, permutations

from maskloop.compare.analysis.curves import Curves, common_time, quality_curves, seeds_of_both, stack
from maskloop.compare.analysis.intervals import p_value
from maskloop.compare.analysis.records import Analysed
from maskloop.compare.analysis.results import CONFIDENCE

Counts = dict[str, dict[str, dict[str, int]]]
STAGES = ("low", "middle", "high")
"""A third, two thirds and all of the time between the first batch and the end of the budget."""


@dataclass(frozen=True)
class WinMatrix:
    """Significant pairwise wins over several comparisons, by stage of the budget.

    The protocol of nnActive (Lüth et al., nnActive: a framework for evaluation of active learning in 3D biomedical
    segmentation) after Ash et al. (Deep batch active learning by diverse, uncertain gradient lower bounds, section 4).

    Args:
        strategies: rows and columns, the arms that several comparisons have in common.
        comparisons: names of the settings counted: those that passed the gate, and whose control shows.
        left_out: names of those that did not.
        wins: by stage, {row: {column: comparisons in which the row is significantly better}}, two-sided paired t-test
            over seeds, p < 0.05.
        counted: by stage, {row: {column: comparisons that have both}};
            `wins_by_chance` tells how many wins they would show if all strategies were alike.
    """

    strategies: tuple[str, ...]
    comparisons: tuple[str, ...]
    left_out: tuple[str, ...]
    wins: Mapping[str, Mapping[str, Mapping[str, int]]]
    counted: Mapping[str, Mapping[str, Mapping[str, int]]]


def win_matrix(analysed: Sequence[Analysed]) -> WinMatrix:
    """Count wins over comparisons and their results; those that can rank nothing are left out."""
    passed = [(comparison, results) for comparison, results in analysed if results.ranks]
    names = [[arm.strategy for arm in results.standings if not arm.arm.is_control] for _, results in passed]
    shared = [name for name in dict.fromkeys(chain.from_iterable(names)) if _often_enough(name, names)]
    wins, counted = _nothing(shared), _nothing(shared)
    for comparison, results in passed:
        curves = quality_curves(comparison, results.measure)
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
        left_out=tuple(comparison.setting.name for comparison, results in analysed if not results.ranks),
        wins=wins,
        counted=counted,
    )


def _often_enough(name: str, names: Sequence[Sequence[str]]) -> bool:
    """In two comparisons, or in the only one there is."""
    return sum(name in shown for shown in names) >= min(2, len(names))


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
