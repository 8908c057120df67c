"""What several comparisons come to, as values: exactly the content of `verdict.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from maskloop.compare.analysis.results import Judgement, Standing, WinMatrix
from maskloop.compare.pages.recommendation_across import Record


@dataclass(frozen=True)
class Result:
    """One comparison.

    Args:
        name: of its setting.
        page: its `compare.html`, relative to the verdict's folder.
        trials, of_trials: how many have ended, and how many there are.
        judgements: by measure.
    """

    name: str
    page: str
    trials: int
    of_trials: int
    judgements: Mapping[str, Judgement]


@dataclass(frozen=True)
class Verdict:
    """Several comparisons.

    Args:
        results: in the order given.
        sentences: what is said of them by measure, the measure to decide by first; the first sentence says what to do.
        records: every strategy against random, then against strong random, by measure.
        matrices: significant pairwise wins by measure.
    """

    results: tuple[Result, ...]
    sentences: Mapping[str, tuple[str, ...]]
    records: Mapping[str, tuple[Record, ...]]
    matrices: Mapping[str, WinMatrix]

    def passed(self, measure: str) -> list[tuple[Result, Judgement]]:
        """Those that can rank by a measure."""
        return [(one, found) for one, found in self._judged(measure) if found.gate.passed]

    def failed(self, measure: str) -> list[tuple[Result, Judgement]]:
        """Those whose gate did not pass."""
        return [(one, found) for one, found in self._judged(measure) if not found.gate.passed]

    def strategies(self, measure: str) -> tuple[str, ...]:
        """Of those that passed, each once, in the order they come up."""
        names = (arm.strategy for _, judgement in self.passed(measure) for arm in judgement.standings)
        return tuple(dict.fromkeys(names))

    def _judged(self, measure: str) -> Iterator[tuple[Result, Judgement]]:
        return ((one, one.judgements[measure]) for one in self.results if measure in one.judgements)


def arm_of(judgement: Judgement, strategy: str) -> Standing | None:
    """The standing of a strategy, if it is there."""
    return next((one for one in judgement.standings if one.strategy == strategy), None)
