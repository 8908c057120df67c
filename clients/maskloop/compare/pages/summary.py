"""What several comparisons come to, as values: exactly the content of `summary.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maskloop.compare.analysis.records import Record
from maskloop.compare.analysis.results import Results
from maskloop.compare.analysis.win_matrix import WinMatrix


@dataclass(frozen=True)
class SettingResults:
    """One comparison.

    Args:
        name: of its setting.
        page: its `compare.html`, relative to the summary's folder.
        trials, of_trials: how many have ended, and how many there are.
        results: by measure.
        sentences: the same in words.
    """

    name: str
    page: str
    trials: int
    of_trials: int
    results: Mapping[str, Results]
    sentences: Mapping[str, tuple[str, ...]]


Chosen = list[tuple[SettingResults, Results]]


@dataclass(frozen=True)
class Summary:
    """Several comparisons.

    Args:
        settings: in the order given.
        sentences: in words, by measure, the measure to decide by first; the first sentence says what to do.
        records: every strategy against random, then against strong random, by measure.
        matrices: significant pairwise wins by measure.
    """

    settings: tuple[SettingResults, ...]
    sentences: Mapping[str, tuple[str, ...]]
    records: Mapping[str, tuple[Record, ...]]
    matrices: Mapping[str, WinMatrix]

    def passed(self, measure: str) -> Chosen:
        """Those that can rank by a measure."""
        return [(setting, results) for setting, results in self._measured(measure) if results.ranks]

    def failed(self, measure: str) -> Chosen:
        """Those whose gate did not pass, or whose control does not show."""
        return [(setting, results) for setting, results in self._measured(measure) if not results.ranks]

    def strategies(self, measure: str) -> tuple[str, ...]:
        """Of those that passed, each once, in the order they come up."""
        names = (arm.strategy for _, results in self.passed(measure) for arm in results.standings)
        return tuple(dict.fromkeys(names))

    def _measured(self, measure: str) -> Chosen:
        return [(setting, setting.results[measure]) for setting in self.settings if measure in setting.results]
