"""What a comparison has come to so far, told and written again after every trial."""

from __future__ import annotations

import threading
from pathlib import Path

from maskloop.compare.analysis.analyse import analyse_all
from maskloop.compare.analysis.comparison import RANDOM, Comparison, Setting, Trial
from maskloop.compare.analysis.results import AnalysedComparison
from maskloop.compare.pages.environment import templates
from maskloop.compare.pages.recommendation import recommendation
from maskloop.compare.pages.write import write_comparison
from maskloop.compare.trials.grid import Grid, TrialName
from maskloop.compare.trials.progress import Board
from maskloop.errors import MaskloopError
from maskloop.pages.wording import say_measure, say_number, say_time


class Record:
    """The comparison in `workdir`. Threads share it.

    Args:
        workdir: where pages and tables go.
        grid: what was asked for.
        setting: what the trials share.
        trials: those that had ended before.
        measure: to decide by.
        board: is told.
    """

    def __init__(
        self, workdir: Path, grid: Grid, setting: Setting, trials: tuple[Trial, ...], *, measure: str, board: Board
    ) -> None:
        templates()  # now, so that every page is drawn by them although the program changes meanwhile
        self._workdir = workdir
        self._grid = grid
        self._setting = setting
        self._trials = {TrialName(trial.strategy, trial.seed): trial for trial in trials}
        self._measure = measure
        self._board = board
        self._lock = threading.Lock()
        self.failed: dict[TrialName, MaskloopError] = {}

    @property
    def analysed(self) -> AnalysedComparison:
        """As far as it has come, by every measure that random was measured by, the one asked for first."""
        return analyse_all(self._comparison(), self._measure)

    def write(self) -> None:
        """Write pages and tables; nothing before the first trial."""
        if self._trials:
            analysed = self.analysed
            write_comparison(self._workdir, analysed.comparison, analysed.results)

    def add(self, trial: Trial, seconds: float) -> None:
        """A trial ended after so many seconds of the machine."""
        with self._lock:
            self._trials[TrialName(trial.strategy, trial.seed)] = trial
            self._board.trial_done(f"{self._outcome(trial)} (in {say_time(seconds)})", seconds)
            self.write()
            if trial.strategy == RANDOM:
                self._tell_gate()

    def fail(self, name: TrialName, error: MaskloopError) -> None:
        """A trial cannot be brought to its end."""
        with self._lock:
            self.failed[name] = error
            self._board.note(f"{name} failed: {error.message}")

    def _comparison(self) -> Comparison:
        trials = tuple(self._trials[name] for name in self._grid.names() if name in self._trials)
        return Comparison(self._setting, self._grid.strategies, self._grid.seeds, trials)

    def _tell_gate(self) -> None:
        """Say whether anything can be told apart here, once random is through, by random alone."""
        trials = tuple(self._comparison().of(RANDOM).values())
        if len(trials) == len(self._grid.seeds):
            alone = Comparison(self._setting, (RANDOM,), self._grid.seeds, trials)
            results = next(iter(analyse_all(alone, self._measure).results.values()))
            self._board.note(f"The gate: {' '.join(recommendation(alone, results))}")

    def _outcome(self, trial: Trial) -> str:
        last = trial.points[-1]
        quality = say_number(getattr(last, self._measure), 3)
        return (
            f"{trial.strategy}, seed {trial.seed}: {say_measure(self._measure)} {quality} "
            f"with {last.labeled_images} labels after {say_time(last.spent_s)}"
        )
