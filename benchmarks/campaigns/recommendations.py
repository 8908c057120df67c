"""How often the recommendation of a comparison is right, on simulated comparisons whose truth is known.

    python -m benchmarks recommendations

Five models a trial; quality rises by ten times the noise of one model, more and more slowly. `ARMS` strategies do as
random does but for one, which is better by so many times the noise at the end (and in proportion before). All arms of a
seed share their first model. Counted: that the gate passes, that the better one is recommended, that another one
is; and how often either end of its time to where random ends is on the wrong side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskloop.compare.analysis.analyse import analyse
from maskloop.compare.analysis.comparison import Comparison, Point, Setting, Trial
from maskloop.compare.analysis.results import Action, Results

REPEATS = 200
NOISE, RISE, START = 0.01, 0.1, 0.4
BEGIN_S, END_S = 1200.0, 3600.0
TIMES_S = np.linspace(BEGIN_S, END_S, 5)
BETTER, ARMS = "k_means", ("random", "k_means", "entropy", "margin", "core_set", "typicality", "stratified_random")
SETTING = Setting("simulated", {}, END_S, None, 400, 100, 1)

Array = NDArray[np.float64]


def main() -> None:
    """Print a table: one row for each number of seeds and size of the difference."""
    print(f"{'seeds':>5}{'ahead by':>10}{'gate':>7}{'use it':>8}{'use another':>13}{'too late':>10}{'too early':>11}")
    for seeds in (3, 5, 10):
        for ahead in (0.0, 1.0, 2.0, 3.0, 5.0):
            rng = np.random.default_rng([seeds, int(ahead)])
            outcome = [_outcome(simulated(rng, seeds, ahead * NOISE), ahead * NOISE) for _ in range(REPEATS)]
            shares = np.mean([(each.passed, each.right, each.wrong, each.late, each.early) for each in outcome], axis=0)
            print(f"{seeds:>5}{ahead:>10}" + "{:>7.2f}{:>8.2f}{:>13.3f}{:>10.3f}{:>11.3f}".format(*shares), flush=True)


def truth(ahead: float) -> Array:
    """True quality at `TIMES_S` of an arm that ends `ahead` of random."""
    share = 1 - np.exp(-2.5 * (TIMES_S - BEGIN_S) / (END_S - BEGIN_S))
    quality: Array = START + (RISE + ahead) * share / share[-1]
    return quality


def simulated(rng: np.random.Generator, seeds: int, ahead: float) -> Comparison:
    """A comparison in which `BETTER` ends `ahead` of all others."""
    firsts = START + NOISE * rng.normal(size=seeds)
    trials = [
        _trial(name, seed, [firsts[seed], *(truth(ahead * (name == BETTER)) + NOISE * rng.normal(size=5))[1:]])
        for name in ARMS
        for seed in range(seeds)
    ]
    return Comparison(SETTING, ARMS, tuple(range(seeds)), tuple(trials))


@dataclass(frozen=True)
class Outcome:
    """What was said of one comparison; `late` and `early`: its time to random's end lies beyond the truth."""

    passed: bool
    right: bool
    wrong: bool
    late: bool
    early: bool


def _trial(name: str, seed: int, quality: Sequence[float]) -> Trial:
    points = [Point(float(at_s), {}, 1, float(each), None, None) for at_s, each in zip(TIMES_S, quality, strict=True)]
    return Trial(name, seed, BEGIN_S, tuple(points), "the budget is spent")


def _outcome(comparison: Comparison, ahead: float) -> Outcome:
    results = analyse(comparison)
    use = results.recommendation.action is Action.USE
    right = use and ahead > 0 and results.recommendation.best == BETTER
    late, early = _missed(results, ahead)
    return Outcome(results.gate.passed, right, use and not right, late, early)


def _missed(results: Results, ahead: float) -> tuple[bool, bool]:
    """Whether the interval of `BETTER` begins after, or ends before, the time at which it is truly at random's end."""
    fine_s = np.linspace(BEGIN_S, END_S, 10_001)
    there = fine_s[np.interp(fine_s, TIMES_S, truth(ahead)) >= START + RISE - 1e-9][0]
    outcome = next(each.reach for each in results.standings if each.strategy == BETTER)
    if outcome is None:
        return False, False
    return outcome.low is None or outcome.low > there, outcome.high is not None and outcome.high < there


if __name__ == "__main__":
    main()
